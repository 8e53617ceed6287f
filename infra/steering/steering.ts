import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../agent/clock.ts";
import type { Log } from "../agent/log.ts";
import type { ConfiguredWay, SteeringConfig } from "./config.ts";
import { Health } from "./health.ts";
import { type ManifestWay, manifests } from "./manifest.ts";
import { readWeights, type Weights, writeWhole } from "./state.ts";
import type { SteeringStatus } from "./status.ts";

const PROBE_MS = 400;
/** This much late (seconds), this program itself stood still, and answers that it missed say nothing about others. */
const STOOD_STILL = 0.6;

/** Asks an address: null when well, else why not. */
export type Probe = (url: string, self?: string) => Promise<string | null>;

/** Watches every other way to the streams and keeps the steering manifests true. */
export class Steering {
  private readonly health = new Map<string, Health>();
  private readonly written = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;
  private lastTick: number;
  /** Probes that left before this say nothing. */
  private validFrom = -Infinity;
  private weights: Weights;
  /** Manifests could not be written (a full disk): tried again at every look. */
  private unwritten = false;
  private draining = false;

  constructor(private config: SteeringConfig, private readonly clock: Clock, private readonly probe: Probe, private readonly log: Log) {
    this.lastTick = clock.mono();
    this.weights = readWeights(config.stateFile);
  }

  start(): void {
    this.write();
    this.timer = setInterval(() => this.tick(), PROBE_MS);
  }

  stop(): void { clearInterval(this.timer); }

  configure(config: SteeringConfig): void {
    this.config = config;
    this.write();
  }

  get ids(): readonly string[] { return this.config.ways.map((w) => w.id); }

  /** Weights by hand; those of ways not named are as declared. */
  setWeights(weights: Weights): void {
    this.weights = weights;
    writeWhole(this.config.stateFile, JSON.stringify(weights));
    this.log("info", `weights set to ${JSON.stringify(weights)}`);
    this.write();
  }

  /** Why this distributor should not be used, or null. */
  get problem(): string | null {
    const { origins } = this.config;
    if (this.draining) return "draining";
    return origins.length > 0 && origins.every((url) => !this.healthOf(url).alive) ? "reaches no transcoder" : null;
  }

  status(): SteeringStatus {
    return {
      self: this.config.self, problem: this.problem, override: this.weights,
      ways: this.ways().map((way, i) => {
        const { kind, weight } = this.config.ways[i] as ConfiguredWay;
        const health = i === 0 ? null : this.healthOf(way.id);
        return { id: way.id, kind, base: way.base, priority: way.priority, weight: way.weight, declaredWeight: weight, alive: way.alive, reason: i === 0 ? this.problem : health?.reason || null };
      }),
    };
  }

  /** One look at everything; called on a timer. */
  tick(): void {
    const mono = this.clock.mono();
    if (mono - this.lastTick > PROBE_MS / 1000 + STOOD_STILL) this.validFrom = mono;
    this.lastTick = mono;
    const draining = existsSync(this.config.drainingFile);
    if (draining !== this.draining) { this.draining = draining; this.log("info", draining ? "draining" : "no longer draining"); this.write(); }
    if (this.unwritten) this.write();
    for (const way of this.config.ways.slice(1)) this.ask(way.id, way.probe === "" ? `${way.base}/healthz` : way.probe, mono);
    for (const url of this.config.origins) this.ask(url, url, mono, this.config.self);
  }

  private ask(key: string, url: string, asked: number, self?: string): void {
    void this.probe(url, self).then((reason) => {
      const now = this.clock.mono();
      if (asked < this.validFrom || now - this.lastTick > PROBE_MS / 1000 + STOOD_STILL) return;
      if (!this.healthOf(key).answer(reason === null, asked, now, reason ?? "")) return;
      this.log(reason === null ? "info" : "warn", reason === null ? `${key} works again` : `${key} is not used: ${reason}`);
      this.write();
    });
  }

  private healthOf(key: string): Health {
    const known = this.health.get(key) ?? new Health(this.clock.mono(), this.config.ways.some((w) => w.id === key));
    this.health.set(key, known);
    return known;
  }

  private ways(): ManifestWay[] {
    return this.config.ways.map((way, i) => ({
      id: way.id, base: way.base, priority: way.priority, weight: this.weights[way.id] ?? way.weight, steers: way.kind === "distributor",
      alive: i === 0 ? this.problem === null : this.healthOf(way.id).alive,
    }));
  }

  /** Writes the manifests that changed. */
  private write(): void {
    const { outDir } = this.config;
    const wanted = manifests(this.ways(), this.config.ttl);
    try {
      mkdirSync(outDir, { recursive: true });
      for (const [name, text] of wanted) {
        if (this.written.get(name) === text) continue;
        writeWhole(join(outDir, name), text);
        this.written.set(name, text);
      }
      const homes = new Set([...wanted.keys()].map((name) => name.split("/")[0]));
      for (const home of readdirSync(outDir)) if (!homes.has(home)) rmSync(join(outDir, home), { recursive: true, force: true });
      for (const name of this.written.keys()) if (!wanted.has(name)) this.written.delete(name);
      this.unwritten = false;
    } catch (error) {
      if (!this.unwritten) this.log("error", `cannot write manifests, trying again: ${(error as Error).message}`);
      this.unwritten = true;
    }
  }
}
