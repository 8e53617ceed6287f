import { mkdirSync } from "node:fs";
import type { Clock } from "./clock.ts";
import { type Log, limited } from "./log.ts";
import { type Event, initialState, type Limits, type State, step } from "./machine.ts";
import { type Child, startFfmpeg } from "./process.ts";
import { ProgressReader } from "./progress.ts";
import type { FfmpegStatus } from "./status.ts";
import { CommandNoise, type Sync, SyncSender } from "./sync.ts";

/** What the supervisor must know from outside: where a run starts, and how far it is. */
export interface Work {
  limits(): Limits;
  /** Arguments and working folder of a new run. Throws with a message for the log when there are none. */
  prepare(): { readonly args: readonly string[]; readonly cwd: string };
  /** Growing number of the newest output of the current run, null before the first; `frames` for runs without segments. */
  mark(frames: number): number | null;
  lag(): number | null;
}

/** Input properties change at every switch between slate and publisher; FFmpeg warns each time and goes on. */
const NOISE = /Changing video frame properties on the fly|filter context - w:|switching to TCP/;

/** Runs one FFmpeg by the state machine of machine.ts. */
export class Encoder {
  private state: State;
  private child: Child | null = null;
  private progress = new ProgressReader();
  private readonly stderr: Log;
  private relayUp = false;
  private restart: NodeJS.Timeout | undefined;
  private lastError = "";
  restarts = -1;
  lastExit: string | null = null;

  constructor(private readonly work: Work, private readonly sync: Sync, private readonly workDir: string, private readonly clock: Clock, private readonly log: Log) {
    this.state = initialState(clock.mono());
    this.stderr = limited((level, message) => log(level, `ffmpeg: ${message}`), 20, 10, () => clock.mono());
  }

  tick(relayUp: boolean): void {
    this.relayUp = relayUp;
    this.send({ kind: "tick", mono: this.clock.mono(), mark: this.work.mark(this.progress.latest.frame), lag: this.work.lag(), relayUp });
  }

  /** Ends the current run and starts another at once: new settings, or a clock step. */
  replace(reason: string): void { this.send({ kind: "replace", mono: this.clock.mono(), reason }); }
  stop(): void { clearTimeout(this.restart); this.send({ kind: "stop" }); }

  get running(): boolean { return this.state.kind === "running"; }
  get frames(): number { return this.progress.latest.frame; }

  status(): FfmpegStatus {
    const { speed, fps, dropped, duplicated } = this.progress.latest;
    return { state: this.state.kind, pid: this.child?.pid ?? null, speed, fps, dropped, duplicated, restarts: Math.max(0, this.restarts), lastExit: this.lastExit };
  }

  private send(event: Event): void {
    const { state, actions } = step(this.state, event, this.work.limits());
    this.state = state;
    for (const action of actions) {
      if (action.kind === "spawn") this.spawn();
      else { this.log("warn", `ending ffmpeg ${this.child?.pid ?? ""}: ${action.reason}`); this.child?.kill(); }
    }
  }

  private spawn(): void {
    let run: ReturnType<Work["prepare"]>;
    try { run = this.work.prepare(); mkdirSync(run.cwd, { recursive: true }); } catch (error) {
      this.exited(null, (error as Error).message);
      return;
    }
    const progress = new ProgressReader();
    this.progress = progress;
    this.lastError = "";
    this.restarts += 1;
    const sender = new SyncSender(this.sync, (text) => child.tell(text));
    const child: Child = startFfmpeg({
      args: run.args, cwd: run.cwd, workDir: this.workDir, interactive: true,
      onStdout: (line) => progress.line(line),
      onStderr: (line) => {
        const report = this.sync.line(line, this.clock.mono());
        if (report === "changed") sender.send();
        if (report !== null || NOISE.test(line) || CommandNoise.test(line)) return;
        this.lastError = line; this.stderr("warn", line);
      },
      onExit: (code, reason) => { if (this.child === child) { this.child = null; this.exited(code, reason); } },
    });
    this.child = child;
  }

  private exited(code: number | null, reason: string): void {
    this.lastExit = `${reason}${this.lastError === "" ? "" : `: ${this.lastError}`}`;
    if (this.state.kind !== "stopped") this.log(this.state.kind === "ending" ? "info" : "warn", `ffmpeg ended, ${reason}`);
    const mono = this.clock.mono();
    this.send({ kind: "exited", mono, code });
    if (this.state.kind !== "waiting") return;
    clearTimeout(this.restart);
    this.restart = setTimeout(() => this.tick(this.relayUp), Math.ceil((this.state.at - mono) * 1000));
  }
}
