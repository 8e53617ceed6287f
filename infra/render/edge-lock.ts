import type { StreamPlan } from "../plan/model.ts";
import { EDGE_LOCK_SECRET } from "../plan/secrets.ts";
import type { RenderedFile } from "./bundle.ts";
import { secretMarker } from "./markers.ts";

export const EDGE_LOCK = "nginx/lock.conf";

/**
 * Streams that only the CDN may fetch, told by a header that it adds. Where no CDN stands in front (locally) the secret is empty, which
 * is also what a missing header is: then nobody is refused, with the same text. Such a stream has no other way that a player could be told.
 */
export function edgeLock(served: readonly StreamPlan[]): RenderedFile | null {
  const locked = served.filter((stream) => stream.locked).map((stream) => stream.name).sort();
  if (locked.length === 0) return null;
  return {
    path: EDGE_LOCK, mode: "0600", reload: "hot-reload",
    content: `map $http_x_headend_edge $from_cdn { default 0; "${secretMarker(EDGE_LOCK_SECRET)}" 1; }
map $stream $cdn_only { default 0; ${locked.map((name) => `${name} 1; `).join("")}}
map "$cdn_only$from_cdn" $refused { default 0; "10" 1; }
map "$cdn_only$http_x_headend_edge" $offered { default $pathways; "~^1." ""; }
`,
  };
}
