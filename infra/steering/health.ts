/** Whether a way works, from the answers to its probes: pure; times are monotonic seconds. */

/** Failures in a row that make a way dead. */
const FAILURES = 2;
/** A dead way must answer this long before it is used again; longer each time when it flaps. */
const HOLD = 3;
const MAX_HOLD = 60;
/** Alive for this long, a way is trusted again. */
const TRUST = 120;

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

  constructor(mono: number) { this.since = mono; }

  /** One answer; `asked` is when the probe left. True when the way's state changed. */
  answer(ok: boolean, asked: number, mono: number, reason = ""): boolean {
    // Probes overlap: an old one that fails says nothing against a newer one that was answered.
    if (!ok && asked <= this.lastOk) return false;
    if (ok) {
      this.lastOk = Math.max(this.lastOk, asked);
      this.failures = 0;
      this.okSince ??= mono;
      if (this.alive && mono - this.since > TRUST) this.hold = HOLD;
      if (this.alive || mono - this.okSince < this.hold) return false;
      return this.become(true, mono, "");
    }
    this.okSince = null;
    this.failures += 1;
    this.reason = this.alive ? this.reason : reason;
    if (!this.alive || this.failures < FAILURES) return false;
    if (mono - this.revivedAt < TRUST) this.hold = Math.min(MAX_HOLD, this.hold * 2);
    return this.become(false, mono, reason);
  }

  private become(alive: boolean, mono: number, reason: string): boolean {
    this.alive = alive;
    if (alive) this.revivedAt = mono;
    this.since = mono;
    this.reason = reason;
    return true;
  }
}
