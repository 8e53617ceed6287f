import type { IngestProtocol, Topology } from "../spec/topology.ts";
import { lint } from "./lint/lint.ts";
import { completeHost, links, seats } from "./hosts.ts";
import { renditionsAt } from "./ladder.ts";
import type { DeliveryPlan, Plan, StreamPlan } from "./model.ts";
import { placeStreams } from "./placement.ts";
import { secretNeeds } from "./secrets.ts";
import { planStream } from "./streams.ts";

export interface PlanOptions {
  /** Factor for picture edges, 0 < scale ≤ 1: lets a large topology run whole on a small machine. @default 1 */
  readonly scale?: number;
  /** False: without findings, for whoever lints on their own or plans many variants. @default true */
  readonly lint?: boolean;
}

/**
 * The whole plan of a topology. Pure: the same topology and options give the same plan, whatever the target.
 * @throws RangeError when scale is not in (0, 1].
 */
export function planTopology(topology: Topology, options: PlanOptions = {}): Plan {
  const scale = options.scale ?? 1;
  if (!(scale > 0 && scale <= 1)) throw new RangeError(`headend:scale is ${scale}. Allowed: above 0, at most 1.`);
  const internalDomain = `${topology.name}.internal`;
  const all = seats(topology);
  const named = (role: string) => all.filter((seat) => seat.role === role);
  const multiplexers = named("multiplexer").map((seat) => seat.name);
  const distributors = named("distributor").map((seat) => seat.name);
  const place = placeStreams(topology, named("transcoder"));

  const renditionsOf = renditionsAt(scale);
  const streams = Object.entries(topology.streams)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, stream]) => planStream(topology, name, stream, renditionsOf, { multiplexers, distributors, transcoders: place(name, stream) }));
  const context = { links: links(all, streams), publishersFrom: publishersFrom(streams), askedBy: askedBy(streams), hasUltra: streams.some((s) => s.latency === "ultra") };
  const hosts = all.map((seat) => completeHost(seat, internalDomain, context));

  return {
    name: topology.name, domain: topology.domain, internalDomain, scale,
    hosts, streams,
    secrets: secretNeeds(hosts, streams),
    findings: options.lint === false ? [] : lint(topology, { hosts, streams }),
    delivery: deliveryWays(topology),
  };
}

function deliveryWays({ delivery }: Topology): DeliveryPlan[] {
  return Object.entries(delivery)
    .map(([name, way]): DeliveryPlan => ({ name, kind: name === "cdn" || name === "distributors" ? name : "external", ...way }))
    .sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1));
}

/** Where the topology first asks for each protocol. */
function askedBy(streams: readonly StreamPlan[]): Map<IngestProtocol, readonly (string | number)[]> {
  const first = new Map<IngestProtocol, readonly (string | number)[]>();
  for (const path of streams.flatMap((stream) => stream.publish)) {
    for (const protocol of path.via) if (!first.has(protocol)) first.set(protocol, [...path.provenance.path, "via"]);
  }
  return first;
}

/** Union of the allow-lists by protocol; one publisher without a list opens the protocol to anyone. */
function publishersFrom(streams: readonly StreamPlan[]): Map<IngestProtocol, readonly string[]> {
  const union = new Map<IngestProtocol, Set<string> | "anyone">();
  for (const path of streams.flatMap((stream) => stream.publish)) {
    for (const protocol of path.via) {
      const known = union.get(protocol) ?? new Set<string>();
      if (known === "anyone" || path.from.length === 0) union.set(protocol, "anyone");
      else union.set(protocol, new Set([...known, ...path.from]));
    }
  }
  return new Map([...union].map(([protocol, set]) => [protocol, set === "anyone" ? [] : [...set].sort()]));
}
