/**
 * The supervisor's state machine for one FFmpeg, as a pure function: state and event in, state and actions out.
 * Times are monotonic seconds. docs/agent.md has its diagram.
 */

export interface Limits {
  /** No first output this long after the start: killed. */
  readonly graceSeconds: number;
  /** No new output this long while running: killed. */
  readonly silenceSeconds: number;
  /** Lag allowed behind and ahead of the wall clock; null where there are no segments (low, ultra). */
  readonly lag: { readonly max: number; readonly min: number } | null;
}

/** Segments: first output within a segment and a start-up; then one each segment. Low and ultra: frames. */
export function limitsFor(segmentSeconds: number, segmented: boolean): Limits {
  return segmented
    ? { graceSeconds: segmentSeconds + 6, silenceSeconds: segmentSeconds + 1.5, lag: { max: segmentSeconds + 1.5, min: -0.3 } }
    : { graceSeconds: 8, silenceSeconds: 3, lag: null };
}

export type State =
  /** Nothing runs; a start is due at `at`. `afterRelay`: not before the relay answers, or `at + 5`. */
  | { readonly kind: "waiting"; readonly at: number; readonly afterRelay: boolean; readonly failures: number }
  | { readonly kind: "starting"; readonly since: number; readonly failures: number }
  | { readonly kind: "running"; readonly since: number; readonly lastOutput: number; readonly mark: number; readonly bestLag: number; readonly bestLagAt: number }
  /** SIGKILL sent; */
  | { readonly kind: "ending"; readonly since: number; readonly failures: number }
  | { readonly kind: "stopped" };

export type Event =
  /** `mark` grows with output (segment number or frame count), null = none yet in this run; `lag` of the newest segment. */
  | { readonly kind: "tick"; readonly mono: number; readonly mark: number | null; readonly lag: number | null; readonly relayUp: boolean }
  | { readonly kind: "exited"; readonly mono: number; readonly code: number | null }
  /** New settings or a clock step: end this run and start another at once. */
  | { readonly kind: "replace"; readonly mono: number; readonly reason: string }
  | { readonly kind: "stop" };

export type Action =
  | { readonly kind: "spawn" }
  | { readonly kind: "kill"; readonly reason: string };

const RESTART_DELAY = 0.1;
const MAX_BACKOFF = 5;
/** FFmpeg's exit code when the relay refuses the connection (measured on 7.1.5). */
const EXIT_REFUSED = 145;

export const initialState = (mono: number): State => ({ kind: "waiting", at: mono, afterRelay: true, failures: 0 });

const QUICK_RETRIES = 30;
/** Lag that shrinks by this much (seconds) within a grace period is catching up. */
const CATCHING_UP = 0.2;

/** One step. Never throws; an event that means nothing in a state leaves it as it is. */
export function step(state: State, event: Event, limits: Limits): { state: State; actions: readonly Action[] } {
  if (state.kind === "stopped") return { state, actions: [] };
  switch (event.kind) {
    case "stop":
      return { state: { kind: "stopped" }, actions: alive(state) ? [{ kind: "kill", reason: "stopping" }] : [] };
    case "replace":
      if (!alive(state)) return state.kind === "ending" ? same(state) : to({ kind: "waiting", at: event.mono, afterRelay: false, failures: 0 });
      return kill(event.mono, 0, event.reason);
    case "exited":
      return to(afterExit(state, event.mono, event.code));
    case "tick":
      return tick(state, event, limits);
  }
}

type Tick = Extract<Event, { kind: "tick" }>;

function tick(state: State, event: Tick, limits: Limits): ReturnType<typeof step> {
  const { mono, mark } = event;
  if (state.kind === "waiting") {
    const due = mono >= state.at && (!state.afterRelay || event.relayUp || mono >= state.at + 5);
    return due ? { state: { kind: "starting", since: mono, failures: state.failures }, actions: [{ kind: "spawn" }] } : same(state);
  }
  if (state.kind === "starting") {
    if (mark !== null) return to({ kind: "running", since: state.since, lastOutput: mono, mark, bestLag: Infinity, bestLagAt: mono });
    if (mono - state.since <= limits.graceSeconds) return same(state);
    return kill(mono, state.failures + 1, `no output ${limits.graceSeconds} s after its start`);
  }
  if (state.kind !== "running") return same(state);
  const grown = mark !== null && mark !== state.mark;
  const lastOutput = grown ? mono : state.lastOutput;
  if (mono - lastOutput > limits.silenceSeconds) return kill(mono, 0, `no new output for ${(mono - lastOutput).toFixed(1)} s`);
  let { bestLag, bestLagAt } = state;
  if (limits.lag !== null && event.lag !== null && mono - state.since > limits.graceSeconds) {
    if (event.lag < limits.lag.min) return kill(mono, 0, `output is ${(-event.lag).toFixed(1)} s ahead of the clock`);
    // A run that fills a hole starts late by design: it may go on while it is catching up.
    if (event.lag <= limits.lag.max || event.lag < bestLag - CATCHING_UP) { bestLag = Math.max(event.lag, limits.lag.max); bestLagAt = mono; }
    else if (mono - bestLagAt > limits.graceSeconds) return kill(mono, 0, `output is ${event.lag.toFixed(1)} s behind the clock`);
  }
  return to({ ...state, lastOutput, mark: grown ? mark : state.mark, bestLag, bestLagAt });
}

function afterExit(state: State, mono: number, code: number | null): State {
  if (state.kind === "ending") return { kind: "waiting", at: mono + backoff(state.failures), afterRelay: false, failures: state.failures };
  if (state.kind === "running") return { kind: "waiting", at: mono + RESTART_DELAY, afterRelay: true, failures: 0 };
  if (state.kind !== "starting") return state;
  const failures = state.failures + 1;
  // The relay is on its way up: look again soon, but not ten times a second for ever.
  if (code === EXIT_REFUSED || code === 0) return { kind: "waiting", at: mono + (failures <= QUICK_RETRIES ? RESTART_DELAY : 1), afterRelay: true, failures };
  return { kind: "waiting", at: mono + backoff(failures), afterRelay: true, failures };
}

/** 0.1 s after a run that produced something, then doubling with each run that produced nothing, up to 5 s. */
export function backoff(failures: number): number {
  return Math.min(MAX_BACKOFF, RESTART_DELAY * 2 ** Math.min(failures, 10));
}

const alive = (state: State): boolean => state.kind === "starting" || state.kind === "running";
const same = (state: State): ReturnType<typeof step> => ({ state, actions: [] });
const to = (state: State): ReturnType<typeof step> => ({ state, actions: [] });
const kill = (mono: number, failures: number, reason: string): ReturnType<typeof step> =>
  ({ state: { kind: "ending", since: mono, failures }, actions: [{ kind: "kill", reason }] });
