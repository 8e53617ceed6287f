import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";

/** Marks FFmpeg processes in their environment, so that a later agent finds those that a killed one left behind. */
const MARK = "HEADEND_AGENT";
const SETPRIV = "/usr/bin/setpriv";

export interface Child {
  readonly pid: number;
  /** Writes to its standard input; what comes after its end is lost. */
  tell(text: string): void;
  kill(): void;
}

export interface ChildOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly workDir: string;
  /** It takes commands (`c`, see sync.ts). */
  readonly interactive?: boolean;
  readonly onStdout: (line: string) => void;
  readonly onStderr: (line: string) => void;
  /** `code` is null when a signal ended it or it could not be started. */
  readonly onExit: (code: number | null, reason: string) => void;
}

/**
 * Starts FFmpeg in the agent's own process group. It ends with the agent even when that is SIGKILLed (parent-death signal, where
 * util-linux's setpriv exists). It is always ended by SIGKILL: a flush on SIGTERM would write a short segment.
 */
export function startFfmpeg(options: ChildOptions): Child {
  const wrapped = existsSync(SETPRIV);
  const argv = wrapped ? ["--pdeathsig", "KILL", "--", "ffmpeg", ...options.args] : [...options.args];
  const child: ChildProcess = spawn(wrapped ? SETPRIV : "ffmpeg", argv, {
    cwd: options.cwd, stdio: [options.interactive ? "pipe" : "ignore", "pipe", "pipe"], env: { ...process.env, [MARK]: options.workDir },
  });
  let done = false;
  const finish = (code: number | null, reason: string): void => { if (!done) { done = true; options.onExit(code, reason); } };
  child.stdin?.on("error", () => undefined);
  if (child.stdout) createInterface({ input: child.stdout }).on("line", options.onStdout);
  if (child.stderr) createInterface({ input: child.stderr }).on("line", options.onStderr);
  child.on("error", (error) => finish(null, `could not be started: ${error.message}`));
  child.on("exit", (code, signal) => finish(code, signal === null ? `exit code ${code}` : `signal ${signal}`));
  return { pid: child.pid ?? -1, tell: (text) => { child.stdin?.write(text); }, kill: () => { child.kill("SIGKILL"); } };
}

/** Kills FFmpeg processes that an earlier agent with the same work folder left behind. Returns how many. */
export function killOrphans(workDir: string): number {
  let killed = 0;
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const program = readlinkSync(`/proc/${pid}/exe`);
      if (!/\/(ffmpeg|setpriv)[^/]*$/.test(program)) continue;
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${MARK}=${workDir}`)) continue;
      process.kill(pid, "SIGKILL");
      killed += 1;
    } catch { /* it ended meanwhile, or is not ours to read */ }
  }
  return killed;
}
