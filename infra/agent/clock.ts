import { performance } from "node:perf_hooks";

/** Two clocks in seconds: `wall` since the Unix epoch (may step), `mono` since some start (never steps). */
export interface Clock { wall(): number; mono(): number }

export const systemClock: Clock = { wall: () => Date.now() / 1000, mono: () => performance.now() / 1000 };

/** A change of wall minus monotonic time above this, between two looks, is a step and not a slew (seconds). */
export const STEP_SECONDS = 0.25;

/** Notices steps of the wall clock. Slewing (at most 0.1 s per second) moves the reference along and is no step. */
export class StepGuard {
  private reference: number;
  constructor(private readonly clock: Clock) { this.reference = clock.wall() - clock.mono(); }

  /** Size of the step since the last look in seconds (positive = forward), or null. */
  look(): number | null {
    const offset = this.clock.wall() - this.clock.mono();
    const step = offset - this.reference;
    this.reference = offset;
    return Math.abs(step) > STEP_SECONDS ? step : null;
  }
}
