/**
 * The wall-clock grid: segment k of a stream covers [k·D, (k+1)·D) seconds since the Unix epoch (D = segment length).
 * Measured in knowledge/continuity 9.2; every transcoder of a stream computes the same numbers from its clock.
 */

/** Video and AAC frames meet every 8 s at 48 kHz (375 frames of 1024 samples), so audio always starts on a multiple of it. */
const AUDIO_GRID_SECONDS = 8;
/** A restart fills a hole of at most this many segments; an older one stays a gap. */
const MAX_BACKFILL = 4;
/** Playlist withdrawn when the newest segment is this much overdue, in seconds. */
const OVERDUE = 0.8;

/** Number of the segment that wall time `wallS` (seconds since the epoch) falls into. */
export const segmentAt = (wallS: number, seconds: number): number => Math.floor(wallS / seconds);

/** First segment of an FFmpeg run: the one after the newest published when the hole is small, else the current one. */
export function firstSegment(newest: number | null, wallS: number, seconds: number): number {
  const now = segmentAt(wallS, seconds);
  if (newest === null) return now;
  const next = newest + 1;
  return next >= now - MAX_BACKFILL && next <= now + 1 ? next : now;
}

/** Seconds by which the end of the newest segment lies behind the wall clock; normal is 0 to one segment plus encoding. */
export const lagOf = (newest: number, wallS: number, seconds: number): number => wallS - (newest + 1) * seconds;

/** True when a playlist ending in `newest` must not be served: overdue, or from a future that the clock has left. */
export function isStale(newest: number, wallS: number, seconds: number): boolean {
  return lagOf(newest, wallS, seconds) > seconds + OVERDUE || newest * seconds > wallS + 1;
}

/** Numbers that FFmpeg's argument templates need for a run starting at segment k. */
export function runNumbers(k: number, seconds: number): { k: number; t0: number; ka: number; a0: number } {
  const cycle = AUDIO_GRID_SECONDS / seconds;
  const ka = Number.isInteger(cycle) ? k - (k % cycle) : k;
  return { k, t0: k * seconds, ka, a0: ka * seconds * 48_000 };
}

/** Fills {K}, {T0}, {KA}, {A0}, {RUN} and {SYNC} in rendered FFmpeg arguments (one a line, empty lines at the end dropped). */
export function fillArguments(text: string, k: number, seconds: number, run: string, sync = "0"): string[] {
  const n = runNumbers(k, seconds);
  const values: Readonly<Record<string, string>> = { K: String(n.k), T0: String(n.t0), KA: String(n.ka), A0: String(n.a0), RUN: run, SYNC: sync };
  const lines = text.replace(/\n+$/, "").split("\n");
  return lines.map((line) => line.replace(/\{(K|T0|KA|A0|RUN|SYNC)\}/g, (_, name: string) => values[name] ?? ""));
}
