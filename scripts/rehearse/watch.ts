/** What happens while faults are played: who is on air, who publishes where, what every viewer sees. One clock for all of it. */
import { cpus } from "node:os";
import type { Plan, PublishPath } from "../../infra/plan/model.ts";
import type { Freshness } from "./freshness.ts";
import type { AirChange, Moment, Sample } from "./model.ts";
import type { Look, Probes } from "./probe.ts";
import type { RehearsalPublisher } from "./publishers.ts";
import { missing } from "./redundancy.ts";
import { recorded, uncovered, type Span } from "./recordings.ts";
import type { BrowserViewer, Reader } from "./viewers.ts";

/** A look that is older does not say that a publisher is connected. */
const FRESH_MS = 1500;
const SILENT_MS = 4000;
/** Parts of this length are written to recordings; what is newer may not be on the disk yet. */
const RECORD_PART_MS = 1500;
const KEEP_MS = 600_000;

/** Where a publisher was connected from a moment on: "mux type id", or null. ms since the epoch. */
interface Connection { readonly at: number; readonly as: string | null }

export class Watch {
  readonly moments: Moment[] = [];
  readonly air: AirChange[] = [];
  private readonly active = new Map<string, string>();
  private readonly connections = new Map<string, Connection[]>();
  private cpuBase = busy();

  constructor(
    readonly plan: Plan, readonly began: number, private readonly recordings: string,
    readonly crew: { readonly publishers: () => readonly RehearsalPublisher[]; readonly browsers: readonly BrowserViewer[]; readonly readers: readonly Reader[]; readonly freshness: () => Freshness | null; readonly probes: () => Probes | null },
  ) {}

  now(): number { return Date.now() - this.began; }

  note(kind: Moment["kind"], text: string, at = this.now()): void {
    this.moments.push({ at, kind, text });
    const old = this.moments.findIndex((m) => m.at > this.now() - KEEP_MS);
    if (old > 500) this.moments.splice(0, old);
  }

  /** A probe saw something. */
  looked(host: string, look: Look, before: Look | null): void {
    for (const stream of look.streams ?? []) {
      const key = `${host}/${stream.name}`, was = this.active.get(key);
      if (was === stream.active) continue;
      this.active.set(key, stream.active);
      if (was === undefined) continue;
      const change = { at: look.at - this.began, host, stream: stream.name, from: was, to: stream.active };
      this.air.push(change);
      this.note("air", `${host}: ${shortInput(stream.active)} on air`, change.at);
    }
    for (const service of look.services ?? []) {
      const was = before?.services?.find((s) => s.name === service.name);
      if (was && was.restarts < service.restarts) this.note("host", `${host}: ${service.name} was started again`, look.at - this.began);
    }
    if (before && before.ready !== look.ready) this.note("host", `${host} is ${look.ready ? "ready" : "not ready"}`, look.at - this.began);
  }

  /** Connection of a publisher now: "mux type id"; null when none. */
  connection(path: PublishPath): string | null {
    const now = Date.now();
    for (const mux of path.multiplexers) {
      const look = this.crew.probes()?.look(mux), as = look?.online?.[path.path];
      if (look && as !== undefined && now - look.at < FRESH_MS) return `${mux} ${as}`;
    }
    return null;
  }

  /** False while a multiplexer has not been looked at lately: on a busy machine that is not the publisher's fault. Silence for long is an answer, too. */
  private sure(path: PublishPath): boolean {
    return path.multiplexers.every((mux) => { const age = Date.now() - (this.crew.probes()?.look(mux)?.at ?? 0); return age < FRESH_MS || age > SILENT_MS; });
  }

  /** Multiplexer that has a publisher; null when none has. */
  multiplexerOf(path: PublishPath): string | null { return this.connection(path)?.split(" ")[0] ?? null; }

  /** To be called some times a second. */
  tick(): void {
    for (const path of this.paths()) {
      const as = this.connection(path), history = this.connections.get(path.path) ?? [];
      if (history.at(-1)?.as !== as && (as !== null || this.sure(path))) history.push({ at: Date.now(), as });
      while (history.length > 400) history.shift();
      this.connections.set(path.path, history);
    }
    while ((this.air[0]?.at ?? Infinity) < this.now() - KEEP_MS) this.air.shift();
    for (const b of this.crew.browsers) b.forget(this.now() - KEEP_MS);
  }

  /** A new window of observation begins. */
  mark(): void {
    for (const v of [...this.crew.browsers, ...this.crew.readers]) v.mark();
    this.crew.freshness()?.mark();
    this.cpuBase = busy();
  }

  /** Share of processor time that was used since the last mark. */
  cpu(): number | null {
    const now = busy(), total = now.total - this.cpuBase.total;
    return total > 0 ? (now.busy - this.cpuBase.busy) / total : null;
  }

  /** What is not as redundant as the topology wants it. */
  missing(): string[] {
    const probes = this.crew.probes();
    return missing(this.plan, {
      now: Date.now(), look: (host) => probes?.look(host) ?? null, quiet: this.crew.freshness()?.quiet() ?? new Map(),
      publishing: new Set(this.crew.publishers().filter((p) => p.publishing).map((p) => p.name)),
    });
  }

  /** Publishers whose connection ended after a moment, and for how long they were away, seconds. Those named are not counted. */
  away(since: number, leftOut: string | null): Record<string, number | null> {
    const out: Record<string, number | null> = {};
    for (const [path, history] of this.connections) {
      if (path === leftOut) continue;
      const at = since + this.began, first = history.findIndex((c) => c.at > at), before = history[first < 0 ? history.length - 1 : first - 1];
      if (first < 0 || !before?.as) continue;
      const lost = history[first], back = history.slice(first).find((c) => c.as !== null);
      if (lost) out[path] = back ? (back.at - lost.at) / 1000 : null;
    }
    return out;
  }

  /** Seconds between the moment a publisher was to come back and its being connected; null when it is not. */
  backAfter(path: string, wanted: number): number | null {
    const back = this.connections.get(path)?.find((c) => c.at > wanted + this.began - 200 && c.as !== null);
    return back ? Math.max(0, back.at - this.began - wanted) / 1000 : null;
  }

  /** Seconds of what multiplexers had accepted in a window that no recording has; null where nothing is recorded. */
  recordingLost(from: number, to: number, cutOff: { readonly host: string; readonly at: number } | null): number | null {
    const recordedPaths = this.plan.streams.filter((s) => s.record).flatMap((s) => s.publish);
    if (recordedPaths.length === 0) return null;
    const lost = recordedPaths.map((path) => {
      const spans = this.sent(path, from + this.began, to + this.began - RECORD_PART_MS, cutOff && { ...cutOff, at: cutOff.at + this.began });
      return uncovered(spans, recorded(this.recordings, path.multiplexers, path.path));
    });
    return Math.max(...lost);
  }

  /** Longest time that one transcoder had the slate on air in a window, seconds. */
  slateSeconds(from: number, to: number): number {
    const sums = new Map<string, number>();
    const keys = new Set(this.air.map((c) => `${c.host}/${c.stream}`));
    for (const key of keys) {
      const changes = this.air.filter((c) => `${c.host}/${c.stream}` === key);
      let slateFrom: number | null = changes.filter((c) => c.at < from).at(-1)?.to === "slate" ? from : null, sum = 0;
      for (const c of changes.filter((x) => x.at >= from && x.at <= to)) {
        if (c.to === "slate") slateFrom ??= c.at;
        else if (slateFrom !== null) { sum += c.at - slateFrom; slateFrom = null; }
      }
      if (slateFrom !== null) sum += to - slateFrom;
      sums.set(key, sum / 1000);
    }
    return Math.max(0, ...sums.values());
  }

  samples(from: number): Record<string, readonly Sample[]> {
    return Object.fromEntries(this.crew.browsers.map((b) => [b.name, b.since(from)]));
  }

  private paths(): readonly PublishPath[] { return this.plan.streams.flatMap((s) => s.publish); }

  /** When a publisher was connected, ms since the epoch. What a killed host had is over with the kill, whenever that was noticed. */
  private sent(path: PublishPath, from: number, to: number, cutOff: { readonly host: string; readonly at: number } | null): Span[] {
    const history = this.connections.get(path.path) ?? [];
    return history.flatMap((c, i): Span[] => {
      if (c.as === null) return [];
      const began = Math.max(c.at, from), noticed = Math.min(history[i + 1]?.at ?? to, to);
      const ended = cutOff && c.as.startsWith(`${cutOff.host} `) && c.at < cutOff.at ? Math.min(noticed, cutOff.at) : noticed;
      return ended > began ? [{ from: began, to: ended }] : [];
    });
  }
}

/** "in/main/truck/mux-eu-a" → "truck by mux-eu-a". */
export function shortInput(active: string): string {
  const [kind, , publisher, mux] = active.split("/");
  return kind === "in" && publisher !== undefined && mux !== undefined ? `${publisher} by ${mux}` : active === "slate" ? "the slate" : active;
}

function busy(): { readonly busy: number; readonly total: number } {
  return cpus().reduce((sum, { times }) => {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    return { busy: sum.busy + all - times.idle, total: sum.total + all };
  }, { busy: 0, total: 0 });
}
