import type { AgentStream } from "./config.ts";
import type { Log } from "./log.ts";
import { normaliseArguments, type RelayAddresses } from "./normalise.ts";
import { type Child, startFfmpeg } from "./process.ts";
import type { Verdict } from "./tracks.ts";

const RESTART_SECONDS = 0.3;

/** The one normalising FFmpeg of a stream, if any: `key` says for what it was started. */
export class Normaliser {
  private child: Child | null = null;
  key: string | null = null;
  private retryAt = 0;

  constructor(private readonly workDir: string, private readonly log: Log) {}

  get running(): boolean { return this.child !== null; }
  /** It ended by itself a moment ago, and may be started again. */
  isDue(mono: number): boolean { return this.child === null && mono >= this.retryAt; }

  start(stream: AgentStream, relay: RelayAddresses, path: string, key: string, verdict: Extract<Verdict, { kind: "normalise" }>): void {
    this.log("info", `normalising ${path}: ${verdict.reasons.join("; ")}`);
    const errors: string[] = [];
    const child = startFfmpeg({
      args: normaliseArguments(stream, verdict, relay, path), cwd: this.workDir, workDir: this.workDir,
      onStdout: () => undefined, onStderr: (line) => { errors.push(line); if (errors.length > 5) errors.shift(); },
      onExit: (_, reason) => {
        if (this.child !== child) return;
        this.child = null;
        this.key = null;
        this.retryAt = performance.now() / 1000 + RESTART_SECONDS;
        this.log("warn", `normaliser of ${path} ended (${reason}) ${errors.at(-1) ?? ""}`);
      },
    });
    this.child = child;
    this.key = key;
  }

  stop(): void {
    this.child?.kill();
    this.child = null;
    this.key = null;
  }
}
