/** Viewers of a rehearsal: hls.js in real browsers, and light readers at every distributor. */
import type { StackOutputs } from "../cli/lib/stack.ts";
import { distributorUrls } from "../cli/lib/viewer.ts";
import { openViewer, type Viewer } from "../live/browser.ts";
import { HlsViewer } from "../live/hls-viewer.ts";
import { LOCAL_CDN } from "../../infra/render/local-cdn.ts";
import { sleep } from "../live/wait.ts";
import type { Sample, ViewerOutcome } from "./model.ts";

/** The few numbers of `window.headend.stats()` that are sampled four times a second; hls.js 1.7.0 says bufferAppendNoProgress all the time. */
const SAMPLE = `(() => { const s = window.headend.stats(), h = window.headend.hls, l = h && h.levels && h.levels[h.currentLevel];
  return { started: s.started, stalls: s.stalls, stallSeconds: s.stallSeconds, stalled: s.stalled, buffer: s.buffer, latency: s.latency, engine: s.engine,
    from: l && l.url ? new URL(String(l.url)).port : "", errors: s.errors.filter((e) => e.details !== "bufferAppendNoProgress").slice(-3).map((e) => e.details + (e.code === null ? "" : " " + e.code)).join(", "), errorCount: s.errors.filter((e) => e.details !== "bufferAppendNoProgress").length }; })()`;
interface Sampled { readonly started: boolean; readonly stalls: number; readonly stallSeconds: number; readonly stalled: boolean; readonly buffer: number; readonly latency: number | null; readonly engine: string; readonly from: string; readonly errors: string; readonly errorCount: number }
const EVERY_MS = 250;

/** Where streams are watched: at a distributor, or through the CDN. */
export interface Entry { readonly host: string; readonly origin: string }

/** Every entry, the CDN first where there is one: people come that way. */
export function entriesOf(outputs: StackOutputs): Entry[] {
  const port = outputs.hosts[LOCAL_CDN]?.ports["https"];
  const cdn = port === undefined ? [] : [{ host: LOCAL_CDN, origin: new URL(outputs.viewer).origin.replace(/:\d+$/, `:${port}`) }];
  return [...cdn, ...distributorUrls(outputs).map(({ host, url }) => ({ host, origin: url }))];
}

/** A real hls.js player, reloaded when it is sent to another distributor. */
export class BrowserViewer {
  private viewer: Viewer | null = null;
  private last: Sampled | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly samples: Sample[] = [];
  private base = { stalls: 0, stallSeconds: 0, errors: 0 };
  private windowMin: number | null = null;
  private lostAt: number | null = null;
  private usualLatency: number | null = null;

  constructor(readonly name: string, readonly stream: string, private entry: Entry, private readonly o: { readonly ca: string | null; readonly entries: readonly Entry[]; readonly began: number; readonly webrtc: boolean }) {}

  get at(): string { return this.entry.host; }
  get buffer(): number { return this.last?.buffer ?? 0; }
  get well(): boolean { return this.last !== null && this.last.started && !this.last.stalled; }
  /** Distributor that its picture comes from, as far as the player tells. */
  get from(): string { return this.o.entries.find((e) => new URL(e.origin).port === this.last?.from)?.host ?? this.entry.host; }
  get trouble(): string { return (this.last?.errorCount ?? 0) > this.base.errors ? this.last?.errors ?? "" : ""; }

  async open(): Promise<void> {
    this.viewer = await openViewer({ url: `${this.entry.origin}/watch/${this.stream}`, ca: this.o.ca ?? undefined, width: 640, height: 400, webrtc: this.o.webrtc });
    await this.viewer.playing(60_000);
    if (this.timer === null) this.timer = setInterval(() => void this.sample(), EVERY_MS);
  }

  /** Sends the viewer to another distributor's page. */
  async move(entry: Entry): Promise<void> {
    this.entry = entry;
    this.last = null;
    await this.viewer?.page.goto(`${entry.origin}/watch/${this.stream}`, { waitUntil: "domcontentloaded", timeout: 20_000 });
    await this.viewer?.playing(40_000);
    for (const end = Date.now() + 2000; this.last === null && Date.now() < end;) await sleep(100);
  }

  /**
   * A player that has met trouble stays further behind live, with more buffer than others have. Back to where it began, so that the next
   * fault meets an ordinary viewer.
   */
  async toLive(): Promise<void> {
    const latency = this.last?.latency ?? null;
    this.usualLatency ??= latency;
    if (latency === null || this.usualLatency === null || latency < this.usualLatency + 1.5) return;
    await this.viewer?.page.evaluate(`document.getElementById("live").click()`).catch(() => undefined);
    await sleep(1000);
  }

  /** The page may have given up for good: the next fault begins with a fresh one. */
  async reload(): Promise<void> { await this.move(this.entry).catch(() => undefined); }

  /** A new window of observation begins. */
  mark(): void {
    this.base = { stalls: this.last?.stalls ?? 0, stallSeconds: this.last?.stallSeconds ?? 0, errors: this.last?.errorCount ?? 0 };
    this.windowMin = this.last?.buffer ?? null;
    this.lostAt = null;
  }

  outcome(): ViewerOutcome {
    const stalls = Math.max(0, (this.last?.stalls ?? 0) - this.base.stalls), seconds = Math.max(0, (this.last?.stallSeconds ?? 0) - this.base.stallSeconds);
    const gone = this.lostAt === null ? 0 : (Date.now() - this.lostAt) / 1000;
    return { name: this.name, kind: "hls.js", stream: this.stream, stalls: stalls + (gone > 2 ? 1 : 0), stallSeconds: seconds + gone, minBuffer: this.windowMin };
  }

  /** Samples since a moment, thinned to what a drawing needs. */
  since(at: number): Sample[] { return this.samples.filter((s) => s.at >= at); }
  /** Forgets samples before a moment: a soak runs for hours. */
  forget(before: number): void { const n = this.samples.findIndex((s) => s.at >= before); this.samples.splice(0, n < 0 ? this.samples.length : n); }
  async screenshot(file: string): Promise<void> { await this.viewer?.screenshot(file); }

  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.viewer?.close();
  }

  private async sample(): Promise<void> {
    try {
      const s = await this.viewer?.page.evaluate(SAMPLE) as Sampled;
      this.last = s;
      this.lostAt = null;
      if (s.started) this.windowMin = Math.min(this.windowMin ?? Infinity, s.buffer);
      this.samples.push({ at: Date.now() - this.o.began, buffer: Math.round(s.buffer * 100) / 100, stalled: s.stalled });
    } catch { this.lostAt ??= Date.now(); /* between two pages, or the browser is gone */ }
  }
}

/** A light reader that begins at one distributor: plain HLS, with redundant variants but without content steering. */
export class Reader {
  private readonly viewer: HlsViewer;
  private base = { stalls: 0, stallSeconds: 0, missed: 0 };

  constructor(readonly name: string, readonly host: string, readonly stream: string, url: string, ca: string | null) {
    this.viewer = new HlsViewer({ url, ...(ca === null ? {} : { ca }) });
  }

  start(): this { this.viewer.start(); return this; }
  playing(): Promise<void> { return this.viewer.playing(60_000); }

  mark(): void {
    const r = this.viewer.report();
    this.base = { stalls: r.stalls, stallSeconds: r.stallSeconds, missed: r.missedSegments };
    this.viewer.mark();
  }

  outcome(): ViewerOutcome & { readonly missed: number } {
    const r = this.viewer.report();
    return {
      name: this.name, kind: "reader", stream: this.stream, stalls: r.stalls - this.base.stalls, stallSeconds: Math.max(0, r.stallSeconds - this.base.stallSeconds),
      minBuffer: Number.isFinite(r.minBuffer) ? r.minBuffer : null, missed: r.missedSegments - this.base.missed,
    };
  }

  async stop(): Promise<void> { await this.viewer.stop(); }
}
