import type { Readiness } from "../render/bundle.ts";
import type { Clock, Timer } from "./clock.ts";
import { RecentLines } from "./log.ts";
import type { Child, ExitReason, Launch, Spawn } from "./process.ts";
import type { Answer, Probe } from "./readiness.ts";

/** waiting: ended, will be started again. unready: runs but does not answer. */
export type ServiceState = "stopped" | "starting" | "ready" | "unready" | "waiting" | "stopping";

export interface Runnable {
  readonly name: string;
  readonly launch: Launch;
  readonly ready: Readiness;
}

export interface RunnerDeps {
  readonly clock: Clock;
  readonly spawn: Spawn;
  readonly probe: Probe;
  /** One line of output, already free of secrets. */
  readonly log: (service: string, line: string) => void;
  readonly redact: (text: string) => string;
  /** Called after every change of state. */
  readonly changed: () => void;
}

export const TIMING = {
  firstDelayMs: 100,
  longestDelayMs: 5_000,
  /** Up this long, the next delay is the first again. */
  steadyMs: 10_000,
  stopMs: 5_000,
  readyMs: 30_000,
  /** How long a service without readiness test must run. */
  settleMs: 300,
  probeStartingMs: 100,
  probeReadyMs: 5_000,
  /** A service that was ready and is silent this long stands still: it is killed. Long, because a starved machine is silent too. */
  hungMs: 10_000,
  /** How long a service that watches its files must survive a change of them. */
  watchMs: 1_500,
} as const;

/** Failed starts after which an apply gives up; one is allowed, as a port may still be held by what ran before. */
const STARTS_ALLOWED = 2;
const PROBES_MISSED = 2;

/** Keeps one service running: starts it, notices when it answers, starts it again whenever it ends, whatever its exit code. */
export class ServiceRunner {
  state: ServiceState = "stopped";
  restarts = 0;
  /** Times it ended without being asked to. */
  exits = 0;
  startedAt: number | null = null;
  lastExit: { readonly reason: ExitReason; readonly at: number } | null = null;
  readonly output = new RecentLines();
  private child: Child | null = null;
  private delay: number = TIMING.firstDelayMs;
  private timers: Timer[] = [];
  private waiters = new Set<() => void>();
  private stopped: Promise<void> | null = null;
  /** Events of an earlier process must not touch the present one. */
  private generation = 0;
  private silentSince: number | null = null;

  constructor(public runnable: Runnable, private readonly deps: RunnerDeps) {}

  /** Takes another readiness test, for a process that goes on as it is. */
  adopt(runnable: Runnable): void { this.runnable = runnable; }

  get name(): string { return this.runnable.name; }
  get pid(): number | null { return this.child?.pid ?? null; }

  /** Starts the process unless it runs. */
  start(): void {
    if (this.child !== null || this.stopped !== null) return;
    this.cancelTimers();
    const generation = ++this.generation;
    this.startedAt = this.deps.clock.now();
    const child = this.deps.spawn(this.runnable.launch, (raw) => {
      const line = this.deps.redact(raw);
      this.output.add(line);
      this.deps.log(this.name, line);
    });
    this.child = child;
    void child.ended.then((reason) => { if (generation === this.generation) this.ended(reason); });
    this.enter("starting");
    if (this.runnable.ready.kind === "none") this.later(TIMING.settleMs, () => this.enter("ready"));
    else this.scheduleProbe(generation, TIMING.probeStartingMs, 0);
  }

  /** Ends the process: SIGTERM, and after `graceMs` SIGKILL for it and everything it started. */
  stop(graceMs: number = TIMING.stopMs): Promise<void> {
    this.stopped ??= this.end(graceMs).finally(() => { this.stopped = null; });
    return this.stopped;
  }

  /** Stops and starts at once, without the delay of a failure. */
  async restart(): Promise<void> {
    await this.stop();
    this.delay = TIMING.firstDelayMs;
    this.start();
  }

  signal(signal: NodeJS.Signals): void { this.child?.signal(signal); }

  /** Waits until the service answers. Resolves to null, or to the reason why it does not. */
  waitReady(timeoutMs: number = TIMING.readyMs): Promise<string | null> {
    const exits = this.exits;
    return this.watch(timeoutMs, () => {
      if (this.state === "ready") return null;
      if (this.exits - exits >= STARTS_ALLOWED) return this.explain(`ended twice before it was ready (${this.lastExit?.reason ?? "unknown"})`);
      return undefined;
    }, () => this.explain(`not ready after ${timeoutMs / 1000} s`));
  }

  /** Waits `ms`; resolves to null when the process was still the same afterwards, else to the reason. */
  waitAlive(ms: number = TIMING.watchMs): Promise<string | null> {
    const exits = this.exits;
    return this.watch(ms, () => this.exits > exits ? this.explain(`ended (${this.lastExit?.reason ?? "unknown"})`) : undefined, () => null);
  }

  /** A failure with the service's last lines of output. */
  explain(what: string): string {
    return [`${this.name}: ${what}`, ...this.output.last(12).map((l) => `  ${this.name} | ${l}`)].join("\n");
  }

  /** `test` answers undefined to go on waiting. */
  private watch(ms: number, test: () => string | null | undefined, late: () => string | null): Promise<string | null> {
    return new Promise((resolve) => {
      const finish = (result: string | null): void => {
        this.waiters.delete(look);
        timer.cancel();
        resolve(result);
      };
      const look = (): void => {
        const result = test();
        if (result !== undefined) finish(result);
      };
      const timer = this.deps.clock.after(ms, () => finish(late()));
      this.waiters.add(look);
      look();
    });
  }

  private async end(graceMs: number): Promise<void> {
    this.cancelTimers();
    this.generation++;
    const child = this.child;
    if (child !== null) {
      this.enter("stopping");
      child.signal("SIGTERM");
      const timer = this.deps.clock.after(graceMs, () => child.signalAll("SIGKILL"));
      await child.ended;
      timer.cancel();
    }
    this.child = null;
    this.startedAt = null;
    this.enter("stopped");
  }

  private ended(reason: ExitReason): void {
    const now = this.deps.clock.now();
    this.cancelTimers();
    this.child = null;
    this.exits++;
    this.lastExit = { reason: this.deps.redact(reason), at: now };
    if (this.startedAt !== null && now - this.startedAt >= TIMING.steadyMs) this.delay = TIMING.firstDelayMs;
    this.startedAt = null;
    const delay = this.delay;
    this.delay = Math.min(delay * 2, TIMING.longestDelayMs);
    this.later(delay, () => { this.restarts++; this.start(); });
    this.deps.log(this.name, `ended (${this.lastExit.reason}); starting again in ${delay} ms`);
    this.enter("waiting");
  }

  private scheduleProbe(generation: number, ms: number, missed: number): void {
    this.later(ms, () => {
      void this.deps.probe(this.runnable.ready).then((answer) => {
        if (generation !== this.generation) return;
        if (this.isHung(answer)) return;
        if (answer === "ready") {
          if (this.state !== "ready") this.enter("ready");
          this.scheduleProbe(generation, TIMING.probeReadyMs, 0);
        } else if (this.state === "ready") {
          if (missed + 1 >= PROBES_MISSED) this.enter("unready");
          this.scheduleProbe(generation, 1_000, missed + 1);
        } else this.scheduleProbe(generation, TIMING.probeStartingMs, 0);
      });
    });
  }

  /** Ends a process that was ready and stands still; its end starts it again. */
  private isHung(answer: Answer): boolean {
    const now = this.deps.clock.now();
    if (answer !== "silent" || this.state === "starting") { this.silentSince = null; return false; }
    this.silentSince ??= now;
    if (now - this.silentSince < TIMING.hungMs) return false;
    this.silentSince = null;
    this.deps.log(this.name, `does not answer for ${TIMING.hungMs / 1000} s: killed`);
    this.child?.signalAll("SIGKILL");
    return true;
  }

  private later(ms: number, run: () => void): void { this.timers.push(this.deps.clock.after(ms, run)); }

  private cancelTimers(): void {
    for (const timer of this.timers) timer.cancel();
    this.timers = [];
  }

  private enter(state: ServiceState): void {
    this.state = state;
    for (const look of [...this.waiters]) look();
    this.deps.changed();
  }
}
