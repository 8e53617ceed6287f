/** What a rehearsal talks about: faults, what the plan predicts of them, and what was measured. Plain data. */

/** What a network fault does to packets between two ends. */
export type Impairment = { readonly kind: "blackhole" } | { readonly kind: "loss"; readonly percent: number } | { readonly kind: "rate"; readonly kbps: number };

/** An end of a line: a host, the publishers, or the viewers outside. */
export type Line = { readonly from: string; readonly to: string };

export type Action =
  | { readonly kind: "process"; readonly host: string; readonly process: string; readonly stream: string | null; readonly how: "kill" | "freeze"; readonly seconds: number }
  | { readonly kind: "host"; readonly host: string; readonly how: "kill" | "freeze"; readonly seconds: number }
  | { readonly kind: "publisher"; readonly stream: string; readonly publisher: string; readonly how: "close" | "silent"; readonly back: "same" | "other"; readonly seconds: number }
  | { readonly kind: "network"; readonly line: Line; readonly does: Impairment; readonly seconds: number }
  | { readonly kind: "delay"; readonly line: Line; readonly ms: number; readonly seconds: number }
  | { readonly kind: "disk"; readonly host: string; readonly what: "recordings" | "memory"; readonly seconds: number }
  | { readonly kind: "edit"; readonly what: "add-stream" }
  | { readonly kind: "rotate"; readonly stream: string; readonly publisher: string }
  | { readonly kind: "clock"; readonly host: string; readonly seconds: number }
  | { readonly kind: "wait"; readonly seconds: number };

/** What must hold while a fault is played. A limit that is null is no promise here. */
export interface Promises {
  /** Stalls of players: 0, or null where nothing can take over. */
  readonly stalls: 0 | null;
  /** Seconds until another input, or the slate, is on air after the input is lost. */
  readonly onAirSeconds: number | null;
  /** Seconds of what a multiplexer had accepted that its recording may lack. */
  readonly recordingSeconds: number | null;
  /** Publishers must not be dropped. */
  readonly publishersStay: boolean;
  /** Milliseconds between sound and picture of what viewers get. */
  readonly soundMs: number | null;
  /** Seconds after the fault's end until everything is redundant again. */
  readonly redundantSeconds: number | null;
}

export interface Prediction {
  /** In words, e.g. "nobody notices: tx-eu-2 carries on". */
  readonly says: string;
  /** Why nothing can take over; null where something can. */
  readonly singlePoint: string | null;
  readonly promises: Promises;
}

export interface Fault {
  /** Stable, e.g. "kill:ffmpeg@tx-eu-1/main-stage": what `--only` matches. */
  readonly id: string;
  /** For people, e.g. "FFmpeg of main-stage on tx-eu-1 killed". */
  readonly title: string;
  readonly role: "multiplexer" | "transcoder" | "distributor" | "publisher" | "network" | "disk" | "change" | "clock";
  readonly action: Action;
  /** Why it cannot be played here; null when it can. */
  readonly skip: string | null;
  readonly prediction: Prediction;
}

/** One viewer during one fault. */
export interface ViewerOutcome {
  readonly name: string;
  readonly kind: "hls.js" | "reader";
  readonly stream: string;
  readonly stalls: number;
  readonly stallSeconds: number;
  /** Smallest forward buffer, seconds; null where it never played. */
  readonly minBuffer: number | null;
}

export interface PromiseOutcome { readonly name: string; readonly limit: string; readonly measured: string; readonly kept: boolean }
export type Verdict = "kept" | "broken" | "single point" | "skipped";

/** A point of a viewer's buffer, ms since the rehearsal's start. */
export interface Sample { readonly at: number; readonly buffer: number; readonly stalled: boolean }
export interface Moment { readonly at: number; readonly kind: "fault" | "air" | "publisher" | "host" | "viewer" | "note"; readonly text: string }

/** What was on air at a transcoder from a moment on. */
export interface AirChange { readonly at: number; readonly host: string; readonly stream: string; readonly from: string; readonly to: string }

/** Claps of publishers, as viewers get them: how much later than its flash the worst beep came, ms. */
export interface SoundReading { readonly worstMs: number; readonly claps: number }

/** What the instruments read while one fault was played. Times: ms since the rehearsal's start. */
export interface Readings {
  readonly injectedAt: number;
  /** When the fault itself was over (a frozen process thawed); equal to `injectedAt` for a kill. */
  readonly restoredAt: number;
  readonly endedAt: number;
  /** When everything was redundant again; null when it was not within the time allowed. */
  readonly redundantAt: number | null;
  /** What was still missing then. */
  readonly missing: readonly string[];
  readonly viewers: readonly ViewerOutcome[];
  /** Longest time without a new segment at any distributor's playlist, seconds, and segments never seen. */
  readonly playlistGap: number | null;
  readonly missedSegments: number;
  readonly air: readonly AirChange[];
  /** Seconds in which a viewer could get the slate: the longest at one transcoder. */
  readonly slateSeconds: number;
  /** Publishers that were dropped, and how long each was away, seconds; null: it did not come back. */
  readonly publishersAway: Readonly<Record<string, number | null>>;
  /** Seconds lost per recording path; null where nothing is recorded. */
  readonly recordingLost: number | null;
  /** Sound against picture over all of it; null where nobody claps. */
  readonly sound: SoundReading | null;
  /** Share of the machine's processors that was busy, 0 to 1. */
  readonly cpu: number | null;
  readonly notes: readonly string[];
}

export interface Outcome {
  readonly id: string;
  readonly title: string;
  readonly role: Fault["role"];
  readonly predicted: string;
  readonly singlePoint: string | null;
  readonly verdict: Verdict;
  readonly skip: string | null;
  readonly promises: readonly PromiseOutcome[];
  readonly readings: Readings | null;
  /** Buffer of each hls.js player around the fault, for the timeline. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
  readonly moments: readonly Moment[];
}

export interface Leak { readonly host: string; readonly what: string; readonly before: number; readonly after: number; readonly limit: number; readonly unit: string; readonly leaks: boolean }

export interface Report {
  readonly topology: string;
  readonly name: string;
  readonly stack: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly scale: number;
  readonly machine: string;
  readonly seed: number | null;
  readonly viewers: string;
  readonly outcomes: readonly Outcome[];
  readonly leaks: readonly Leak[];
  readonly interrupted: boolean;
  /** Everything else the reader must know, e.g. what a rehearsal leaves out. */
  readonly notes: readonly string[];
}
