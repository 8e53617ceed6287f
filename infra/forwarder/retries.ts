/** First pause before the same push is tried again, and the longest (seconds). */
const PAUSE = { first: 0.5, longest: 2 } as const;
/** One that was not failing for this long begins anew with the first (seconds). */
const STEADY = 10;

/** When which failing push is tried again: at once, then after a pause that doubles. */
export class Retries {
  private readonly tried = new Map<string, { at: number; pause: number }>();

  /** @returns those of `failing` to try now; they count as tried */
  due(path: string, failing: readonly string[], mono: number): string[] {
    return failing.filter((dest) => {
      const key = `${path} ${dest}`, last = this.tried.get(key);
      if (last !== undefined && mono - last.at < last.pause) return false;
      const pause = last === undefined || mono - last.at > STEADY ? PAUSE.first : Math.min(PAUSE.longest, last.pause * 2);
      this.tried.set(key, { at: mono, pause });
      return true;
    });
  }
}
