/** Whether a way works, from the answers to its probes: pure; times are monotonic seconds. */

/** Failures in a row that make a way dead. */
const FAILURES = 2;
/** A dead way must answer this long before it is used again; longer each time when it flaps. */
const HOLD = 3;
const MAX_HOLD = 60;
/** Alive for this long, a way is trusted again. */
const TRUST = 120;
/** The reason of a probe that got no answer at all. */
export const SILENT = "does not answer";
/**
 * On top of the time of silence, before viewers return. A player's old connection to a host that was silent for T seconds sends again what was
 * lost in doubling steps (RFC 6298 5.5), so its next attempt comes up to T seconds after the host is back; a viewer sent there earlier
 * waits on that connection (measured: 2.7 s without data after 17 s of silence).
 */
const AFTER_SILENCE = 2;

export class Health {
  alive = true;
  /** Since when it is alive, or dead. */
  since: number;
  /** Why it is dead. */
  reason = "";
  private lastOk = -Infinity;
  private failures = 0;
  private okSince: number | null = null;
  private hold = HOLD;
  private revivedAt = -Infinity;
  private silentUntil = -Infinity;

  /** `holdsViewers`: players keep connections to it, which outlive its silence. */
  constructor(mono: number, private readonly holdsViewers = false) { this.since = mono; }

  /** One answer; `asked` is when the probe left. True when the way's state changed. */
  answer(ok: boolean, asked: number, mono: number, reason = ""): boolean {
    // Probes overlap: an old one that fails says nothing against a newer one that was answered.
    if (!ok && asked <= this.lastOk) return false;
    if (ok) {
      this.lastOk = Math.max(this.lastOk, asked);
      this.failures = 0;
      this.okSince ??= mono;
      if (this.alive && mono - this.since > TRUST) this.hold = HOLD;
      if (this.alive || mono - this.okSince < this.wait()) return false;
      return this.become(true, mono, "");
    }
    this.okSince = null;
    this.failures += 1;
    if (reason === SILENT) this.silentUntil = mono;
    this.reason = this.alive ? this.reason : reason;
    if (!this.alive || this.failures < FAILURES) return false;
    if (mono - this.revivedAt < TRUST) this.hold = Math.min(MAX_HOLD, this.hold * 2);
    return this.become(false, mono, reason);
  }

  /** Seconds of answers that a dead one needs. */
  private wait(): number {
    const silence = this.holdsViewers ? this.silentUntil - this.since : 0;
    return silence > 0 ? Math.max(this.hold, Math.min(MAX_HOLD, silence + AFTER_SILENCE)) : this.hold;
  }

  private become(alive: boolean, mono: number, reason: string): boolean {
    this.alive = alive;
    if (alive) this.revivedAt = mono;
    this.since = mono;
    this.reason = reason;
    return true;
  }
}
