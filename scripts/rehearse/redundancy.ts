/** Is everything as redundant as the topology wants it? Pure. */
import type { Plan } from "../../infra/plan/model.ts";
import type { Look } from "./probe.ts";

export interface World {
  readonly now: number;
  readonly look: (host: string) => Look | null;
  /** Publishers that should be publishing now: "stream/publisher". */
  readonly publishing: ReadonlySet<string>;
  /** Seconds since the newest segment came at each distributor: "host/stream"; absent where nobody reads. */
  readonly quiet: ReadonlyMap<string, number>;
}

/** A look that is older says nothing any more. */
const OLD_MS = 2500;

/** What is missing, in words; empty when all is well. */
export function missing(plan: Plan, world: World): string[] {
  const out: string[] = [];
  for (const host of plan.hosts) {
    const look = world.look(host.name);
    if (look === null || world.now - look.at > OLD_MS) out.push(`${host.name} does not answer`);
    else if (!look.ready) out.push(`${host.name} is not ready${slow(look)}`);
  }
  for (const stream of plan.streams) {
    const wanted = stream.publish.find((p) => world.publishing.has(p.path));
    for (const path of stream.publish) {
      if (world.publishing.has(path.path) && !path.multiplexers.some((m) => world.look(m)?.online?.[path.path] !== undefined)) out.push(`${path.path} does not publish`);
    }
    for (const tx of stream.transcoders) {
      const seen = world.look(tx)?.streams?.find((s) => s.name === stream.name);
      if (!seen) out.push(`${tx} says nothing of ${stream.name}`);
      else if (!seen.healthy) out.push(`${stream.name} is not healthy on ${tx}`);
      else if (wanted && !seen.active.startsWith(`in/${wanted.path}/`)) out.push(`${tx} has ${seen.active === "slate" ? "the slate" : seen.active} on air instead of ${wanted.publisher}`);
    }
    for (const dist of stream.distributors) {
      const quiet = world.quiet.get(`${dist}/${stream.name}`);
      if (quiet !== undefined && quiet > 2 * stream.segmentSeconds + 1) out.push(`${dist} has had nothing new of ${stream.name} for ${Math.round(quiet)} s`);
    }
  }
  return out;
}

function slow(look: Look): string {
  const names = (look.services ?? []).filter((s) => s.state !== "ready").map((s) => `${s.name} ${s.state}`);
  return names.length === 0 ? "" : ` (${names.join(", ")})`;
}
