/** How each fault is made, and undone. All inside containers of the rehearsed stack, or to publishers of the rehearsal. */
import type { Plan } from "../../infra/plan/model.ts";
import { containerExec, docker } from "../live/docker.ts";
import { settableClock } from "../live/faketime.ts";
import { sleep, waitFor } from "../live/wait.ts";
import { slowLine } from "./delay.ts";
import type { Action, Impairment } from "./model.ts";
import { fillRecordings } from "./small-disk.ts";
import { RUN } from "../../infra/render/paths.ts";
import type { Probes } from "./probe.ts";
import type { RehearsalPublisher } from "./publishers.ts";

/** Name of the nftables table with a rehearsal's rules; hostd's own is "headend". */
const TABLE = "inet headend_rehearsal";
/** Until probes have seen that what was killed is gone. */
const RESTART_MS = 4000;
const FILLER = `${RUN}/rehearsal-filler`;

export interface Scene {
  readonly plan: Plan;
  readonly container: (host: string) => string;
  readonly probes: Probes;
  readonly publisher: (stream: string, publisher: string) => RehearsalPublisher;
  readonly recordings: string;
  readonly edit: () => Promise<Injected>;
  readonly rotate: (stream: string, publisher: string) => Promise<Injected>;
}

/** A fault that was made. */
export interface Injected { readonly undo: () => Promise<void>; /** What it did exactly. */ readonly note: string; /** When it took effect, ms since the epoch, where that is known better than "when it was asked for". */ readonly at?: number; /** Publishers that it cut off, where that is not what it is for. */ readonly dropped?: readonly string[] }
type Of<K extends Action["kind"]> = Extract<Action, { kind: K }>;

const done = async (): Promise<void> => undefined;

/** Makes a fault. The result undoes it. @throws Error when it cannot be made: then nothing was done */
export async function inject(action: Action, scene: Scene): Promise<Injected> {
  switch (action.kind) {
    case "process": return ofProcess(action, scene);
    case "host": return ofHost(action, scene);
    case "publisher": return ofPublisher(action, scene);
    case "network": return ofNetwork(action, scene);
    case "disk": return ofDisk(action, scene);
    case "edit": return scene.edit();
    case "rotate": return scene.rotate(action.stream, action.publisher);
    case "wait": return { undo: done, note: "" };
    case "delay": return ofDelay(action, scene);
    case "clock": return ofClock(action, scene);
  }
}

async function exec(container: string, argv: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await containerExec(container, argv, { timeoutMs: 20_000, ...(input === undefined ? {} : { input }) });
  if (code !== 0) throw new Error(`${argv[0]} in ${container}: ${(stderr || stdout).trim().slice(0, 300)}`);
  return stdout;
}

/** Process id, inside its container, of what is to be hit. */
function pidOf({ host, process: name, stream }: Of<"process">, probes: Probes): number {
  const look = probes.look(host);
  const pid = name === "ffmpeg" ? look?.streams?.find((s) => stream === null || s.name === stream)?.pid : look?.services?.find((s) => s.name === name)?.pid;
  if (!pid) throw new Error(`${name} does not run on ${host}`);
  return pid;
}

async function ofProcess(action: Of<"process">, scene: Scene): Promise<Injected> {
  const container = scene.container(action.host);
  // A master's workers are frozen with it; when it is killed they must not live on either, as with a machine that runs out of memory.
  const signal = action.how === "kill" ? "KILL" : "STOP";
  const script = action.process === "hostd"
    ? `p=$(node -p 'JSON.parse(require("fs").readFileSync("${RUN}/status.json","utf8")).pid'); date +%s%3N; kill -${signal} $p && echo $p`
    : `p=${pidOf(action, scene.probes)}; all="$p"; more="$p"; while [ -n "$more" ]; do next=""; for q in $more; do next="$next $(cat /proc/$q/task/*/children 2>/dev/null)"; done; more=$(echo $next); all="$all $more"; done; ${action.process === "agent" ? 'all="$p"' : ":"}; date +%s%3N; kill -${signal} $all 2>/dev/null; echo $all`;
  const [at = "", ...pids] = (await exec(container, ["sh", "-c", script])).trim().split(/\s+/).filter(Boolean);
  return {
    at: Number(at),
    note: `kill -${signal} ${pids.join(" ")}`,
    undo: action.how === "kill" ? done : async () => { await containerExec(container, ["sh", "-c", `kill -CONT ${pids.join(" ")} 2>/dev/null; true`]); },
  };
}

async function ofHost({ host, how }: Of<"host">, scene: Scene): Promise<Injected> {
  const container = scene.container(host);
  if (how === "freeze") {
    await docker(["pause", container]);
    return { note: "docker pause", undo: async () => { await docker(["unpause", container]); } };
  }
  await docker(["kill", container]);
  return { note: "docker kill", undo: async () => { await docker(["start", container]); } };
}

async function ofPublisher({ stream, publisher, how, back }: Of<"publisher">, scene: Scene): Promise<Injected> {
  const sim = scene.publisher(stream, publisher);
  await sim.leave(how);
  return { note: how, undo: () => sim.back(back) };
}

async function ofNetwork(action: Of<"network">, scene: Scene): Promise<Injected> {
  const { from, to } = action.line;
  const inside = from === "publishers" || from === "viewers" ? to : from;
  const container = scene.container(inside);
  const matches = inside === to ? portMatches(scene.plan, to) : await addressMatches(scene.container(to));
  const rules = matches.map(({ incoming, outgoing }) => ({ incoming: impair(action.does, incoming), outgoing: impair(action.does, outgoing) }));
  const ruleset = `table ${TABLE} {\n chain in { type filter hook input priority -200; policy accept;\n${rules.map((r) => `  ${r.incoming}`).join("\n")}\n }\n`
    + ` chain out { type filter hook output priority -200; policy accept;\n${rules.map((r) => `  ${r.outgoing}`).join("\n")}\n }\n}\n`;
  await exec(container, ["nft", "-f", "-"], ruleset);
  return { note: `nft in ${inside}`, undo: async () => { await containerExec(container, ["nft", "delete", "table", ...TABLE.split(" ")]); } };
}

async function ofDelay({ line, ms }: Of<"delay">, scene: Scene): Promise<Injected> {
  const host = scene.plan.hosts.find((h) => h.name === line.to);
  if (!host) throw new Error(`no host ${line.to}`);
  return { note: `a bridge in ${line.from} holds every byte back for ${ms} ms`, undo: await slowLine(scene.container(line.from), { host, container: scene.container(line.to) }, ms) };
}

/** Packets to and from one other host, on every network that they share. */
async function addressMatches(container: string): Promise<{ readonly incoming: string; readonly outgoing: string }[]> {
  const addresses = (await docker(["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", container])).trim().split(/\s+/).filter(Boolean);
  return addresses.map((a) => ({ incoming: `ip saddr ${a}`, outgoing: `ip daddr ${a}` }));
}

/** Packets of a host's public ports: what publishers or viewers send and get. */
function portMatches(plan: Plan, host: string): { readonly incoming: string; readonly outgoing: string }[] {
  const listeners = plan.hosts.find((h) => h.name === host)?.listeners.filter((l) => l.plane === "ingest" || l.plane === "edge") ?? [];
  return listeners.map((l) => ({ incoming: `${l.transport} dport ${l.port}`, outgoing: `${l.transport} sport ${l.port}` }));
}

function impair(does: Impairment, match: string): string {
  switch (does.kind) {
    case "blackhole": return `${match} drop`;
    case "loss": return `${match} numgen random mod 1000 < ${Math.round(does.percent * 10)} drop`;
    case "rate": return `${match} limit rate over ${Math.max(1, Math.round(does.kbps / 8))} kbytes/second drop`;
  }
}

/** FFmpeg and agent are started again under a clock that can be set; once they are well again it jumps. */
async function ofClock({ host, seconds }: Of<"clock">, scene: Scene): Promise<Injected> {
  const clock = await settableClock(scene.container(host));
  const well = (): boolean => { const { streams } = scene.probes.look(host) ?? {}; return streams !== undefined && streams !== null && streams.every((s) => s.healthy); };
  const pids = [...scene.probes.look(host)?.streams?.map((s) => s.pid) ?? [], scene.probes.look(host)?.services?.find((s) => s.name === "agent")?.pid];
  await exec(scene.container(host), ["sh", "-c", `kill -KILL ${pids.filter(Boolean).join(" ")}`]);
  await sleep(RESTART_MS);
  await waitFor(async () => well(), { what: `${host} to be well under a clock of its own`, timeoutMs: 30_000 });
  const at = Date.now();
  await clock.step(seconds);
  return { at, note: `${host} runs under libfaketime`, undo: async () => { await clock.step(0); await clock.undo(); } };
}

async function ofDisk({ host, what }: Of<"disk">, scene: Scene): Promise<Injected> {
  if (what === "recordings") return { note: "the disk was filled", undo: await fillRecordings(scene.recordings, host) };
  const container = scene.container(host);
  // A cache writes meanwhile: what was free when it was asked may be gone, so the rest is filled until nothing more goes in.
  await exec(container, ["sh", "-c", `fallocate -l $(df -B1 --output=avail ${RUN} | tail -1) ${FILLER} 2>/dev/null; dd if=/dev/zero of=${FILLER} bs=64k oflag=append conv=notrunc 2>/dev/null; test $(df -B1 --output=avail ${RUN} | tail -1) -lt 1000000`]);
  return { note: `${RUN} filled`, undo: async () => { await containerExec(container, ["rm", "-f", FILLER]); } };
}
