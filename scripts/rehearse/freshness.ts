/** Asks every distributor for every stream's newest segment: how long has nothing new come? */
import { Agent } from "node:https";
import { LOCAL_CDN } from "../../infra/render/local-cdn.ts";
import { httpRequest } from "../live/http.ts";
import { parsePlaylist } from "../live/hls-viewer.ts";
import { sleep } from "../live/wait.ts";
import type { Entry } from "./viewers.ts";

const EVERY_MS = 500;
const TIMEOUT_MS = 2000;

interface Watched { readonly host: string; readonly stream: string; readonly url: string; media: string | null; newest: number; newAt: number; gap: number }

export class Freshness {
  private readonly watched: readonly Watched[];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 2 });
  private stopped = false;

  constructor(entries: readonly Entry[], streams: readonly { readonly name: string; readonly distributors: readonly string[] }[], private readonly ca: string | null) {
    this.watched = entries.flatMap(({ host, origin }) => streams.filter((s) => host === LOCAL_CDN || s.distributors.includes(host)).map((s) => (
      { host, stream: s.name, url: `${origin}/live/${s.name}/index.m3u8`, media: null, newest: -1, newAt: Date.now(), gap: 0 })));
  }

  start(): this { for (const w of this.watched) void this.watch(w); return this; }
  stop(): void { this.stopped = true; this.agent.destroy(); }

  /** A new window begins. */
  mark(): void { for (const w of this.watched) w.gap = 0; }

  /** Seconds since something new came, by "host/stream". */
  quiet(): Map<string, number> { return new Map(this.watched.map((w) => [`${w.host}/${w.stream}`, (Date.now() - w.newAt) / 1000])); }

  /** The longest time without a new segment in this window at any distributor but the one left out, seconds. */
  gap(leftOut: string | null): number | null {
    const others = this.watched.filter((w) => w.host !== leftOut);
    return others.length === 0 ? null : Math.max(...others.map((w) => Math.max(w.gap, (Date.now() - w.newAt) / 1000)));
  }

  private async watch(w: Watched): Promise<void> {
    for (; !this.stopped; await sleep(EVERY_MS)) {
      try {
        w.media ??= await this.lowest(w.url);
        const p = parsePlaylist(await this.text(w.media));
        const newest = (p.mediaSequence ?? 0) + (p.segments?.length ?? 0);
        if (newest <= w.newest) continue;
        if (w.newest >= 0) w.gap = Math.max(w.gap, (Date.now() - w.newAt) / 1000);
        w.newest = newest;
        w.newAt = Date.now();
      } catch { /* silence is what is measured */ }
    }
  }

  /** Media playlist of the lowest rendition at this distributor itself. */
  private async lowest(url: string): Promise<string> {
    const variants = [...(parsePlaylist(await this.text(url)).playlists ?? [])].sort((a, b) => (a.attributes.BANDWIDTH ?? 0) - (b.attributes.BANDWIDTH ?? 0)).map((v) => new URL(v.uri, url));
    const own = variants.find((v) => v.origin === new URL(url).origin) ?? variants[0];
    if (!own) throw new Error("no variants");
    return own.href;
  }

  private async text(url: string): Promise<string> {
    const answer = await httpRequest(url, { ca: this.ca ?? undefined, agent: this.agent, timeoutMs: TIMEOUT_MS });
    if (answer.status !== 200) throw new Error(String(answer.status));
    return answer.body.toString();
  }
}
