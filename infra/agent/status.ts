import type { Override } from "./selection.ts";
import type { Track } from "./tracks.ts";

/** Answer of `GET /status`; times are ISO 8601, lags and ages in seconds. */
export interface AgentStatus {
  readonly host: string;
  readonly relay: "up" | "down";
  readonly config: { readonly ok: boolean; readonly error: string | null };
  readonly clockSteps: number;
  /** Seconds by which this clock is ahead of the distributors'; null when none asked lately. */
  readonly clockSkew: number | null;
  /** Distributors agree that it is wrong: nothing is served. */
  readonly clockWrong: boolean;
  readonly streams: readonly StreamStatus[];
}

export interface StreamStatus {
  readonly name: string;
  readonly latency: string;
  readonly healthy: boolean;
  /** Path on air, or "slate". */
  readonly active: string;
  readonly override: Override;
  readonly inputs: readonly InputStatus[];
  readonly lastSwitch: SwitchStatus | null;
  /** The last switches, newest last. */
  readonly history: readonly SwitchStatus[];
  readonly switches: number;
  readonly ffmpeg: FfmpegStatus;
  /** Newest published segment and its lag behind the wall clock; null for low and ultra. */
  readonly newest: number | null;
  readonly lag: number | null;
}

export interface InputStatus {
  readonly path: string;
  readonly publisher: string;
  readonly multiplexer: string;
  readonly online: boolean;
  /** Online, sending, and usable. */
  readonly live: boolean;
  readonly active: boolean;
  readonly tracks: readonly Track[];
  readonly bps: number;
  readonly handling: "direct" | "normalise" | "refuse" | null;
  /** Why it is normalised, refused or left out. */
  readonly reasons: readonly string[];
}

/** A change of what is on air; null is the slate. */
export interface SwitchStatus { readonly from: string | null; readonly to: string | null; readonly reason: string; readonly at: string }

export interface FfmpegStatus {
  readonly state: string;
  readonly pid: number | null;
  readonly speed: number | null;
  readonly fps: number;
  readonly dropped: number;
  readonly duplicated: number;
  readonly restarts: number;
  readonly lastExit: string | null;
}
