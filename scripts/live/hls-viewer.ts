/**
 * A light HLS viewer: reads the multivariant playlist, follows one rendition and the audio as hls.js would, throws the
 * bytes away and counts what a person would notice. Dozens run at once beside a real stack.
 */
import https from "node:https";
import http from "node:http";
import { type Manifest, Parser } from "m3u8-parser";
import { type HttpAnswer, httpRequest } from "./http.ts";
import { PlayerModel } from "./player-model.ts";
import { sleep } from "./wait.ts";

export interface HlsViewerOptions {
  /** Multivariant playlist. */
  readonly url: string;
  /** PEM of the CA. */
  readonly ca?: string;
  /** Host name → address. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Rendition: position in order of bandwidth, highest first (0), or "lowest". */
  readonly rung?: number | "lowest";
  /** Longest a request may take, ms (10 s, hls.js's own). */
  readonly timeoutMs?: number;
  /** Segments behind the end to start at (3, as hls.js). */
  readonly startSegments?: number;
}

export interface ViewerReport {
  readonly stalls: number;
  readonly stallSeconds: number;
  /** Smallest buffer while playing, seconds; Infinity before the start. */
  readonly minBuffer: number;
  readonly started: boolean;
  readonly segments: number;
  readonly bytes: number;
  readonly playlists: number;
  /** Numbers that the playlist jumped over: media the viewer never saw. */
  readonly missedSegments: number;
  /** EXT-X-GAP entries met. */
  readonly gaps: number;
  readonly discontinuities: number;
  /** The media sequence went backwards. */
  readonly backwards: number;
  /** Segments that were listed but answered 404. */
  readonly lostSegments: number;
  /** Status (0 = no connection) → how often. */
  readonly failures: Readonly<Record<string, number>>;
  /** Longest time without a new segment in the playlist, seconds. */
  readonly longestQuiet: number;
  /** Switches to a redundant copy of the rendition. */
  readonly failovers: number;
  readonly log: readonly string[];
}

interface Track { readonly name: string; readonly urls: readonly string[]; current: number; next: number | null; lastNew: number; target: number }

/** A playlist's text → what m3u8-parser makes of it. */
export function parsePlaylist(text: string): Manifest {
  const p = new Parser();
  p.addParser({ expression: /^#EXT-X-GAP/, customType: "gap", segment: true, dataParser: () => true });
  p.push(text);
  p.end();
  return p.manifest;
}

export class HlsViewer {
  private readonly o: HlsViewerOptions;
  private readonly agent: http.Agent;
  private readonly cookies = new Map<string, string>();
  private readonly t0 = performance.now();
  private model: PlayerModel | null = null;
  private stopped = false;
  private loops: Promise<void> | null = null;
  private readonly failures: Record<string, number> = {};
  private readonly c = { segments: 0, bytes: 0, playlists: 0, missedSegments: 0, gaps: 0, discontinuities: 0, backwards: 0, lostSegments: 0, longestQuiet: 0, failovers: 0 };
  private readonly log: string[] = [];

  constructor(o: HlsViewerOptions) {
    this.o = o;
    this.agent = new (o.url.startsWith("https:") ? https : http).Agent({ keepAlive: true, maxSockets: 4 });
  }

  /** Begins in the background. */
  start(): this { this.loops ??= this.watch(); return this; }

  /** Resolves when the picture runs. */
  async playing(timeoutMs = 30_000): Promise<void> {
    for (const end = performance.now() + timeoutMs; !this.model?.started; await sleep(50)) {
      if (performance.now() > end) throw new Error(`The viewer of ${this.o.url} did not start within ${timeoutMs / 1000} s: ${JSON.stringify(this.failures)} ${this.log.slice(-3).join("; ")}`);
    }
  }

  /** Ends it and gives the count. */
  async stop(): Promise<ViewerReport> {
    const r = this.report();
    this.stopped = true;
    this.agent.destroy();
    await this.loops?.catch(() => undefined);
    return r;
  }

  report(): ViewerReport {
    const stalled = this.model?.stalledAt(this.now()) ?? { stalls: 0, seconds: 0 };
    return { ...this.c, stalls: stalled.stalls, stallSeconds: stalled.seconds, minBuffer: this.model?.minBuffer ?? Infinity, started: this.model?.started ?? false, failures: { ...this.failures }, log: this.log.slice(-100) };
  }

  /** A new window begins: the smallest buffer and the longest quiet are those from now on; counters go on. */
  mark(): void {
    this.c.longestQuiet = 0;
    if (this.model) { this.model.advance(this.now()); this.model.minBuffer = Infinity; }
  }

  private now(): number { return (performance.now() - this.t0) / 1000; }
  private note(text: string): void { this.log.push(`${this.now().toFixed(2)} ${text}`); }

  private async get(url: string): Promise<HttpAnswer | null> {
    try {
      const r = await httpRequest(url, { ca: this.o.ca, hosts: this.o.hosts, cookies: this.cookies, agent: this.agent, timeoutMs: this.o.timeoutMs ?? 10_000 });
      if (r.status === 200) return r;
      this.fail(String(r.status), url);
      return r;
    } catch (e) {
      if (!this.stopped) this.fail("0", `${url} ${e instanceof Error ? e.message : ""}`);
      return null;
    }
  }
  private fail(status: string, what: string): void {
    this.failures[status] = (this.failures[status] ?? 0) + 1;
    this.note(`${status} ${what}`);
  }

  private async watch(): Promise<void> {
    let main: Manifest | null = null, base = this.o.url;
    while (!this.stopped && !main?.playlists?.length) {
      const r = await this.get(this.o.url);
      main = r?.status === 200 ? parsePlaylist(r.body.toString()) : null;
      base = r?.url ?? base;
      if (main && !main.playlists?.length) throw new Error(`${this.o.url} is not a multivariant playlist`);
      if (!main) await sleep(500);
    }
    const variants = [...(main?.playlists ?? [])].sort((a, b) => (b.attributes.BANDWIDTH ?? 0) - (a.attributes.BANDWIDTH ?? 0));
    const rates = [...new Set(variants.map((v) => v.attributes.BANDWIDTH ?? 0))];
    const rung = this.o.rung === "lowest" ? rates.length - 1 : Math.min(this.o.rung ?? 0, rates.length - 1);
    const copies = variants.filter((v) => (v.attributes.BANDWIDTH ?? 0) === rates[rung]);
    const abs = (uri: string): string => new URL(uri, base).href;
    const tracks: Track[] = [this.track("video", copies.map((v) => abs(v.uri)))];
    const audio = copies.flatMap((v) => Object.values(main?.mediaGroups?.AUDIO?.[v.attributes.AUDIO ?? ""] ?? {}).slice(0, 1)).flatMap((a) => (a.uri ? [abs(a.uri)] : []));
    if (audio.length) tracks.push(this.track("audio", audio));
    this.model = new PlayerModel(tracks.map((t) => t.name), { startBuffer: 0.5 });
    await Promise.all(tracks.map((t) => this.follow(t)));
  }

  private track(name: string, urls: readonly string[]): Track {
    return { name, urls: [...new Set(urls)], current: 0, next: null, lastNew: this.now(), target: 2 };
  }

  private async follow(t: Track): Promise<void> {
    while (!this.stopped) {
      const asked = this.now(), url = t.urls[t.current % t.urls.length] ?? "", r = await this.get(url);
      let fresh = false;
      if (r?.status === 200) {
        const p = parsePlaylist(r.body.toString());
        this.c.playlists++;
        t.target = p.targetDuration ?? t.target;
        const first = p.mediaSequence ?? 0, segments = p.segments ?? [], end = first + segments.length;
        if (t.next === null) t.next = Math.max(first, end - (this.o.startSegments ?? 3));
        else if (first > t.next) { this.c.missedSegments += first - t.next; this.note(`${t.name} missed ${t.next}..${first - 1}`); this.model?.receive(t.name, (first - t.next) * t.target, this.now()); t.next = first; }
        else if (end < t.next - 1) { this.c.backwards++; this.note(`${t.name} went back to ${end - 1}, had ${t.next - 1}`); if (t.next - end > 20) t.next = end; }
        for (let k = t.next; k < end && !this.stopped; k++) {
          const s = segments[k - first];
          if (!s) break;
          if (!fresh) { this.c.longestQuiet = Math.max(this.c.longestQuiet, this.now() - t.lastNew); t.lastNew = this.now(); fresh = true; }
          if (s.discontinuity && t.name === "video") this.c.discontinuities++;
          if (s.custom?.gap) { this.c.gaps++; this.note(`${t.name} gap ${k}`); } else if (!(await this.segment(t, new URL(s.uri, url).href))) break;
          this.model?.receive(t.name, s.duration, this.now());
          t.next = k + 1;
        }
      } else if (t.urls.length > 1) { t.current++; this.c.failovers++; this.note(`${t.name} → ${t.urls[t.current % t.urls.length]}`); }
      // As hls.js: each target duration when something was new, half of it when not; a second after a failure.
      const wait = r?.status === 200 ? (fresh ? t.target : t.target / 2) : 1;
      while (!this.stopped && this.now() - asked < wait) await sleep(Math.min(250, Math.max(5, (wait - (this.now() - asked)) * 1000)));
    }
  }

  /** @returns false when it could not be had; the playlist is then read again and the segment asked for once more */
  private async segment(t: Track, url: string): Promise<boolean> {
    const r = await this.get(url);
    if (r?.status === 200) { this.c.segments++; this.c.bytes += r.body.length; return true; }
    if (r?.status === 404) this.c.lostSegments++;
    if (t.urls.length > 1) { t.current++; this.c.failovers++; }
    return false;
  }
}
