import { spawn } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Called for each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Sent to the whole process group on abort and timeout; SIGKILL follows after 5 s. */
  readonly stopSignal?: NodeJS.Signals;
}

export interface RunResult {
  /** Exit status; 127 when the program is not there, 124 after a timeout, 130 when aborted. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const KEPT = 4 * 1024 * 1024;

/**
 * Runs a program without a terminal and never throws: the caller reads the exit code. The child leads its own process group,
 * so that Ctrl-C reaches it only through `signal` and takes its children along.
 */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new RangeError("run: no program given");
  if (options.signal?.aborted) return Promise.resolve({ code: 130, stdout: "", stderr: "interrupted" });
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: options.cwd, env: { ...process.env, ...options.env }, detached: true, stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const out = { stdout: "", stderr: "" };
    let forced: number | null = null;
    let killer: NodeJS.Timeout | undefined;
    const stop = (code: number): void => {
      forced ??= code;
      killGroup(child.pid, options.stopSignal ?? "SIGTERM");
      killer ??= setTimeout(() => killGroup(child.pid, "SIGKILL"), 5000);
    };
    const onAbort = (): void => stop(130);
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => stop(124), options.timeoutMs);
    options.signal?.addEventListener("abort", onAbort);
    const finish = (code: number, extra = ""): void => {
      clearTimeout(timer);
      clearTimeout(killer);
      options.signal?.removeEventListener("abort", onAbort);
      done({ code: forced ?? code, stdout: out.stdout, stderr: out.stderr + extra });
    };
    for (const name of ["stdout", "stderr"] as const) {
      let rest = "";
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        if (out[name].length < KEPT) out[name] += text;
        if (!options.onLine) return;
        const lines = (rest + text).split(/[\r\n]+/);
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") options.onLine(line);
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => finish(error.code === "ENOENT" ? 127 : 126, `${program}: ${error.message}`));
    child.on("close", (code, signal) => finish(code ?? (signal ? 128 : 1)));
    child.stdin?.on("error", () => { /* a program may stop reading early */ });
    child.stdin?.end(options.input);
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try { process.kill(-pid, signal); } catch { /* already gone */ }
}

/** The last lines of a program's output, for an error message. */
export function tail(result: Pick<RunResult, "stdout" | "stderr">, lines = 6): string {
  const text = result.stderr.trim() === "" ? result.stdout : result.stderr;
  return text.trim().split("\n").slice(-lines).join("\n");
}
