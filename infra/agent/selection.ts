/** Chooses a stream's input: pure, fed with what the relay reports; times are monotonic seconds. */

/** auto: best live input; primary or backup: only those inputs; slate: none. */
export type Override = "auto" | "primary" | "backup" | "slate";
export const OVERRIDES: readonly Override[] = ["auto", "primary", "backup", "slate"];

export interface Candidate { readonly path: string; readonly publisher: string; readonly live: boolean }

export interface Selection {
  /** Path on air, null = slate. */
  readonly active: string | null;
  /** When `active` was chosen. */
  readonly activeSince: number;
  /** Since when each input is live without a break. */
  readonly liveSince: ReadonlyMap<string, number>;
  /** Seconds an input must be live before it takes over from another live one; doubles from the second time it breaks soon after. */
  readonly hold: ReadonlyMap<string, number>;
  /** What was on air when the relay began anew: until then it comes back without a hold. */
  readonly resume: { readonly path: string; readonly until: number } | null;
}

const HOLD = 2;
const MAX_HOLD = 30;
/** An input that was on air for less than this when it broke is flapping (seconds). */
const FLAP = 10;
/** On air for this long, an input is trusted again. */
const TRUST = 60;
/** Multiplexers connect to a relay again 5 s after they lost it; what was on air is waited for this long (seconds). */
const RESUME = 30;

export const initialSelection: Selection = { active: null, activeSince: 0, liveSince: new Map(), hold: new Map(), resume: null };

/** Goes on with what an earlier agent had put on air. */
export function adopt(path: string, mono: number): Selection {
  return { ...initialSelection, active: path, activeSince: mono, liveSince: new Map([[path, mono]]) };
}

/** The relay lost every connection. No input did anything wrong, so none has to wait longer for it. */
export function afterRelay(previous: Selection, mono: number): Selection {
  const resume = previous.active === null ? previous.resume : { path: previous.active, until: mono + RESUME };
  return { ...previous, active: null, activeSince: mono, liveSince: new Map(), resume };
}

export interface Choice { readonly selection: Selection; readonly reason: string | null }

/** One look. `candidates` in order of preference; `reason` is null when nothing changes. */
export function choose(previous: Selection, candidates: readonly Candidate[], override: Override, mono: number): Choice {
  const liveSince = new Map(candidates.filter((c) => c.live).map((c) => [c.path, previous.liveSince.get(c.path) ?? mono]));
  const { active } = previous;
  const onAir = mono - previous.activeSince;
  const hold = new Map([...previous.hold].filter(([path]) => candidates.some((c) => c.path === path)));
  const broke = active !== null && !liveSince.has(active);
  if (broke && onAir < FLAP && previous.liveSince.has(active)) hold.set(active, Math.min(MAX_HOLD, (hold.get(active) ?? HOLD / 2) * 2));
  if (active !== null && !broke && onAir > TRUST) hold.delete(active);

  const primary = candidates[0]?.publisher;
  const allowed = candidates.filter((c) => override === "auto" || (override === "primary" ? c.publisher === primary : override === "backup" && c.publisher !== primary));
  const resume = previous.resume !== null && mono <= previous.resume.until ? previous.resume : null;
  const activeGood = active !== null && liveSince.has(active) && allowed.some((c) => c.path === active);
  const found = allowed.find(({ path }) => {
    const since = liveSince.get(path);
    return since !== undefined && (path === active || !activeGood || path === resume?.path || mono - since >= (hold.get(path) ?? HOLD));
  });
  const want = found?.path ?? null;
  if (want === active) return { selection: { ...previous, liveSince, hold, resume }, reason: null };
  const reason = override !== "auto" ? `override ${override}` : broke ? `${active} lost` : active === null ? `${want} came` : want === resume?.path ? `${want} is back` : `${want} is preferred and steady`;
  return { selection: { active: want, activeSince: mono, liveSince, hold, resume: want === resume?.path ? null : resume }, reason };
}
