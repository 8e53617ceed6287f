/** Publishers: FFmpeg in a container for RTMP, RTMPS, SRT and RTSP; Chromium for WHIP (whip.ts). */
import { spawn } from "node:child_process";
import { type Placement, docker, run, runArgs, testName } from "./docker.ts";
import { publishWhip } from "./whip.ts";

/** "none": video only; "mono44": mono at 44.1 kHz; "only": audio without video. */
export type TestAudio = "aac" | "none" | "mono44" | "only";

export interface PublishOptions extends Placement {
  readonly via: "rtmp" | "rtmps" | "srt" | "rtsp" | "whip";
  /** Full address with key, e.g. rtmp://127.0.0.1:1935/main/laptop?user=…&pass=…; for WHIP the endpoint. */
  readonly url: string;
  /** WHIP bearer token. */
  readonly token?: string;
  /** WHIP: what the browser sends, e.g. "VP8" and "PCMU"; H264 and Opus when left out. */
  readonly codecs?: { readonly video?: string; readonly audio?: string };
  /** WHIP: PEM of the CA that the endpoint's certificate comes from. */
  readonly ca?: string;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly bitrateKbps?: number;
  /** Keyframe distance, seconds. */
  readonly keyframeSeconds?: number;
  readonly audio?: TestAudio;
  /** Draws a running clock (local time). */
  readonly clock?: boolean;
  /** Picture: moving test card, or one colour (e.g. "red") to tell publishers apart. */
  readonly picture?: string;
  /** Claps: a corner that flashes and a beep with it, each 50 ms long, once a second (clap.ts measures them). */
  readonly clap?: boolean;
  /** Pictures that are sent in another order than shown (B-frames) between two others; 0 when left out. */
  readonly bFrames?: number;
  /** Stops by itself after so many seconds. */
  readonly seconds?: number;
  /** Ctrl-C in the terminal does not reach it: whoever started it ends it. */
  readonly detached?: boolean;
}

/** A running publisher. */
export interface Publisher {
  /** Ends it politely, as OBS does: the server sees a goodbye. */
  stop(): Promise<void>;
  /** Kills it: the server sees nothing, or a reset. */
  kill(): Promise<void>;
  /** Exit code once it has ended; a refused publisher ends by itself. */
  readonly exited: Promise<number>;
  readonly running: boolean;
  /** Stops it where it stands: connections stay open and nothing comes any more. Only a kill ends it then. */
  freeze(): Promise<void>;
  /** What it printed so far. */
  log(): string;
}

const FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";

/** FFmpeg's arguments (pure), for one publisher. */
export function ffmpegPublishArgs(o: PublishOptions): string[] {
  const w = o.width ?? 640, h = o.height ?? 360, fps = o.fps ?? 30, kbps = o.bitrateKbps ?? Math.max(300, Math.round((w * h * fps) / 10_000));
  const audio = o.audio ?? "aac", gop = Math.round((o.keyframeSeconds ?? 1) * fps);
  const args = ["-hide_banner", "-nostdin", "-loglevel", "warning"];
  const clock = o.clock ?? true;
  if (audio !== "only") {
    const source = o.picture ? `color=c=${o.picture}:s=${w}x${h}:r=${fps}` : `testsrc2=s=${w}x${h}:r=${fps}`;
    const flash = o.clap ? `,drawbox=0:0:iw/4:ih/4:black:fill,drawbox=0:0:iw/4:ih/4:white:fill:enable=lt(mod(t\\,1)\\,0.05)` : "";
    const text = clock ? `,drawtext=fontfile=${FONT}:text='%{localtime\\:%T}':x=(w-tw)/2:y=h-2*th:fontsize=h/10:fontcolor=white:box=1:boxcolor=black` : "";
    args.push("-re", "-f", "lavfi", "-i", `${source}${flash}${text}`);
  }
  const rate = audio === "mono44" ? 44_100 : 48_000;
  if (audio !== "none") args.push("-re", "-f", "lavfi", "-i", o.clap ? `aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.05):s=${rate}` : `sine=f=440:r=${rate}:b=2`);
  if (o.seconds) args.push("-t", String(o.seconds));
  if (audio !== "only") {
    args.push("-c:v", "libx264", "-preset", "ultrafast", ...(o.bFrames ? ["-bf", String(o.bFrames), "-x264-params", "b-adapt=0"] : ["-tune", "zerolatency"]), "-pix_fmt", "yuv420p", "-profile:v", "main", "-threads", "1",
      "-g", String(gop), "-keyint_min", String(gop), "-sc_threshold", "0", "-b:v", `${kbps}k`, "-maxrate", `${kbps}k`, "-bufsize", `${kbps}k`);
  }
  if (audio !== "none") args.push("-c:a", "aac", "-b:a", "96k", "-ac", audio === "mono44" ? "1" : "2", "-ar", String(rate));
  const format = { rtmp: ["-f", "flv"], rtmps: ["-f", "flv"], srt: ["-f", "mpegts"], rtsp: ["-f", "rtsp", "-rtsp_transport", "tcp"], whip: [] }[o.via];
  return [...args, ...format, o.url];
}

/** Starts a publisher. It does not wait until the server has accepted it: see {@link Publisher.exited} and the server. */
export async function publish(o: PublishOptions): Promise<Publisher> {
  if (o.via === "whip") return publishWhip(o);
  const name = testName(`pub-${o.via}`);
  const child = spawn("docker", runArgs(name, o, ["--init", "--entrypoint", "ffmpeg"]).concat(ffmpegPublishArgs(o)), { stdio: ["ignore", "pipe", "pipe"], detached: o.detached ?? false });
  let text = "", running = true;
  const keep = (b: Buffer): void => { text = (text + b.toString()).slice(-20_000); };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const exited = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => { running = false; resolve(code ?? 137); });
  });
  exited.catch(() => undefined);
  // The client returns long before the container runs: a kill must find it.
  const started = (async () => {
    for (let i = 0; running && i < 200; i++) {
      if ((await run("docker", ["inspect", "-f", "{{.State.Running}}", name])).stdout.trim() === "true") return;
      await new Promise((r) => setTimeout(r, 50));
    }
  })();
  const end = async (signal: string): Promise<void> => {
    await started;
    // A frozen container takes no signal before it is thawed, not even SIGKILL.
    if (running && signal === "KILL") await docker(["rm", "--force", name]).catch(() => undefined);
    else if (running) await docker(["kill", "--signal", signal, name]).catch(() => undefined);
    await exited;
  };
  await started;
  return {
    freeze: async () => { await started; await docker(["pause", name]); },
    stop: async () => {
      const force = setTimeout(() => void end("KILL"), 8000);
      await end("INT");
      clearTimeout(force);
    },
    kill: () => end("KILL"),
    exited,
    get running() { return running; },
    log: () => text,
  };
}
