import { fillArguments, segmentAt } from "../../../infra/agent/grid.ts";
import { ffmpegArgs } from "../../../infra/render/ffmpeg.ts";
import { RELAY_API_PORT, RELAY_RTMP_PORT } from "../../../infra/render/paths.ts";
import type { StreamPlan } from "../../../infra/plan/model.ts";
import { run, tail } from "../../setup/process.ts";

/** Everything that a calibration makes in Docker carries this label. */
const LABEL = "headend.bench=calibrate";
const FOLDER = "/run/headend/lab";
/** From the start of FFmpeg until its threads and the relay are in step. */
const WARM_UP_MS = 3_000;

/**
 * What the picture shows. x264's work depends on it: `camera` moves everywhere and has noise, as stages and sports do;
 * `testPicture` is that of `headend demo`, of which much stands still.
 */
export type Content = "camera" | "testPicture";
const CONTENT: Readonly<Record<Content, (size: string, fps: number) => string>> = {
  camera: (size, fps) => `mandelbrot=s=${size}:rate=${fps}:maxiter=300:end_scale=0.02,noise=alls=6:allf=t`,
  testPicture: (size, fps) => `testsrc2=s=${size}:r=${fps}`,
};
/** Times that each of two clients fetches a segment of 640 kB. */
const TLS_REQUESTS = 1500;

/** What one FFmpeg took while a stream was live. */
export interface Sample {
  /** CPU seconds (user and system) per second, i.e. busy cores. */
  readonly cores: number;
  /** Pictures a second that it made; below the stream's own, the machine could not keep up and `cores` is too low. */
  readonly fps: number;
}

/**
 * A container of the host image without a network: a relay, a publisher that only copies a picture encoded before, and the
 * FFmpeg command that the agent runs. What is measured is that one process, as on a transcoder.
 */
export class Lab {
  private readonly pictures = new Map<string, string>();

  private constructor(private readonly container: string, private readonly hertz: number) {}

  /** @throws Error with Docker's words when the container cannot be started */
  static async open(image: string): Promise<Lab> {
    const name = `headend-calibrate-${process.pid}`;
    await docker(["run", "-d", "--rm", "--name", name, "--label", LABEL, "--network", "none", "--init", "--tmpfs", "/run/headend:rw,exec,size=1g,mode=0777", "--entrypoint", "sleep", image, "3600"]);
    const lab = new Lab(name, Number(await docker(["exec", name, "getconf", "CLK_TCK"])));
    await lab.shell(`mkdir -p ${FOLDER}; cat > ${FOLDER}/relay.yml`, `logLevel: warn\napi: true\napiAddress: 127.0.0.1:${RELAY_API_PORT}\nrtsp: false\nrtmp: true\nrtmpAddress: 127.0.0.1:${RELAY_RTMP_PORT}\nhls: false\nwebrtc: false\nsrt: false\nmoq: false\npaths: { all_others: {} }\n`);
    await lab.shell(`/usr/local/bin/mediamtx ${FOLDER}/relay.yml > ${FOLDER}/relay.log 2>&1 & sleep 1`);
    return lab;
  }

  async close(): Promise<void> {
    await run(["docker", "rm", "-f", "-v", this.container]);
  }

  /** Runs a stream's FFmpeg for some seconds. @throws Error with FFmpeg's words when it ends early */
  async measure(stream: StreamPlan, content: Content, seconds: number): Promise<Sample> {
    const picture = await this.picture(stream.source, content);
    const work = `${FOLDER}/run`;
    const args = fillArguments(ffmpegArgs(stream).join("\n"), segmentAt(Date.now() / 1000, stream.segmentSeconds), stream.segmentSeconds, work);
    const folders = [...stream.renditions.map((r) => r.dir), stream.audio.dir].map((dir) => `${work}/${dir}`).join(" ");
    await this.shell(`rm -rf ${work}; mkdir -p ${folders}; cd ${work}
ffmpeg -nostdin -loglevel error -re -stream_loop -1 -i ${picture} -c copy -f flv rtmp://127.0.0.1:${RELAY_RTMP_PORT}/air/${stream.name} > publisher.log 2>&1 & echo $! > publisher
n=0; until curl -s http://127.0.0.1:${RELAY_API_PORT}/v3/paths/get/air/${stream.name} | grep -qE '"(ready|online)":true' || [ $n -ge 100 ]; do sleep 0.1; n=$((n + 1)); done`);
    try {
      await docker(["exec", "-d", "-w", work, this.container, "sh", "-c", 'echo $$ > pid; exec ffmpeg "$@" > progress 2> errors', "sh", ...args]);
      await sleep(WARM_UP_MS);
      const before = await this.look(work);
      await sleep(seconds * 1000);
      const after = await this.look(work);
      const span = after.at - before.at;
      return { cores: (after.ticks - before.ticks) / this.hertz / span, fps: (after.frame - before.frame) / span };
    } finally {
      await this.shell(`kill -9 $(cat ${work}/pid) $(cat ${work}/publisher) 2>/dev/null; true`);
    }
  }

  /** A picture encoded once as publishers encode: 20 s that are repeated. */
  private async picture({ width, height, fps, bitrateKbps }: StreamPlan["source"], content: Content): Promise<string> {
    const key = `${content}-${width}x${height}-${fps}-${bitrateKbps}`;
    const known = this.pictures.get(key);
    if (known !== undefined) return known;
    const file = `${FOLDER}/${key}.mp4`;
    const gop = String(Math.round(fps * 2));
    await this.shell(`ffmpeg -nostdin -loglevel error -y -f lavfi -i ${CONTENT[content](`${width}x${height}`, fps)},format=yuv420p -f lavfi -i sine=f=440:r=48000 -t 20 \
-c:v libx264 -preset ultrafast -tune zerolatency -g ${gop} -keyint_min ${gop} -sc_threshold 0 -b:v ${bitrateKbps}k -maxrate ${bitrateKbps}k -bufsize ${bitrateKbps}k \
-c:a aac -b:a 128k -ac 2 ${file}`);
    this.pictures.set(key, file);
    return file;
  }

  /**
   * Megabits that one core of nginx sends over TLS: its CPU time while curl fetches segments from memory through loopback, with
   * the ciphers' defaults. The clients' own time is not counted.
   */
  async tlsMbpsPerCore(): Promise<number> {
    const work = `${FOLDER}/tls`;
    await this.shell(`mkdir -p ${work}; cat > ${work}/nginx.conf`, `user root; daemon off; pid ${work}/pid; worker_processes 1; error_log ${work}/error.log;
events {} http { access_log off; sendfile on; server { listen 127.0.0.1:8443 ssl; http2 on; root ${work}; ssl_certificate ${work}/crt; ssl_certificate_key ${work}/key; } }\n`);
    await this.shell(`cd ${work}; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out crt -subj /CN=localhost -days 2 2>/dev/null
head -c 640000 /dev/urandom > 0.m4s; nginx -p ${work} -c ${work}/nginx.conf > out 2>&1 & sleep 1`);
    const look = async (): Promise<number> => {
      const stats = await this.shell("grep -l '^nginx$' /proc/[0-9]*/comm 2>/dev/null | sed 's/comm$/stat/' | xargs cat");
      return stats.trim().split("\n").map(busyTicks).reduce((a, b) => a + b, 0);
    };
    const before = await look();
    // Each curl asks for the segment again and again on one connection, as players do.
    const told = await this.shell(`for i in 1 2; do (curl -sfk $(yes -- "-o /dev/null https://127.0.0.1:8443/0.m4s" | head -${TLS_REQUESTS}) && echo served) & done; wait`);
    const ticks = await look() - before;
    await this.shell(`kill $(cat ${work}/pid); true`);
    if (told.split("served").length !== 3 || ticks <= 0) throw new Error("nginx did not serve what it was asked for.");
    const sent = 2 * TLS_REQUESTS * 640_000;
    return (sent * 8) / 1e6 / (ticks / this.hertz);
  }

  /** CPU time so far and the newest picture's number, at the moment in which FFmpeg tells it: it does so once a second. */
  private async look(work: string): Promise<{ ticks: number; frame: number; at: number }> {
    const text = await this.shell(`newest() { tail -c 400 ${work}/progress | grep ^frame= | tail -1; }
before=$(newest); n=0; while [ "$(newest)" = "$before" ] && [ $n -lt 150 ]; do sleep 0.02; n=$((n + 1)); done
cat /proc/$(cat ${work}/pid)/stat && cut -d' ' -f1 /proc/uptime && newest`).catch(async () => {
      throw new Error(`FFmpeg ended while it was measured: ${(await this.shell(`tail -n 3 ${work}/errors ${work}/publisher.log`)).trim()}`);
    });
    const [stat = "", uptime = "0", frame = ""] = text.trim().split("\n");
    return { ticks: busyTicks(stat), frame: Number(frame.replace("frame=", "")), at: Number(uptime) };
  }

  private shell(script: string, input?: string): Promise<string> {
    return docker(["exec", ...(input === undefined ? [] : ["-i"]), this.container, "sh", "-c", script], input);
  }
}

/** User and system time of a line of /proc/PID/stat (proc(5): fields 14 and 15, counted after the name, which may hold blanks). */
function busyTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  return (fields[11] ?? 0) + (fields[12] ?? 0);
}

async function docker(args: readonly string[], input?: string): Promise<string> {
  const result = await run(["docker", ...args], { timeoutMs: 120_000, ...(input === undefined ? {} : { input }) });
  if (result.code !== 0) throw new Error(`docker ${args[0]}: ${tail(result, 3)}`);
  return result.stdout;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
