import type { RelayPath } from "./relay.ts";

/** An input that was set at the relay, whichever way. */
export interface Standing { readonly path: string; readonly key: string; readonly direct: boolean; readonly since: number }

/** The relay may take this long to bring a chosen input on air before something is wrong (seconds); a normaliser waits for a key frame. */
const ON_AIR_WITHIN = { direct: 2, normalise: 10 } as const;
/** A connected air path without a byte for this long starves FFmpeg: not even the slate is sent then (seconds). */
const STARVED_AFTER = 1.5;
/** Off air for this long, a direct forward is looked at: whether it runs at all (seconds). */
const ASK_AFTER = 0.3;
/** Shorter than this, the slate between two inputs is not told (seconds). */
const GLIMPSE = 1;
/** On air for this long, what forwards there is well (seconds). */
const WELL_AFTER = 2;

/**
 * Notices that a chosen input does not get on air: the relay forgot (its file was reloaded), lost the way there, or refuses it. Pure but for
 * what it remembers; times are monotonic seconds.
 */
export class AirWatch {
  private offSince: number | null = null;
  private bytes = { count: -1, changedAt: 0 };
  /** What forwarded to the air path ended, and was set anew once since it was well. */
  private retried: { readonly key: string; readonly at: number } | null = null;

  /**
   * One look at the air path. `set` is the input that should be on it, null for the slate.
   * @returns "confirm": ask the relay whether the forward runs; "diagnose": it had its time, find out what is wrong
   */
  look(air: RelayPath | undefined, set: Standing | null, mono: number): "nothing" | "confirm" | "diagnose" {
    if (air && air.bytes !== this.bytes.count) this.bytes = { count: air.bytes, changedAt: mono };
    if (set === null) { this.offSince = null; return "nothing"; }
    const begun = Math.max(set.since, this.retried?.key === set.key ? this.retried.at : 0);
    if (air?.online) {
      this.offSince = null;
      if (mono - Math.max(this.bytes.changedAt, begun) > STARVED_AFTER) return "diagnose";
      if (mono - begun > WELL_AFTER) this.retried = null;
      return "nothing";
    }
    this.offSince ??= mono;
    const off = mono - Math.max(this.offSince, begun);
    if (off > ON_AIR_WITHIN[set.direct ? "direct" : "normalise"]) return "diagnose";
    return set.direct && off > ASK_AFTER ? "confirm" : "nothing";
  }

  /** The relay does not answer: time in which nobody looked tells nothing about the air. */
  blind(mono: number): void {
    this.offSince = null;
    this.bytes = { ...this.bytes, changedAt: mono };
  }

  /** True once for an input whose way on air ended, until it was well again: one that ends again at once is refused. */
  mayRetry(set: Standing, mono: number): boolean {
    if (this.retried?.key === set.key) return false;
    this.retried = { key: set.key, at: mono };
    return true;
  }

  /** Viewers see the slate although an input was chosen, for longer than a change of inputs takes. */
  isOff(mono: number): boolean { return this.offSince !== null && mono - this.offSince > GLIMPSE; }
}
