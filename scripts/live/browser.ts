/** A person in front of the player page: real Chromium, real hls.js, real certificates. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Page } from "playwright-core";
import { type ChromiumOptions, launchChromium } from "./chromium.ts";
import { sleep, waitFor } from "./wait.ts";

/** What `window.headend.stats()` gives (templates/player/watch.js). */
export interface PlayerStats {
  readonly engine: "hls" | "whep" | "native"; readonly state: string; readonly message: string; readonly fellBack: boolean;
  readonly started: boolean; readonly paused: boolean; readonly muted: boolean; readonly currentTime: number;
  readonly stalls: number; readonly stallSeconds: number; readonly stalled: boolean;
  readonly buffer: number; readonly minBuffer: number | null; readonly latency: number | null;
  readonly level: number; readonly autoLevel: boolean;
  readonly levels: readonly { readonly index: number; readonly name: string; readonly width: number; readonly height: number; readonly bitrate: number }[];
  readonly width: number; readonly height: number; readonly decodedFrames: number; readonly droppedFrames: number;
  readonly errorCount: number; readonly errors: readonly { readonly at: number; readonly type: string; readonly details: string; readonly fatal: boolean; readonly code: number | null }[];
  readonly restarts: number; readonly kicks: number;
}

export interface BrowserPlayOptions extends ChromiumOptions {
  /** Player page, e.g. https://live.test/watch/main. */
  readonly url: string;
  /** Seconds to watch after the picture runs. */
  readonly seconds: number;
  /** Until the picture runs at first, ms (30 s). */
  readonly startTimeoutMs?: number;
  /** PNG of the page at the end. */
  readonly screenshot?: string;
  /** Runs once the picture runs, beside the sampling (e.g. switch rungs, kill something). */
  readonly during?: (page: Page, viewer: Viewer) => Promise<void>;
}

export interface BrowserReport {
  readonly stats: PlayerStats;
  /** Every 100 ms. */
  readonly samples: readonly { readonly at: number; readonly currentTime: number; readonly buffer: number; readonly level: number; readonly stalled: boolean }[];
  /** Protocol of the page's requests, e.g. "h2", "h3", "http/1.1" → how many. */
  readonly protocols: Readonly<Record<string, number>>;
  /** Requests that failed or answered ≥ 400. */
  readonly failedRequests: readonly string[];
  /** Uncaught errors, and messages about the content security policy. */
  readonly pageErrors: readonly string[];
  readonly trust: "nss" | "pinned" | "none";
}

/** A page that is open, for tests that do more than watch. */
export interface Viewer {
  readonly page: Page;
  readonly trust: BrowserReport["trust"];
  stats(): Promise<PlayerStats>;
  /** Until the picture runs. */
  playing(timeoutMs?: number): Promise<PlayerStats>;
  /** Watches for so long, sampling each 100 ms, and reports. */
  watch(seconds: number): Promise<BrowserReport>;
  screenshot(file: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the page. Throws when it cannot be loaded (TLS, name, connection). */
export async function openViewer(o: ChromiumOptions & { readonly url: string }): Promise<Viewer> {
  const chromium = await launchChromium(o);
  try {
    const page = chromium.context.pages()[0] ?? (await chromium.context.newPage());
    const failedRequests: string[] = [], pageErrors: string[] = [];
    page.on("requestfailed", (r) => { if (r.failure()?.errorText !== "net::ERR_ABORTED") failedRequests.push(`${r.failure()?.errorText} ${r.url()}`); });
    page.on("response", (r) => { if (r.status() >= 400) failedRequests.push(`${r.status()} ${r.url()}`); });
    page.on("pageerror", (e) => pageErrors.push(e.message));
    page.on("console", (m) => { if (m.type() === "error" && /Content Security Policy|Uncaught/i.test(m.text())) pageErrors.push(m.text()); });
    await page.goto(o.url, { waitUntil: "domcontentloaded", timeout: 20_000 });
    const stats = async (): Promise<PlayerStats> => await page.evaluate("window.headend.stats()") as PlayerStats;
    const viewer: Viewer = {
      page, trust: chromium.trust, stats,
      playing: (timeoutMs = 30_000) => waitFor(async () => { const s = await stats(); return s.started && s.decodedFrames > 0 ? s : null; }, { what: `a moving picture on ${o.url}`, timeoutMs }),
      watch: async (seconds) => {
        const samples: BrowserReport["samples"][number][] = [];
        for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
          const s = await stats();
          samples.push({ at: Date.now(), currentTime: s.currentTime, buffer: s.buffer, level: s.level, stalled: s.stalled });
        }
        const used = await page.evaluate("performance.getEntries().map((e) => e.nextHopProtocol).filter(Boolean)") as string[];
        const protocols: Record<string, number> = {};
        for (const p of used) protocols[p] = (protocols[p] ?? 0) + 1;
        return { stats: await stats(), samples, protocols, failedRequests, pageErrors, trust: chromium.trust };
      },
      screenshot: async (file) => { mkdirSync(dirname(file), { recursive: true }); await page.screenshot({ path: file }); },
      close: () => chromium.close(),
    };
    return viewer;
  } catch (e) {
    await chromium.close();
    throw e;
  }
}

/** Opens the page, waits for the picture, watches, closes. */
export async function browserPlay(o: BrowserPlayOptions): Promise<BrowserReport> {
  const viewer = await openViewer(o);
  try {
    await viewer.playing(o.startTimeoutMs);
    const [report] = await Promise.all([viewer.watch(o.seconds), o.during?.(viewer.page, viewer)]);
    if (o.screenshot) await viewer.screenshot(o.screenshot);
    return report;
  } finally {
    await viewer.close();
  }
}
