import { spawn } from "node:child_process";
import { CliError } from "./errors.ts";

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  readonly timeoutMs?: number;
}

export interface RunResult { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs a program to its end and gives back what it wrote. A program that is not there throws; a bad exit code does not. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      env: options.env ?? process.env, cwd: options.cwd, stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: "SIGKILL" as const }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => { stdout += text; });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => { stderr += text; });
    child.on("error", (error: NodeJS.ErrnoException) => fail(missing(program, error)));
    child.on("close", (code, signal) => done({ code: code ?? (signal === "SIGKILL" ? 124 : 1), stdout, stderr }));
    child.stdin?.on("error", () => { /* a program may stop reading early */ });
    child.stdin?.end(options.input);
  });
}

/** A second Ctrl-C within this time is the same key press, delivered twice (by the terminal and by npm). */
const SAME_PRESS_MS = 500;

/**
 * Runs a program that talks to the user directly. Ctrl-C: a terminal sends it to the program itself, so headend only
 * waits for it to clean up; without a terminal headend passes the first one on and kills at the second.
 * @returns its exit code; 130 after Ctrl-C (a cancelled `pulumi destroy` answers 0) or when a signal ended it
 */
export function runInteractive(program: string, args: readonly string[], options: Pick<RunOptions, "env" | "cwd"> = {}): Promise<number> {
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  return new Promise((done, fail) => {
    const child = spawn(program, args, { env: options.env ?? process.env, cwd: options.cwd, stdio: "inherit", detached: !terminal });
    let presses = 0;
    let last = 0;
    const send = (signal: NodeJS.Signals): void => {
      try { process.kill(terminal ? child.pid as number : -(child.pid as number), signal); } catch { /* already gone */ }
    };
    const onInterrupt = (): void => {
      const now = Date.now();
      if (now - last < SAME_PRESS_MS) return;
      last = now;
      presses += 1;
      if (!terminal) send(presses === 1 ? "SIGINT" : "SIGKILL");
      else if (presses > 2) send("SIGKILL");
    };
    const onTerminate = (): void => send("SIGTERM");
    process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate).on("SIGHUP", onTerminate);
    const restore = (): void => { process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate).off("SIGHUP", onTerminate); };
    child.on("error", (error: NodeJS.ErrnoException) => { restore(); fail(missing(program, error)); });
    child.on("close", (code) => { restore(); done(presses > 0 ? 130 : code ?? 130); });
  });
}

function missing(program: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOENT") return error;
  return new CliError(`\`${program}\` is not installed.`, "Set it up: npx headend setup");
}

/** The last lines that a failed program wrote, for an error message. */
export function lastLines(result: Pick<RunResult, "stdout" | "stderr">, count = 6): string {
  return (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-count).join("\n");
}
