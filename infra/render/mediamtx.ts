import type { KeptState, Readiness, RenderedFile, Service } from "./bundle.ts";
import { ETC, MEDIAMTX_METRICS_PORT, RELAY_API_PORT } from "./paths.ts";
import { toYaml } from "./yaml.ts";

/**
 * Keys that every MediaMTX of ours sets. Anything not needed is switched off by name, because defaults open ports
 * (`moq` is on since 1.19) and allow anonymous publishing.
 */
export const MEDIAMTX_BASE = {
  logLevel: "info",
  logDestinations: ["stdout"],
  // 4 s: a silent peer is noticed in time for the player's buffer; 2 s or less breaks RTMP ingest (knowledge: continuity 0.4).
  readTimeout: "4s",
  writeQueueSize: 1024,
  authMethod: "internal",
  api: true, apiAddress: `127.0.0.1:${RELAY_API_PORT}`,
  metrics: true, metricsAddress: `127.0.0.1:${MEDIAMTX_METRICS_PORT}`,
  pprof: false, playback: false, rtsp: false, rtmp: false, hls: false, webrtc: false, srt: false, moq: false,
} as const;

/** What programs on the same host may do without a password. */
export function loopbackUser(...actions: readonly string[]): object {
  return { user: "any", pass: "", ips: ["127.0.0.1", "::1"], permissions: actions.map((action) => ({ action })) };
}

export const MEDIAMTX_FILE = "mediamtx/mediamtx.yml";

/** For a relay, whose agent chooses by forwards what is on air: a new file leaves that choice alone. */
export const KEEPS_FORWARDS: KeptState = { kind: "mediamtx-forwards", file: MEDIAMTX_FILE, api: `http://127.0.0.1:${RELAY_API_PORT}` };

/** The configuration file. MediaMTX reloads it by itself; which edits drop whom is in knowledge: media 2.2. */
export function mediamtxFile(config: object): RenderedFile {
  return { path: MEDIAMTX_FILE, content: toYaml(config), mode: "0600", reload: "hot-reload" };
}

/** The service that runs MediaMTX. `check` loads the staged file with every server off: MediaMTX has no test flag and leaves on bad input. */
export function mediamtxService(prepare: Service["prepare"], extraReads: readonly string[] = []): Service {
  const off = ["API", "METRICS", "RTSP", "RTMP", "HLS", "WEBRTC", "SRT", "MOQ"].map((server) => [`MTX_${server}`, "no"]);
  // An answer, not a connection: the kernel accepts connections for a process that stands still.
  const ready: Readiness = { kind: "http", url: `http://127.0.0.1:${RELAY_API_PORT}/v3/config/global/get` };
  return {
    name: "mediamtx",
    argv: ["/usr/local/bin/mediamtx", `${ETC}/${MEDIAMTX_FILE}`],
    env: {}, user: "mediamtx",
    reads: [MEDIAMTX_FILE, ...extraReads],
    reload: { kind: "self" },
    prepare,
    check: ["/usr/local/bin/mediamtx", `{staged}/${MEDIAMTX_FILE}`],
    checkEnv: Object.fromEntries(off),
    checkAliveMs: 700,
    ready, after: [],
  };
}
