import type { Topology } from "../../../infra/spec/topology.ts";
import { parseTopology } from "../../../infra/spec/load.ts";
import { planTopology } from "../../../infra/plan/plan.ts";
import type { Plan } from "../../../infra/plan/model.ts";

/** Topology from the lines of a file, head included. */
export function topologyOf(body: string): Topology {
  return parseTopology(`headend: 1\nname: studio\n${body}`, "test.yaml").topology;
}

export function planOf(body: string, scale = 1): Plan {
  return planTopology(topologyOf(body), { scale });
}

/** A topology with many hosts and streams in one region. */
export function crowd(counts: { multiplexers: number; transcoders: number; distributors: number; streams: number }): string {
  const streams = Array.from({ length: counts.streams }, (_, i) => `  stream-${i}:\n`).join("");
  return `streams:\n${streams}multiplexers: { home: ${counts.multiplexers} }\ntranscoders: { home: ${counts.transcoders} }\ndistributors: { home: { min: ${counts.distributors}, max: ${counts.distributors} } }\n`;
}
