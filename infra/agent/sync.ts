/**
 * One offset from the input's timestamps to the wall clock, for sound and picture together. Each filter reports how late its frames are;
 * the earliest of both decides, so that neither is ahead of the clock, and both filters get the same number. Two separate locks would
 * make sound and picture meet by arrival: up to 95 ms off, measured with SRT, because a multiplexer keeps a picture until the next begins.
 */

/** Reports outside of this of the offset mean that the timestamps jumped: another input (seconds). */
const JUMP = { early: 0.3, late: 1.7 } as const;
/** Pictures arrive about this much later than the sound of the same time; until both are known (seconds; 0.03 to 0.1 measured). */
const PICTURE_LAG = 0.06;
/** Smaller differences are jitter (seconds). */
const DEAD = { early: 0.004, late: 0.008 } as const;
/** The earliest frame of so many seconds counts: a publisher may send sound in lumps of 0.2 s, and a loaded machine delays some. */
const WINDOW = 4;
/** A filter prints {@link FAR} less the offset, so that its memory of zeros is a beginning; pictures are marked by {@link PICTURE}. */
const FAR = 9e9, PICTURE = 4e10;

/**
 * Expression for `setpts` and `asetpts` that puts frames at input time + `offset`. Twice a second it prints the smallest offset
 * since its last report for {@link Sync.line}: each report wakes the agent, a quarter of a millisecond of processor time (measured).
 * When the timestamps jump it finds its own offset. At most 255 characters, or FFmpeg cuts the command (fftools, seen in 7.1); `trunc(x)` is short for "x is 1 or more away from 0".
 */
export function syncExpression(offset: string): string {
  return `st(0,RTCTIME/1e6-T);st(2,${offset});`
    // A jump is reported at once. Frames of the old input may still come after the command for the new one: the own offset counts only where the given one does not fit.
    + "if(trunc(ld(0)-ld(2)-.7),st(2,if(trunc(ld(0)-ld(4)-1),st(4,ld(0)-.06*isnan(SR)+st(1,0)*st(3,-9)),ld(4))));"
    + `st(1,max(ld(1),${FAR / 1e9}e9-ld(0)));`
    + `if(trunc(T*2-ld(3)),print(ld(1)+${PICTURE / 1e10}e10*isnan(SR),8);st(3,T*2+st(1,0)));PTS+ld(2)/TB`;
}

/** Keeps the offset of one stream; it outlives its FFmpeg, because the relay's timestamps do. */
export class Sync {
  private reports: { readonly mono: number; readonly value: number }[] = [];
  private since = 0;
  /** Seconds to add to the input's timestamps, null before the first report. */
  offset: number | null = null;

  /** For FFmpeg's arguments. */
  get text(): string { return (this.offset ?? 0).toFixed(3); }

  /** Takes a line of FFmpeg's. @returns null when it is no report, else whether the offset changed and must be sent */
  line(text: string, mono: number): "same" | "changed" | null {
    if (!/^\d{10,11}\.\d{6}$/.test(text)) return null;
    const n = Number(text), picture = n > PICTURE;
    return this.report(picture ? "picture" : "sound", FAR - (picture ? n - PICTURE : n), mono) ? "changed" : "same";
  }

  /** `value`: the offset that would put the earliest frame at its arrival. */
  private report(medium: "sound" | "picture", value: number, mono: number): boolean {
    if (this.offset === null || value - this.offset < -JUMP.early || value - this.offset > JUMP.late) {
      this.reports = [];
      return this.set(medium === "sound" ? value : value - PICTURE_LAG, mono);
    }
    this.reports = [...this.reports.filter((r) => mono - r.mono < WINDOW), { mono, value }];
    const earliest = Math.min(...this.reports.map((r) => r.value));
    if (earliest < this.offset - DEAD.early) return this.set(earliest, mono);
    return mono - this.since > WINDOW && earliest > this.offset + DEAD.late && this.set(earliest, mono);
  }

  private set(offset: number, mono: number): boolean { this.offset = offset; this.since = mono; return true; }
}

/** What FFmpeg prints about every command. */
export const CommandNoise = /^\s*$|^Enter command: |^Command reply for stream |Failed to process command\. Continuing|^\s*Last message repeated/;

/** FFmpeg looks for a command this often (`-stats_period`), and takes one each time (milliseconds). */
const TAKES_MS = 300;

/** Sends the newest offset to one FFmpeg, no faster than it takes commands. */
export class SyncSender {
  private timer: NodeJS.Timeout | null = null;
  private last = 0;
  constructor(private readonly sync: Sync, private readonly tell: (text: string) => void) {}

  send(): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.last = performance.now();
      this.tell(`call -1 expr ${syncExpression(this.sync.text)}\n`);
    }, Math.max(30, this.last + TAKES_MS - performance.now()));
    this.timer.unref();
  }
}
