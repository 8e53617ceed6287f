/** The agent's configuration, rendered per transcoder host as `agent/agent.json`; the FFmpeg command stands beside it, one argument a line. */
import type { LatencyTier } from "../spec/topology.ts";

export interface AgentInput {
  /** Relay path the multiplexer pushes to: "in/<stream>/<publisher>/<multiplexer>". */
  readonly path: string;
  readonly publisher: string;
  readonly multiplexer: string;
}

export interface AgentRendition {
  readonly name: string; readonly dir: string;
  readonly width: number; readonly height: number;
  readonly peakBps: number; readonly averageBps: number;
}

export interface AgentStream {
  readonly name: string;
  readonly latency: LatencyTier;
  readonly segmentSeconds: number;
  readonly fps: number;
  /** In order of preference: primary publisher on each multiplexer, then backups. */
  readonly inputs: readonly AgentInput[];
  /** Relay path that never ends: the chosen input, or the slate. */
  readonly air: string;
  /** Relay path of the single rendition for low and ultra; null for standard. */
  readonly out: string | null;
  readonly renditions: readonly AgentRendition[];
  readonly audio: { readonly dir: string; readonly channels: 1 | 2; readonly bitrateKbps: number };
  readonly dash: boolean;
  /**
   * File (relative to the live folder) with FFmpeg's arguments, one a line, without the program name. The agent replaces
   * {K} first video segment, {T0} = K·segmentSeconds, {KA} first audio segment, {A0} = KA·segmentSeconds·48000, {RUN} the staging folder, {SYNC} the offset of sync.ts.
   */
  readonly ffmpegArgs: string;
}

export interface AgentConfig {
  readonly host: string;
  /** Control API and RTSP address of the relay on this host; the agent connects from loopback, which needs no password. */
  readonly relay: { readonly api: string; readonly rtsp: string; readonly rtmp: string; /** Its configuration, relative to the live folder: when that changes, what it was told is looked at again. */ readonly file: string };
  /** Loopback port that answers playlists, manifests, /status and /metrics; the origin nginx proxies to it. */
  readonly port: number;
  /** Segments live here (tmpfs): `<workDir>/run/<stream>/…` staging, `<workDir>/pub/live/<stream>/<dir>/<number>.m4s` served. */
  readonly workDir: string;
  readonly streams: readonly AgentStream[];
}
