import type { IngestProtocol } from "../../spec/topology.ts";

/**
 * What a reload of mediamtx.yml closes, key by key (MediaMTX 1.20.1, internal/core/core.go `closeResources` and path_manager.go
 * `pathConfCanBeUpdated`; knowledge: media 2.2).
 */
export type Reloaded =
  /** Taken over without closing anything. */
  | { readonly closes: "nothing" }
  /** One server is closed and opened again, with everybody on it. */
  | { readonly closes: "server"; readonly server: "rtmp" | "srt" | "webrtc" | "hls" | "rtsp"; readonly protocols: readonly IngestProtocol[] }
  /** All servers and paths, with everybody on them. */
  | { readonly closes: "everything" };

const NOTHING: Reloaded = { closes: "nothing" };
const server = (name: Extract<Reloaded, { closes: "server" }>["server"], ...protocols: IngestProtocol[]): Reloaded => ({ closes: "server", server: name, protocols });

/** The first prefix that fits decides. */
const BY_PREFIX: readonly (readonly [string, Reloaded])[] = [
  ["api", NOTHING], ["pprof", NOTHING], ["playback", NOTHING], ["moq", NOTHING],
  ["rtmps", server("rtmp", "rtmps")], ["rtmpServer", server("rtmp", "rtmps")], ["rtmp", server("rtmp", "rtmp", "rtmps")],
  ["srt", server("srt", "srt")], ["webrtc", server("webrtc", "whip")], ["hls", server("hls")],
  // The path manager depends on these two, so they are not the RTSP server's own affair.
  ["rtspAddress", { closes: "everything" }], ["rtspEncryption", { closes: "everything" }], ["rtsp", server("rtsp")],
];

/** What a changed top-level key closes; a key that is not known closes everything. */
export function reloadOf(key: string): Reloaded {
  return BY_PREFIX.find(([prefix]) => key.startsWith(prefix))?.[1] ?? { closes: "everything" };
}

/** Keys of a path that change without closing it; any other closes the path with its publisher and readers. */
export const HOT_PATH_KEYS: ReadonlySet<string> = new Set([
  "forward", "record", "recordPath", "recordFormat", "recordPartDuration", "recordMaxPartSize", "recordSegmentDuration", "recordDeleteAfter",
]);

/** Keys of a map that differ. */
export function changedKeys(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
}

/**
 * Destinations that are kept but lose their connection, because MediaMTX compares them by position (forward/manager.go `ReloadConf`;
 * bluenviron/mediamtx#6299, mended in 1.21.3).
 */
export function reconnecting(before: readonly string[], after: readonly string[]): string[] {
  return after.filter((dest, i) => before.includes(dest) && before[i] !== dest);
}
