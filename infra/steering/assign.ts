/** Which way a viewer takes: pure. */
import { createHash } from "node:crypto";

/** A way as it stands now. Weight 0: only when nothing else works. */
export interface Way { readonly id: string; readonly priority: number; readonly weight: number; readonly alive: boolean }

/** Viewers are divided into this many equal parts; nginx puts each into one (steps of 5 %). */
export const BUCKETS = 20;

/**
 * Ways for the viewers of one bucket, best first.
 * Ways of equal weight leave a viewer where he came in (`home`), and bring him back there; where weights differ they divide the viewers.
 * A way that dies moves its own viewers only. Nothing alive: the order as if all were.
 */
export function orderWays(ways: readonly Way[], home: string | null, bucket: number): string[] {
  const alive = ways.filter((w) => w.alive);
  const willing = alive.filter((w) => w.weight > 0);
  const usable = willing.length > 0 ? willing : alive.length > 0 ? alive : ways;
  const priority = Math.min(...usable.map((w) => w.priority));
  const group = usable.filter((w) => w.priority === priority);
  const target = choose(ways, group, home, bucket);
  const rank = (w: Way): number => (w.id === target?.id ? 0 : usable.includes(w) ? w.priority : w.alive ? 100 : 200);
  return [...ways].sort((a, b) => rank(a) - rank(b) || score(b, bucket) - score(a, bucket)).map((w) => w.id);
}

function choose(ways: readonly Way[], group: readonly Way[], home: string | null, bucket: number): Way | undefined {
  const [first] = group;
  if (!first) return undefined;
  if (group.every((w) => w.weight === first.weight)) return group.find((w) => w.id === home) ?? best(group, bucket);
  // Shares of what was asked for, dead ones included: a death must not move viewers of the living.
  const asked = ways.filter((w) => w.priority === first.priority && w.weight > 0).sort((a, b) => (a.id < b.id ? -1 : 1));
  const total = asked.reduce((sum, w) => sum + w.weight, 0);
  let at = ((bucket + 0.5) / BUCKETS) * total;
  const own = asked.find((w) => (at -= w.weight) < 0);
  // Distributors share their weight evenly: who is to be at one of them stays at his own, which may be the only one near him.
  const here = group.find((w) => w.id === home);
  if (here && here.weight === own?.weight) return here;
  return group.find((w) => w.id === own?.id) ?? best(group, bucket);
}

const best = (group: readonly Way[], bucket: number): Way | undefined => [...group].sort((a, b) => score(b, bucket) - score(a, bucket))[0];

/** Weighted rendezvous score (Schindelhauer & Schomaker 2005): shares follow the weights, a change moves the fewest. */
function score(way: Way, bucket: number): number {
  const u = (createHash("sha256").update(`${way.id}/${bucket}`).digest().readUInt32BE(0) + 1) / 2 ** 32;
  return -Math.max(way.weight, 1e-6) / Math.log(u - 1e-12);
}
