import { compare } from "../../../infra/plan/impact/compare.ts";
import type { Impact } from "../../../infra/plan/impact/impact.ts";
import type { HostFacts, Side } from "../../../infra/plan/impact/side.ts";
import { planTopology } from "../../../infra/plan/plan.ts";
import { renderPlan } from "../../../infra/render/render.ts";
import { parseTopology } from "../../../infra/spec/load.ts";
import type { Topology } from "../../../infra/spec/topology.ts";

const SECRET = "unit-test-stack-secret-0123456789ab";

/** Everything made from a topology. */
export function sideOfTopology(topology: Topology, more: { readonly facts?: HostFacts; readonly secrets?: Record<string, string>; readonly scale?: number } = {}): Side {
  const plan = planTopology(topology, { scale: more.scale ?? 1 });
  return { topology, plan, bundles: renderPlan(plan, SECRET), facts: more.facts ?? {}, secrets: more.secrets ?? {} };
}

/** The same from the lines of a file, head left out. */
export function side(body: string, more: Parameters<typeof sideOfTopology>[1] = {}): Side {
  return sideOfTopology(parseTopology(`headend: 1\nname: studio\n${body}`, "test.yaml").topology, more);
}

/** Impact of going from one file to another. */
export function between(before: string, after: string): Impact {
  return compare(side(before), side(after));
}

/** "class sentence" of every stream that feels it. */
export function feltLines(impact: Impact): string[] {
  return impact.felt.map((f) => `${f.class} | ${f.sentence}`);
}
