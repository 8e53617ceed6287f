/** Decodes what a viewer would get, with FFmpeg in a container, and reports on pictures and sound. */
import { readFileSync } from "node:fs";
import { type Placement, docker, run, runArgs, testName } from "../../../scripts/live/docker.ts";

export interface DecodeOptions extends Placement {
  /** HLS or DASH address (or anything FFmpeg reads). */
  readonly url: string;
  /** Seconds of media to decode. */
  readonly seconds: number;
  /** CA certificate file: the address must verify against it (checked with curl; FFmpeg's own HLS reader cannot check). */
  readonly caFile?: string;
  /** Which video rendition, 0 = first listed. */
  readonly video?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface DecodeReport {
  readonly exitCode: number;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Distances between successive frames, seconds. */
  readonly step: { readonly min: number; readonly median: number; readonly max: number };
  /** Steps that differ by more than 20 % from the median (gaps, repeats). */
  readonly irregular: number;
  readonly firstPts: number;
  readonly lastPts: number;
  readonly audioFrames: number;
  readonly audioRate: number;
  readonly audioChannels: number;
  /** Largest distance between successive audio frames' starts beyond a frame's length, seconds. */
  readonly audioGap: number;
  /** Loudest second, dBFS RMS; −Infinity for silence. */
  readonly audioRms: number;
  /** Mean brightness, 16–235. */
  readonly luma: number;
  /** Mean change from frame to frame (signalstats YDIF); a still picture has about 0. */
  readonly motion: number;
  /** A still picture: what the slate looks like. Measured: slate 0.03–0.07 (key frames), test card above 1. */
  readonly still: boolean;
  /** What FFmpeg complained about. */
  readonly errors: readonly string[];
  readonly video: string | null;
  readonly audio: string | null;
}

/** FFmpeg says this of every fragmented MP4 rendition: it reads the init section once per segment. */
const NOISE = /Found duplicated MOOV Atom/;
const V = "==headend-video==", A = "==headend-audio==";

/** Decodes; never throws for what FFmpeg finds: look at `frames` and `errors`. Throws when TLS does not verify. */
export async function decode(o: DecodeOptions): Promise<DecodeReport> {
  const name = testName("decode");
  const limit = o.timeoutMs ?? (o.seconds + 45) * 1000;
  const headers = Object.entries(o.headers ?? {}).map(([k, v]) => `${k}: ${v}\r\n`).join("");
  const ca = o.caFile ? readFileSync(o.caFile, "utf8") : "";
  // One process, each measure into its own file: the two filters would mix their lines on one pipe.
  const script = `
    if [ -s /tmp/ca.pem ]; then curl -sS --cacert /tmp/ca.pem -o /dev/null "$URL" || { echo "TLS-REFUSED" >&2; exit 90; }; fi
    ffmpeg -hide_banner -nostdin -loglevel level+info -nostats \${HEADERS:+-headers "$HEADERS"} -rw_timeout 15000000 -i "$URL" -t "$SECONDS_" \
      -map "0:v:$VIDEO?" -map 0:a:0? -fps_mode passthrough \
      -vf "signalstats,metadata=mode=print:file=/tmp/v.txt" -af "astats=metadata=1:reset=1,ametadata=mode=print:file=/tmp/a.txt" -f null - ; rc=$?
    echo "${V}"; cat /tmp/v.txt 2>/dev/null | grep -E 'pts_time|YAVG|YDIF'; echo "${A}"; cat /tmp/a.txt 2>/dev/null | grep -E 'pts_time|Overall.RMS_level'; exit $rc`;
  const env = { URL: o.url, SECONDS_: String(o.seconds), VIDEO: String(o.video ?? 0), HEADERS: headers };
  const args = runArgs(name, o, ["-i", "--init", ...Object.entries(env).flatMap(([k, v]) => ["-e", `${k}=${v}`]), "--entrypoint", "bash"]);
  const r = await run("docker", [...args, "-c", `cat > /tmp/ca.pem\n${script}`], { input: ca, timeoutMs: limit });
  if (r.code === 124) await docker(["rm", "-f", name]).catch(() => undefined);
  if (r.code === 90) throw new Error(`${o.url} does not verify against ${o.caFile}: ${r.stderr.trim()}`);
  return report(r.code, r.stdout, r.stderr);
}

/** Text of the FFmpeg run → report (pure). */
export function report(exitCode: number, stdout: string, stderr: string): DecodeReport {
  const [, rest = ""] = stdout.split(V);
  const [videoText = "", audioText = ""] = rest.split(A);
  const pts = numbers(videoText, /pts_time:(-?[\d.]+)/g), steps = differences(pts), sorted = [...steps].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  const apts = numbers(audioText, /pts_time:(-?[\d.]+)/g), asteps = differences(apts), amedian = [...asteps].sort((a, b) => a - b)[asteps.length >> 1] ?? 0;
  const ydif = numbers(videoText, /YDIF=([\d.]+)/g), motion = mean(ydif);
  const input = stderr.split("Output #0")[0] ?? "", output = stderr.split("Output #0")[1] ?? "";
  const size = /Video:.*?, (\d{2,5})x(\d{2,5})/.exec(output), sound = /Audio:.*?, (\d+) Hz, (mono|stereo|\S+)/.exec(output);
  const rms = numbers(audioText, /RMS_level=(-?[\d.]+|-inf)/g);
  return {
    exitCode, frames: pts.length, width: Number(size?.[1] ?? 0), height: Number(size?.[2] ?? 0),
    step: { min: sorted[0] ?? 0, median, max: sorted[sorted.length - 1] ?? 0 },
    irregular: steps.filter((s) => Math.abs(s - median) > 0.2 * median).length,
    firstPts: pts[0] ?? NaN, lastPts: pts[pts.length - 1] ?? NaN,
    audioFrames: apts.length, audioRate: Number(sound?.[1] ?? 0), audioChannels: sound ? (sound[2] === "mono" ? 1 : 2) : 0,
    audioGap: Math.max(0, ...asteps.map((s) => s - amedian)), audioRms: Math.max(-Infinity, ...rms),
    luma: mean(numbers(videoText, /YAVG=([\d.]+)/g)), motion, still: pts.length > 1 && motion < 0.2,
    errors: stderr.split("\n").filter((l) => /\[(error|fatal|warning|panic)\]/.test(l) && !NOISE.test(l)),
    video: /Video: (\w+)/.exec(input)?.[1] ?? null, audio: /Audio: (\w+)/.exec(input)?.[1] ?? null,
  };
}

function numbers(text: string, re: RegExp): number[] {
  return [...text.matchAll(re)].map((m) => (m[1] === "-inf" ? -Infinity : Number(m[1])));
}
function differences(v: readonly number[]): number[] {
  return v.slice(1).map((x, i) => x - (v[i] ?? 0));
}
function mean(v: readonly number[]): number {
  return v.length ? v.reduce((a, b) => a + b, 0) / v.length : 0;
}
