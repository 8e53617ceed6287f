/**
 * A player's buffer as arithmetic: what has arrived, what has been shown, when it ran dry. Pure: times are given, so a
 * thousand viewers cost nothing and tests need no clock.
 */
export interface PlayerModelOptions {
  /** Media needed before playing starts or resumes, seconds. */
  readonly startBuffer: number;
}

/** A shorter rest is not a stall; the player page counts the same way. */
export const STALL_SECONDS = 0.25;

export class PlayerModel {
  /** Media received per track, seconds since the viewer's start; the picture needs all of them. */
  private readonly received = new Map<string, number>();
  private playing = false;
  private played = 0;
  private at = 0;
  private dryAt: number | null = null;
  private begun = false;
  private stalls = 0;
  private stallSeconds = 0;
  /** Smallest buffer while playing, seconds. */
  minBuffer = Infinity;
  private readonly options: PlayerModelOptions;

  constructor(tracks: readonly string[], options: PlayerModelOptions) {
    this.options = options;
    for (const t of tracks) this.received.set(t, 0);
  }

  /** Media that every track has, seconds since the viewer's start. */
  private get end(): number { return Math.min(...this.received.values()); }

  /** Forward buffer at the last event, seconds. */
  get buffer(): number { return this.end - this.played; }
  get started(): boolean { return this.begun; }

  /** Time passes; `now` in seconds, never less than before. */
  advance(now: number): void {
    const dt = now - this.at;
    this.at = now;
    if (dt <= 0 || !this.playing) return;
    const have = this.end - this.played;
    if (dt < have) { this.played += dt; this.minBuffer = Math.min(this.minBuffer, this.end - this.played); return; }
    this.played = this.end;
    this.minBuffer = 0;
    this.playing = false;
    this.dryAt = now - (dt - have);
  }

  /** `seconds` of media of one track arrived at `now`. */
  receive(track: string, seconds: number, now: number): void {
    this.advance(now);
    this.received.set(track, (this.received.get(track) ?? 0) + seconds);
    if (this.playing || this.end - this.played < (this.begun ? Math.min(0.5, this.options.startBuffer) : this.options.startBuffer)) return;
    ({ stalls: this.stalls, seconds: this.stallSeconds } = this.stalledAt(now));
    this.dryAt = null;
    this.playing = true;
    this.begun = true;
  }

  /** Stalls of more than {@link STALL_SECONDS} and their length in seconds, with the one that is going on at `now`. */
  stalledAt(now: number): { readonly stalls: number; readonly seconds: number } {
    this.advance(now);
    const dry = this.dryAt === null ? 0 : now - this.dryAt;
    return dry > STALL_SECONDS ? { stalls: this.stalls + 1, seconds: this.stallSeconds + dry } : { stalls: this.stalls, seconds: this.stallSeconds };
  }
}
