/** Runs one command in its own process group, streaming its lines and keeping its output. */
import { spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { PluginError } from "../resource.ts";

/** Time between the request to end and the kill, at a cancellation, in ms. */
const GRACE_MS = 2000;
/** How much of a failed command's output its error quotes, in characters. */
const TAIL = 4000;

export interface Command {
  /** Program and arguments, the command's text last. */
  readonly args: readonly string[];
  readonly dir: string;
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: string;
  readonly signal: AbortSignal;
  /** Called with each whole line, without its line end. */
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
  /** Name in error messages; the text itself may be secret. */
  readonly title: string;
  /** Texts that must not show in an error. */
  readonly hide: readonly string[];
}

export interface CommandOutput { readonly stdout: string; readonly stderr: string }

/** Resolves with what the command wrote; throws a {@link PluginError} when it fails, cannot start or is cancelled. */
export async function runCommand(command: Command): Promise<CommandOutput> {
  if (command.signal.aborted) throw new PluginError(`cancelled before ${command.title} began; nothing was run`);
  const [program = "", ...args] = command.args;
  const outcome = await new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string; both: string }>((resolve, reject) => {
    // A group of its own: a terminal's Ctrl-C does not reach it behind our back, and a kill reaches all it started.
    const child = spawn(program, args, { cwd: command.dir, env: { ...command.env }, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const text = { stdout: "", stderr: "", both: "" };
    const flushes: (() => void)[] = [];
    for (const stream of ["stdout", "stderr"] as const) {
      const decoder = new StringDecoder("utf8");
      let rest = "";
      child[stream].on("data", (chunk: Buffer) => {
        const piece = decoder.write(chunk);
        text[stream] += piece;
        text.both += piece;
        const lines = (rest + piece).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) command.onLine(stream, line);
      });
      flushes.push(() => { if (rest !== "") command.onLine(stream, rest); });
    }
    // A command may end without reading its input: that is its right, not a failure.
    child.stdin.on("error", () => undefined);
    child.stdin.end(command.stdin);

    let killer: NodeJS.Timeout | undefined;
    const kill = (how: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, how);
      } catch { /* the group has ended already */ }
    };
    const cancel = (): void => {
      kill("SIGTERM");
      killer = setTimeout(() => kill("SIGKILL"), GRACE_MS);
    };
    command.signal.addEventListener("abort", cancel, { once: true });
    const done = (): void => {
      clearTimeout(killer);
      command.signal.removeEventListener("abort", cancel);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      done();
      reject(startError(error, program, command));
    });
    child.on("close", (code, signal) => {
      done();
      for (const flush of flushes) flush();
      resolve({ code, signal, ...text });
    });
  });
  if (command.signal.aborted) throw new PluginError(`cancelled while ${command.title} ran; it was stopped`);
  if (outcome.code !== 0) {
    const how = outcome.code === null ? `was killed by ${String(outcome.signal)}` : `failed with exit status ${outcome.code}`;
    const said = outcome.stderr.trim() === "" ? outcome.both : outcome.stderr;
    throw new PluginError(`${command.title} ${how}:\n${redact(said.trimEnd().slice(-TAIL), command.hide)}`.trimEnd());
  }
  return { stdout: outcome.stdout.replace(/\n$/, ""), stderr: outcome.stderr.replace(/\n$/, "") };
}

function startError(error: NodeJS.ErrnoException, program: string, command: Command): PluginError {
  if (error.code === "E2BIG") return new PluginError(`${command.title} could not start: its environment and arguments are too large. Set addPreviousOutputInEnv: false, or pass the data through stdin.`);
  // Node says ENOENT for a missing folder as well as for a missing program.
  if (error.code === "ENOENT") return new PluginError(`${command.title} could not start: either the program ${program} or the folder ${command.dir} does not exist`);
  return new PluginError(`${command.title} could not start: ${error.message}`);
}

/** The text with every secret in it covered. */
export function redact(text: string, hide: readonly string[]): string {
  return hide.filter((secret) => secret.length >= 4).reduce((out, secret) => out.split(secret).join("[secret]"), text);
}
