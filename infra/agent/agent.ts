import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, StepGuard } from "./clock.ts";
import type { AgentConfig } from "./config.ts";
import { type Loaded, stampOfFile } from "./load.ts";
import { logFor } from "./log.ts";
import { Relay, type RelayPath } from "./relay.ts";
import { SkewWatch } from "./skew.ts";
import type { Served, Source } from "./server.ts";
import type { AgentStatus } from "./status.ts";
import { StreamRunner } from "./stream.ts";

/**
 * Between looks at the relay, each a millisecond of CPU time: while somebody comes or goes or has a stand-in waiting, and while there is
 * nothing to decide (the relay itself falls back to the slate).
 */
const POLL_MS = 100;
const CALM_POLL_MS = 500;
/** Nothing has changed for this long: calm (seconds). */
const CALM_AFTER = 10;
/** A restart does not wait for it (see Encoder); what it notices is counted in seconds. */
const TICK_MS = 500;

/** A new configuration of the relay is in force this long after its file changed, at the latest (seconds). */
const RELOAD_SECONDS = 2;

/** Off by this much (seconds), segments have other numbers. Below it they only come early or late; and a request may wait for a second on its way. */
const CLOCK_WRONG = 2;

const rounded = (seconds: number | null): number | null => (seconds === null ? null : Number(seconds.toFixed(3)));

/** All streams of a host: one shared look at the relay, one clock guard, changes of configuration per stream. */
export class Agent implements Source {
  private readonly runners = new Map<string, StreamRunner>();
  private readonly relay: Relay;
  private readonly guard: StepGuard;
  private readonly log = logFor("agent");
  private readonly timers: NodeJS.Timeout[] = [];
  private relayUp = false;
  private poller: NodeJS.Timeout | undefined;
  private stopped = false;
  /** Who is connected to the relay, and since when that is so. */
  private connected = { text: "", since: 0 };
  private relayFile = "";
  private relayReload = { stamp: "", until: 0 };
  private clockSteps = 0;
  private readonly skew = new SkewWatch();
  /** Distributors agree that this clock is wrong. */
  private clockWrong = false;
  configError: string | null = null;

  constructor(private config: AgentConfig, private readonly clock: Clock) {
    this.relay = new Relay(config.relay.api, config.relay.rtsp, config.relay.rtmp);
    this.guard = new StepGuard(clock);
  }

  start(): void {
    this.timers.push(setInterval(() => this.tick(), TICK_MS));
    void this.poll();
  }

  /** Brings the running streams to a configuration; a stream whose settings are the same is not touched. */
  apply({ config, args, relayFile }: Loaded): void {
    const { workDir } = config;
    this.relayFile = relayFile;
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
    this.stopped = true;
    clearTimeout(this.poller);
    for (const t of this.timers) clearInterval(t);
    await Promise.all([...this.runners.values()].map((r) => r.stop(false)));
    this.relay.close();
  }

  /** A distributor asked, with its time. */
  heard(distributor: string, theirs: number): void { this.skew.heard(distributor, theirs, this.clock.wall(), this.clock.mono()); }

  names(): readonly string[] { return [...this.runners.keys()]; }

  stream(name: string): Served | null {
    const runner = this.runners.get(name);
    return runner ? {
      healthy: runner.healthy, multivariant: (ways) => runner.multivariant(ways), media: (dir, whole) => runner.media(dir, whole), mpd: (whole) => runner.mpd(whole),
      setOverride: (o) => runner.inputs.setOverride(o),
    } : null;
  }

  status(): AgentStatus {
    return {
      host: this.config.host, relay: this.relayUp ? "up" : "down", config: { ok: this.configError === null, error: this.configError },
      clockSteps: this.clockSteps, clockSkew: rounded(this.skew.skew(this.clock.mono())), clockWrong: this.clockWrong, streams: [...this.runners.values()].map((r) => r.status()),
    };
  }

  private async poll(): Promise<void> {
    const began = this.clock.mono();
    let paths: Map<string, RelayPath> | null = null;
    try { paths = await this.relay.paths(); } catch (error) { if (this.relayUp) this.log("warn", `relay lost: ${(error as Error).message}`); }
    if (this.stopped) return;
    if (paths !== null && !this.relayUp) this.log("info", "relay answers");
    this.relayUp = paths !== null;
    const reloading = this.relayReloads(began);
    for (const runner of this.runners.values()) { if (reloading) runner.inputs.doubt(); runner.poll(paths); }
    const now = this.clock.mono();
    const text = paths === null ? "" : [...paths.values()].map((p) => `${p.name} ${p.online} ${p.source}`).join();
    if (text !== this.connected.text || text === "") this.connected = { text, since: now };
    const contested = this.config.streams.some((s) => s.inputs.filter((i) => paths?.get(i.path)?.online).length > 1);
    const every = contested || reloading || now - this.connected.since <= CALM_AFTER ? POLL_MS : CALM_POLL_MS;
    this.poller = setTimeout(() => void this.poll(), Math.max(0, every - (now - began) * 1000));
  }

  /** A switch between the making of the relay's new file and its reading would be undone by it. */
  private relayReloads(mono: number): boolean {
    const stamp = stampOfFile(this.relayFile);
    if (stamp !== this.relayReload.stamp) this.relayReload = { stamp, until: this.relayReload.stamp === "" ? 0 : mono + RELOAD_SECONDS };
    return mono < this.relayReload.until;
  }

  private tick(): void {
    const step = this.guard.look();
    if (step !== null) { this.clockSteps += 1; this.skew.stepped(step, this.clock.mono()); for (const runner of this.runners.values()) runner.clockStepped(step); }
    const wrong = this.skew.isWrong(CLOCK_WRONG, this.clock.mono());
    if (wrong !== this.clockWrong) {
      this.clockWrong = wrong;
      this.log(wrong ? "error" : "info", wrong ? `this clock is ${rounded(this.skew.skew(this.clock.mono()))} s off those of the distributors: withdrawing every playlist until it agrees (is NTP running?)` : "this clock agrees with the distributors' again");
      for (const runner of this.runners.values()) runner.clockWrong = wrong;
    }
    for (const runner of this.runners.values()) runner.tick(this.relayUp);
  }
}
