import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, StepGuard } from "./clock.ts";
import type { AgentConfig } from "./config.ts";
import type { Loaded } from "./load.ts";
import { logFor } from "./log.ts";
import { Relay, type RelayPath } from "./relay.ts";
import type { Served, Source } from "./server.ts";
import type { AgentStatus } from "./status.ts";
import { StreamRunner } from "./stream.ts";

const POLL_MS = 100;
const TICK_MS = 50;

/** All streams of a host: one shared look at the relay every 100 ms, one clock guard, changes of configuration per stream. */
export class Agent implements Source {
  private readonly runners = new Map<string, StreamRunner>();
  private readonly relay: Relay;
  private readonly guard: StepGuard;
  private readonly log = logFor("agent");
  private readonly timers: NodeJS.Timeout[] = [];
  private relayUp = false;
  private polling = false;
  private clockSteps = 0;
  configError: string | null = null;

  constructor(private config: AgentConfig, private readonly clock: Clock) {
    this.relay = new Relay(config.relay.api, config.relay.rtsp);
    this.guard = new StepGuard(clock);
  }

  start(): void {
    this.timers.push(setInterval(() => void this.poll(), POLL_MS), setInterval(() => this.tick(), TICK_MS));
  }

  /** Brings the running streams to a configuration; a stream whose settings are the same is not touched. */
  apply({ config, args }: Loaded): void {
    const { workDir } = config;
    mkdirSync(workDir, { recursive: true });
    for (const [name, runner] of this.runners) {
      if (config.streams.some((s) => s.name === name)) continue;
      this.runners.delete(name);
      this.log("info", `stream ${name} removed`);
      void runner.stop(true);
    }
    for (const stream of config.streams) {
      const settings = { stream, args: args.get(stream.name) ?? "" };
      const runner = this.runners.get(stream.name);
      if (runner) runner.configure(settings);
      else { this.runners.set(stream.name, new StreamRunner(settings, this.relay, workDir, this.clock)); this.log("info", `stream ${stream.name} added`); }
    }
    // Left by streams that went while no agent ran.
    for (const folder of [join(workDir, "run"), join(workDir, "pub", "live")]) {
      try { for (const name of readdirSync(folder)) if (!this.runners.has(name)) rmSync(join(folder, name), { recursive: true, force: true }); } catch { /* none yet */ }
    }
    this.config = config;
  }

  async stop(): Promise<void> {
    for (const t of this.timers) clearInterval(t);
    await Promise.all([...this.runners.values()].map((r) => r.stop(false)));
    this.relay.close();
  }

  names(): readonly string[] { return [...this.runners.keys()]; }

  stream(name: string): Served | null {
    const runner = this.runners.get(name);
    return runner ? {
      healthy: runner.healthy, multivariant: () => runner.multivariant(), media: (dir) => runner.media(dir), mpd: () => runner.mpd(),
      setOverride: (o) => runner.inputs.setOverride(o),
    } : null;
  }

  status(): AgentStatus {
    return {
      host: this.config.host, relay: this.relayUp ? "up" : "down", config: { ok: this.configError === null, error: this.configError },
      clockSteps: this.clockSteps, streams: [...this.runners.values()].map((r) => r.status()),
    };
  }

  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    let paths: Map<string, RelayPath> | null = null;
    try { paths = await this.relay.paths(); } catch (error) { if (this.relayUp) this.log("warn", `relay lost: ${(error as Error).message}`); }
    if (paths !== null && !this.relayUp) this.log("info", "relay answers");
    this.relayUp = paths !== null;
    for (const runner of this.runners.values()) runner.poll(paths);
    this.polling = false;
  }

  private tick(): void {
    const step = this.guard.look();
    if (step !== null) { this.clockSteps += 1; for (const runner of this.runners.values()) runner.clockStepped(step); }
    for (const runner of this.runners.values()) runner.tick(this.relayUp);
  }
}
