/** What distributors say of this host's clock: pure; times in seconds. */

/** What a distributor said longer ago does not count. */
const RECENT = 15;
/** How long the best value stands. */
const WINDOW = 5;
/** Above this the operator is told. */
export const SKEW_REPORTED = 0.25;
/** Distributors that must agree before this host takes its own clock for wrong: one alone may be wrong itself. */
const WITNESSES = 2;

interface Said { readonly skew: number; /** Last heard. */ readonly at: number; /** When this value was heard. */ readonly since: number }

/** Compares this host's wall clock with those of the distributors that ask it. */
export class SkewWatch {
  private readonly said = new Map<string, Said>();

  /** A request by a distributor that carried its time. */
  heard(distributor: string, theirs: number, wall: number, mono: number): void {
    if (!Number.isFinite(theirs) || (!this.said.has(distributor) && this.said.size >= 256)) return;
    const skew = wall - theirs, before = this.said.get(distributor);
    // A request may wait on its way, which makes this clock look fast: the smallest difference of some seconds is nearest the truth.
    const better = before !== undefined && mono - before.since < WINDOW && Math.abs(before.skew) < Math.abs(skew);
    this.said.set(distributor, better ? { ...before, at: mono } : { skew, at: mono, since: mono });
  }

  /** This clock jumped by `seconds`: so did its distance to theirs, which nobody needs to say again first. */
  stepped(seconds: number, mono: number): void {
    for (const [distributor, s] of this.said) this.said.set(distributor, { ...s, skew: s.skew + seconds, since: mono });
  }

  /** Seconds by which this clock is ahead of the distributors': the middle of what they say; null when none spoke lately. */
  skew(mono: number): number | null {
    const recent = this.recent(mono);
    return recent.length === 0 ? null : recent[Math.floor((recent.length - 1) / 2)] ?? null;
  }

  /** True when two distributors or more agree that this clock is off by more than `limit`: then its segments have other numbers than the others'. */
  isWrong(limit: number, mono: number): boolean {
    const recent = this.recent(mono);
    return recent.length >= WITNESSES && (recent.every((s) => s > limit) || recent.every((s) => s < -limit));
  }

  private recent(mono: number): number[] {
    return [...this.said.values()].filter(({ at }) => mono - at <= RECENT).map(({ skew }) => skew).sort((a, b) => a - b);
  }
}
