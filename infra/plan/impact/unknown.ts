import type { Host } from "../model.ts";
import { type Context, effect } from "./context.ts";
import { carried, EDGE_RETRY_SECONDS } from "./encoding.ts";
import type { Effect } from "./impact.ts";
import { dropAt } from "./ingest.ts";

/**
 * What a changed file may do when it is not known what it was, because headend itself has changed since it was written: the worst that
 * a change of this file can do.
 */
export function unknownEffects(context: Context, host: Host, path: string): Effect[] {
  const reason = "it is written differently than when it was deployed: a newer headend, or another picture; this is the worst it can do";
  const streams = [...context.streams.before.values()];
  const each = (names: readonly string[]): Effect[] => names.map((stream) => effect("stream-restarts", reason, null, { stream, seconds: 0 }));
  const effects = ((): Effect[] => {
    if (path.startsWith("mediamtx/")) {
      if (host.role === "multiplexer") return streams.flatMap((s) => dropAt(host, s, () => true, reason, null));
      if (host.role === "transcoder") return each(carried(context, host));
      return streams.filter((s) => s.latency !== "standard" && s.distributors.includes(host.name))
        .map((s) => effect("viewers-rebuffer", reason, null, { stream: s.name, viewers: context.viewersAt(s.name, host), seconds: EDGE_RETRY_SECONDS }));
    }
    if (path.startsWith("agent/")) return each(carried(context, host));
    const args = /^ffmpeg\/(.+)\.args$/.exec(path)?.[1];
    return args === undefined ? [] : each([args]);
  })();
  return effects.length > 0 ? effects : [effect("hot-reload", "it is written differently than when it was deployed, by a newer headend", null)];
}
