/** How sound and picture belong together at the far end: publishers that clap, and what a viewer gets of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runArgs, testName } from "./docker.ts";
import { httpRequest } from "./http.ts";

/** One flash with its beep: when (wall clock, seconds), and how much later the beep is (milliseconds). */
export interface Clap { readonly at: number; readonly ms: number }

export interface Claps {
  readonly claps: readonly Clap[];
  /** The same, divided where claps do not come each second: another publisher, or the slate between them. */
  readonly runs: readonly (readonly Clap[])[];
  /** Flashes or beeps without the other within {@link PAIR}: cut by a switch, or lost. */
  readonly alone: number;
  /** Steps between pictures that are not a frame (seconds): none may be there. */
  readonly oddSteps: readonly number[];
}

/** A flash and a beep this near belong together (seconds); claps come every second. */
const PAIR = 0.45;
/** Claps of one publisher come each second, to a picture and a half (seconds). */
const RHYTHM = 0.05;
/** Mean brightness of the flashing corner. */
const WHITE = 120;
/** Peak of a beep, dBFS. */
const LOUD = -20;
/** Silence before a beep, so that one is not counted twice (milliseconds). */
const QUIET_MS = 200;

/**
 * Fetches a stream's last `seconds` from a distributor, segment by segment as a player does, decodes them and measures every clap. Of
 * LL-HLS what its playlists list.
 * @throws Error when the stream cannot be fetched or decoded
 */
export async function claps(playlist: string, ca: string | undefined, seconds: number, label?: string): Promise<Claps> {
  const master = await get(playlist, ca), text = master.body.toString();
  const uris = [/^(?!#)(\S+\.m3u8\S*)$/m.exec(text)?.[1], /TYPE=AUDIO[^\n]*URI="([^"]+)"/.exec(text)?.[1]];
  const lists = await Promise.all(uris.map(async (uri) => { const { url, body } = await get(new URL(uri ?? "", master.url).href, ca); return { url, text: body.toString() }; }));
  const media = await Promise.all(lists.map(async ({ url, text: list }) => [(await get(new URL(/EXT-X-MAP:URI="([^"]+)"/.exec(list)?.[1] ?? "", url).href, ca)).body]));
  const numbers = lists.map(({ text: list }) => [...list.matchAll(/^(\d+)\.m4s$/gm)].map((m) => Number(m[1])));
  if (numbers.some((n) => n.length === 0)) {
    await Promise.all(lists.map(async ({ url, text: list }, i) => { for (const [uri = ""] of list.matchAll(/^(?!#)\S+$/gm)) media[i]?.push((await get(new URL(uri, url).href, ca)).body); }));
  } else {
    const newest = Math.min(...numbers.map((n) => Math.max(...n))), length = Number(/EXT-X-TARGETDURATION:(\d+)/.exec(lists[0]?.text ?? "")?.[1]);
    // From the newest back: a stream that has just begun has fewer.
    for (let k = newest; k > newest - Math.ceil(seconds / length); k--) {
      const pieces = await Promise.all(lists.map(({ url }) => get(new URL(`${k}.m4s`, url).href, ca).catch(() => null)));
      if (pieces.includes(null)) break;
      pieces.forEach((piece, i) => media[i]?.splice(1, 0, piece?.body ?? Buffer.alloc(0)));
    }
  }
  const folder = mkdtempSync(join(tmpdir(), "headend-claps-"));
  try {
    media.forEach((pieces, i) => writeFileSync(join(folder, i === 0 ? "video.mp4" : "audio.mp4"), Buffer.concat(pieces)));
    const decoded = await run("docker", [...runArgs(testName("claps"), { network: "none", ...(label === undefined ? {} : { label }) }, ["-v", `${folder}:/in:ro`, "--entrypoint", "bash"]), "-c", decoding("-i /in/video.mp4 -i /in/audio.mp4", "1:a")], { timeoutMs: 60_000 });
    if (decoded.code !== 0) throw new Error(`cannot decode: ${decoded.stderr.slice(-500)}`);
    return paired(decoded.stdout);
  } finally { rmSync(folder, { recursive: true, force: true }); }
}

/** A page of a distributor and where it was found: LL-HLS sends players elsewhere first. */
async function get(url: string, ca: string | undefined): Promise<{ readonly url: string; readonly body: Buffer }> {
  const { status, headers, body } = await httpRequest(url, ca === undefined ? {} : { ca });
  if (status >= 301 && status <= 308 && headers["location"] !== undefined) return get(new URL(String(headers["location"]), url).href, ca);
  if (status !== 200) throw new Error(`${url} answered ${status}`);
  return { url, body };
}

/** Shell text: brightness of the flashing corner in each picture, and peak of each millisecond, with their times. For a container of ours. */
export const decoding = (inputs: string, audio: string): string => `cd "$(mktemp -d)" && ffmpeg -hide_banner -nostdin -loglevel error -copyts ${inputs} \
-map 0:v:0 -fps_mode passthrough -vf crop=iw/8:ih/8:iw/16:ih/16,scale=8:8,signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=v.txt -f null - \
-map ${audio}:0 -af asetnsamples=48,astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level,ametadata=mode=print:key=lavfi.astats.Overall.Peak_level:file=a.txt -f null - &&
cat v.txt && echo ${BETWEEN} && cat a.txt`;

const BETWEEN = "==audio==";

/** What {@link decoding} prints → claps (pure). */
export function paired(printed: string): Claps {
  const [video = "", audio = ""] = printed.split(BETWEEN);
  return pair(video, audio);
}

/** Text of both decoders → claps (pure). */
export function pair(video: string, audio: string): Claps {
  const times: number[] = [], flashes: number[] = [], beeps: number[] = [];
  let before = WHITE, quiet = 0;
  for (const [at, luma] of measured(video)) {
    times.push(at);
    if (luma > WHITE && before <= WHITE) flashes.push(at);
    before = luma;
  }
  for (const [at, peak] of measured(audio)) {
    if (peak <= LOUD) { quiet += 1; continue; }
    if (quiet >= QUIET_MS) beeps.push(at);
    quiet = 0;
  }
  const nearest = (to: number, of: readonly number[]): number | null => of.reduce<number | null>((best, at) => (Math.abs(at - to) < Math.abs((best ?? Infinity) - to) ? at : best), null);
  const found = flashes.flatMap((at): Clap[] => { const beep = nearest(at, beeps); return beep === null || Math.abs(beep - at) > PAIR ? [] : [{ at, ms: Math.round((beep - at) * 1000) }]; });
  const steps = times.slice(1).map((at, i) => at - (times[i] ?? 0)), step = [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0;
  const runs = found.reduce<Clap[][]>((all, clap) => { const last = all.at(-1), before = last?.at(-1); if (last && before && Math.abs(clap.at - before.at - 1) < RHYTHM) last.push(clap); else all.push([clap]); return all; }, []);
  return { claps: found, runs, alone: flashes.length + beeps.length - 2 * found.length, oddSteps: steps.filter((s) => Math.abs(s - step) > 0.002) };
}

function* measured(text: string): Generator<[number, number]> {
  for (const m of text.matchAll(/pts_time:([\d.]+)[^=]*\n[^=\n]*=(\S+)/g)) yield [Number(m[1]), m[2] === "-inf" ? -Infinity : Number(m[2])];
}
