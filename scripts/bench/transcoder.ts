import { fillArguments, segmentAt } from "../../infra/agent/grid.ts";
import { AGENT_PORT, ETC, RUN } from "../../infra/render/paths.ts";
import { containerExec, docker } from "../live/docker.ts";
import { publish } from "../live/publish.ts";
import { onAir } from "../../test/e2e/lib/status.ts";
import { sleep } from "../live/wait.ts";
import type { Measure } from "./lib/result.ts";
import { BenchStack, SMALL } from "./lib/stack.ts";
import { median, samples } from "./lib/stats.ts";

/** What the agent may cost on top of FFmpeg. */
const ALLOWED = 1.05;
const WINDOWS = 6;
const WINDOW_MS = 10_000;
const SEGMENT_S = 2;
const FOLDER = `${RUN}/bench`;

/** User and system ticks of a process, and of its children that have ended. */
interface Ticks { readonly own: number; readonly children: number }

/**
 * CPU time of the agent and its FFmpeg against the same FFmpeg command started by hand beside it: same container, same relay path,
 * same windows of time, so that whatever else the machine does hits both.
 */
export const measureTranscoder: Measure = async (bench) => {
  const stack = new BenchStack(bench, { name: "bench-tx", topology: SMALL });
  bench.say("transcoder: making the stack");
  await stack.init();
  await stack.up();
  const publisher = await publish({ via: "srt", url: await stack.ingestUrl("main", "studio", "srt"), width: 640, height: 360, bitrateKbps: 1000, keyframeSeconds: 2 });
  const stop = bench.onEnd(() => publisher.kill());
  await onAir(stack, "main", "studio");
  const host = stack.container("tx-home-1");
  const agent = await agentPids(host);
  const bare = await startBare(host);
  bench.say("transcoder: warming up");
  await sleep(14_000);   // an agent looks more often in the first ten seconds after somebody came

  const hertz = Number((await docker(["exec", host, "getconf", "CLK_TCK"])).trim());
  const ours: number[] = [], theirs: number[] = [], node: number[] = [];
  for (let i = 0; i < WINDOWS; i++) {
    bench.say(`transcoder: window ${i + 1} of ${WINDOWS}`);
    const pids = [agent.agent, agent.ffmpeg, bare];
    const [before, start] = [await ticks(host, pids), performance.now()];
    await sleep(WINDOW_MS);
    const [after, seconds] = [await ticks(host, pids), (performance.now() - start) / 1000];
    const spent = (pid: number): number => {
      const [a, b] = [before.get(pid), after.get(pid)];
      if (!a || !b) throw new Error("An FFmpeg ended while it was measured: the figures would mean nothing. Run it again.");
      return (b.own + b.children - a.own - a.children) / hertz / seconds;
    };
    node.push(spent(agent.agent));
    ours.push(spent(agent.agent) + spent(agent.ffmpeg));
    theirs.push(spent(bare));
  }
  await stop();
  await stack.remove();

  const ratio = median(ours.map((value, i) => value / (theirs[i] as number)));
  return [{
    name: "transcoder CPU", value: median(ours), unit: "CPU s per media s", limit: median(theirs) * ALLOWED, ratio, ok: ratio <= ALLOWED,
    how: `user and system time of the agent (with its probes) and its FFmpeg, against the bare FFmpeg command with the same arguments beside it in the same container, reading the same relay path; 640x360 at 30 fps from a publisher, renditions of 360 and 180 lines; ${WINDOWS} windows of ${WINDOW_MS / 1000} s, both in the same window; the ratio is the median of the windows' ratios`,
    details: [`agent alone: ${samples(node, "CPU s per media s")}`, `agent and its FFmpeg: ${samples(ours, "CPU s per media s")}`, `bare FFmpeg: ${samples(theirs, "CPU s per media s")}`],
  }];
};

async function agentPids(host: string): Promise<{ agent: number; ffmpeg: number }> {
  const { streams } = JSON.parse(await docker(["exec", host, "curl", "-fsS", `http://127.0.0.1:${AGENT_PORT}/status`])) as { streams: { ffmpeg: { pid: number } }[] };
  const ffmpeg = streams[0]?.ffmpeg.pid;
  if (!ffmpeg) throw new Error("The agent runs no FFmpeg.");
  const parent = /^PPid:\s+(\d+)$/m.exec(await docker(["exec", host, "cat", `/proc/${ffmpeg}/status`]))?.[1];
  return { agent: Number(parent), ffmpeg };
}

/** Starts the command that the agent runs, in a folder of its own on the same tmpfs. @returns its process number in the host */
async function startBare(host: string): Promise<number> {
  const text = await docker(["exec", host, "cat", `${ETC}/ffmpeg/main.args`]);
  const args = fillArguments(text, segmentAt(Date.now() / 1000, SEGMENT_S), SEGMENT_S, FOLDER);
  const folders = [...new Set([...text.matchAll(/name:([\w-]+)/g), ...text.matchAll(/\{RUN\}\/([\w-]+)\//g)].map((m) => `${FOLDER}/${m[1]}`))];
  await docker(["exec", host, "mkdir", "-p", ...folders]);
  // The agent's own niceness and environment do not matter to CPU time; its input and output do, and are the same.
  await docker(["exec", "-d", "-w", FOLDER, host, "sh", "-c", 'echo $$ > pid; exec ffmpeg "$@" > progress 2> errors', "sh", ...args]);
  await sleep(2_000);
  const pid = Number((await docker(["exec", host, "cat", `${FOLDER}/pid`])).trim());
  const { code } = await containerExec(host, ["test", "-d", `/proc/${pid}`]);
  if (code !== 0) throw new Error(`The bare FFmpeg ended: ${(await docker(["exec", host, "tail", "-3", `${FOLDER}/errors`])).trim()}`);
  return pid;
}

/** proc(5), /proc/PID/stat: fields 14 to 17 are utime, stime, cutime, cstime; counted after the name, which may hold blanks. */
async function ticks(host: string, pids: readonly number[]): Promise<Map<number, Ticks>> {
  const { stdout } = await containerExec(host, ["cat", ...pids.map((pid) => `/proc/${pid}/stat`)]);
  return new Map(stdout.trim().split("\n").map((line) => {
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ").map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return [Number.parseInt(line, 10), { own: utime + stime, children: cutime + cstime }];
  }));
}
