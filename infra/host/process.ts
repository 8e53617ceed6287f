/** Child processes: each in a group of its own, so that nothing it started survives it. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Clock } from "./clock.ts";
import { lineSplitter, RecentLines } from "./log.ts";
import type { UserIds } from "./users.ts";

export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ids: UserIds | null;
}

/** How a process ended, in words: "exit code 1", "signal SIGKILL", "cannot start: …". */
export type ExitReason = string;

export interface Child {
  /** Null when it could not be started. */
  readonly pid: number | null;
  /** Resolves once, when the process has ended and its last output was read. */
  readonly ended: Promise<ExitReason>;
  /** Signals the process only. */
  signal(signal: NodeJS.Signals): void;
  /** Signals the process and everything it started. */
  signalAll(signal: NodeJS.Signals): void;
}

export type Spawn = (launch: Launch, onLine: (line: string) => void) => Child;

/** Marks what a process started, also when it left the process group (a program that makes its own groups). */
const MARK = "HEADEND_INSTANCE";
let instances = 0;

/** Starts a program in its own process group. Never throws: a program that cannot start ends at once with the reason. */
export const spawnGroup: Spawn = (launch, onLine) => {
  const mark = `${process.pid}.${++instances}`;
  const [program = "", ...args] = launch.argv;
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...launch.env, [MARK]: mark },
    cwd: "/",
    ...(launch.ids ?? {}),
  });
  const splitters = [child.stdout, child.stderr].map((stream) => {
    const lines = lineSplitter(onLine);
    stream?.setEncoding("utf8");
    stream?.on("data", (chunk: string) => lines.push(chunk));
    stream?.on("error", () => {});
    return lines;
  });
  const kill = (pid: number, signal: NodeJS.Signals): void => {
    try { process.kill(pid, signal); } catch { /* already gone */ }
  };
  const killMarked = (signal: NodeJS.Signals): void => {
    for (const pid of markedProcesses(mark)) kill(pid, signal);
  };
  const signalAll = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    kill(-child.pid, signal);
    killMarked(signal);
  };
  const ended = new Promise<ExitReason>((resolve) => {
    let reason: ExitReason | null = null;
    const finish = (): void => {
      if (reason === null) return;
      for (const lines of splitters) lines.end();
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(reason);
    };
    child.once("error", (error) => { reason ??= `cannot start ${program}: ${error.message}`; finish(); });
    child.once("exit", (code, signal) => {
      reason = signal === null ? `exit code ${code}` : `signal ${signal}`;
      signalAll("SIGKILL");
      // A survivor may hold the pipe open: do not wait for "close" for ever. One that was just starting has no readable mark yet, so look again.
      setTimeout(() => { killMarked("SIGKILL"); finish(); }, 200).unref();
    });
    child.once("close", finish);
  });
  return {
    pid: child.pid ?? null,
    ended,
    signal: (signal) => { if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) kill(child.pid, signal); },
    signalAll,
  };
};

function markedProcesses(mark: string): readonly number[] {
  const wanted = `${MARK}=${mark}\0`;
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((name) => {
    try { return `${readFileSync(`/proc/${name}/environ`, "utf8")}\0`.includes(wanted); } catch { return false; }
  }).map(Number);
}

/** Memory of a process in bytes, from /proc; null when it is gone. */
export function residentBytes(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch { return null; }
}

export interface RunOnce {
  readonly launch: Launch;
  /** Ended when still running after this. */
  readonly timeoutMs: number;
  /** When set, running on after this many milliseconds is success and any earlier end is a failure. */
  readonly aliveMs: number | null;
}

/** Runs a program to its end. Resolves to null when it succeeded, else to the reason with its last lines. */
export async function runOnce(spawnChild: Spawn, clock: Clock, run: RunOnce): Promise<string | null> {
  const lines = new RecentLines(20);
  const child = spawnChild(run.launch, (line) => lines.add(line));
  const limit = run.aliveMs ?? run.timeoutMs;
  const result = await new Promise<ExitReason | "late">((resolve) => {
    const timer = clock.after(limit, () => resolve("late"));
    void child.ended.then((reason) => { timer.cancel(); resolve(reason); });
  });
  if (result === "late") {
    child.signalAll("SIGKILL");
    await child.ended;
    if (run.aliveMs !== null) return null;
  } else if (run.aliveMs === null && result === "exit code 0") return null;
  const why = result === "late" ? `no answer in ${run.timeoutMs / 1000} s` : result;
  return [`${run.launch.argv[0] ?? ""}: ${why}`, ...lines.last(12).map((l) => `  ${l}`)].join("\n");
}
