/** Steering manifests (RFC 8216bis section 7): one for each way in and bucket of viewers. */
import { BUCKETS, orderWays, type Way } from "./assign.ts";

/** nginx puts the asked path and the viewer's own mark here. */
export const PATH = "@path@";
export const VIEWER = "@viewer@";

export interface ManifestWay extends Way { readonly base: string; /** It answers steering itself: a distributor. */ readonly steers: boolean }

/**
 * Every manifest by file name, "<home>/<bucket>.json". A viewer is told to ask next at a distributor he does not load from: the one he
 * loads from may die in silence, and then nobody else could tell him.
 */
export function manifests(ways: readonly ManifestWay[], ttl: number): Map<string, string> {
  const files = new Map<string, string>();
  for (const home of [...ways.map((w) => w.id), null]) {
    for (let bucket = 0; bucket < BUCKETS; bucket++) files.set(`${home ?? "any"}/${bucket}.json`, manifest(ways, home, bucket, ttl));
  }
  return files;
}

function manifest(ways: readonly ManifestWay[], home: string | null, bucket: number, ttl: number): string {
  const order = orderWays(ways, home, bucket);
  const servers = order.flatMap((id) => ways.filter((w) => w.id === id && w.steers));
  const living = servers.filter((w) => w.alive);
  const server = living.find((w) => w.id !== order[0]) ?? living[0] ?? servers[0];
  const uri = `${server?.base ?? ""}${PATH}?home=${home ?? "any"}&v=${VIEWER}`;
  return JSON.stringify({ VERSION: 1, TTL: ttl, "RELOAD-URI": uri, "PATHWAY-PRIORITY": order }) + "\n";
}
