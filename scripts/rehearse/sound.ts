/** How sound and picture belong together for viewers: publishers of a rehearsal clap once a second, and this listens. */
import { type Claps, claps } from "../live/clap.ts";
import type { SoundReading } from "./model.ts";
import type { Entry } from "./viewers.ts";

/** Distributors keep about a minute of segments; what is older cannot be fetched any more. */
const MOST_SECONDS = 50;
/** A shorter run is a publisher who came and went at once. */
const SHORTEST_RUN = 3;

export interface Listening { readonly streams: readonly string[]; readonly entries: readonly Entry[]; readonly ca: string | null; readonly label: string }

/**
 * Fetches the last seconds of each stream as a player does and measures every clap in them.
 * @returns the worst of them; null when no entry answers or nobody clapped (WHIP's browsers do not)
 */
export async function listen(o: Listening, seconds: number): Promise<SoundReading | null> {
  const heard: Claps[] = [];
  for (const stream of o.streams) {
    for (const { origin } of o.entries) {
      const got = await claps(`${origin}/live/${stream}/index.m3u8`, o.ca ?? undefined, Math.min(MOST_SECONDS, Math.ceil(seconds)), o.label).catch(() => null);
      if (got === null) continue;
      heard.push(got);
      break;
    }
  }
  return worst(heard);
}

/** Pure. The first clap after a switch is left out: in that second each medium finds its own place (docs/continuity.md). */
export function worst(heard: readonly Claps[]): SoundReading | null {
  const ms = heard.flatMap((h) => h.runs).filter((run) => run.length >= SHORTEST_RUN).flatMap((run) => run.slice(1)).map((clap) => clap.ms);
  return ms.length === 0 ? null : { worstMs: ms.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)), claps: ms.length };
}
