import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type InitInfo, readInit } from "./mp4.ts";
import { WINDOW } from "./playlist.ts";
import { isComplete, listedSegments, tolerance } from "./staging.ts";

/** Segments kept beyond the playlist window, for slow players and DASH seeking. */
export const KEEP = WINDOW + 40;
/** Files of a rendition that left the ladder stay this long, so that its viewers can finish what they have listed. */
const REMOVED_AFTER_SECONDS = 60;
const INIT = "init.mp4";

export interface PublishedDir { readonly dir: string; readonly kind: "video" | "audio" }

interface Rendition {
  readonly kind: "video" | "audio";
  readonly numbers: Set<number>;
  init: { readonly mtimeMs: number; readonly info: InitInfo | null } | null;
}

interface Run { readonly path: string; readonly first: number; readonly dirs: readonly PublishedDir[]; readonly stamps: Map<string, number>; readonly newest: Map<string, number> }

/**
 * Hard-links complete segments from staging to the served folder. Rule: a published number is never replaced, a partial segment is
 * never linked (knowledge: continuity 9.2). Both folders are on one file system. Stateless across restarts: it reads the served folder.
 */
export class Publisher {
  private renditions = new Map<string, Rendition>();
  private readonly removed = new Map<string, number>();
  private runs: Run[] = [];

  constructor(private readonly served: string, private readonly staging: string, private seconds: number, private fps: number, private readonly warn: (message: string) => void) {}

  /** Sets what is published. Folders no longer named answer as gone and are deleted a minute later. `mono` in seconds. */
  configure(dirs: readonly PublishedDir[], seconds: number, fps: number, mono: number): void {
    this.seconds = seconds;
    this.fps = fps;
    mkdirSync(this.served, { recursive: true });
    const next = new Map<string, Rendition>();
    for (const { dir, kind } of dirs) {
      mkdirSync(join(this.served, dir), { recursive: true });
      next.set(dir, this.renditions.get(dir) ?? { kind, numbers: new Set(numbersIn(join(this.served, dir))), init: null });
      this.removed.delete(dir);
    }
    for (const dir of readdirSync(this.served)) if (!next.has(dir) && !this.removed.has(dir)) this.removed.set(dir, mono);
    this.renditions = next;
  }

  /** Makes the staging folder of a new FFmpeg run that begins at segment `first`; only the run before it is kept. */
  beginRun(first: number, nowMs: number): string {
    const path = join(this.staging, `${nowMs}_${first}`);
    const dirs = [...this.renditions].map(([dir, r]) => ({ dir, kind: r.kind }));
    for (const { dir } of dirs) mkdirSync(join(path, dir), { recursive: true });
    this.runs = [...this.runs.slice(-1), { path, first, dirs, stamps: new Map(), newest: new Map() }];
    for (const name of readdirSync(this.staging)) if (!this.runs.some((r) => r.path === join(this.staging, name))) rmSync(join(this.staging, name), { recursive: true, force: true });
    return path;
  }

  /** Forgets what FFmpeg made so far: after a clock step its numbers mean other times. */
  abandonRuns(): void { this.runs = []; }

  /** Links what is complete. Returns how many segments are new. */
  scan(): number {
    let linked = 0;
    for (const run of this.runs) for (const { dir, kind } of run.dirs) linked += this.scanDir(run, dir, kind);
    return linked;
  }

  /** Deletes old numbers and, in time, removed folders. Call about once a second. */
  sweep(mono: number): void {
    for (const [dir, r] of this.renditions) {
      const newest = newestIn(r.numbers);
      if (newest === null) continue;
      for (const k of r.numbers) if (k <= newest - KEEP) this.drop(dir, r, k);
    }
    for (const [dir, since] of this.removed) {
      if (mono - since <= REMOVED_AFTER_SECONDS) continue;
      rmSync(join(this.served, dir), { recursive: true, force: true });
      this.removed.delete(dir);
    }
  }

  /** Deletes numbers above `current`: filler from a time that the clock has left, which "never replaced" would keep. */
  dropFuture(current: number): number {
    let dropped = 0;
    for (const [dir, r] of this.renditions) for (const k of [...r.numbers]) if (k > current) { this.drop(dir, r, k); dropped += 1; }
    return dropped;
  }

  /** Newest number that every rendition with recent segments has; null when there is none. A new rung does not hold the others back. */
  newest(wallS: number): number | null {
    const recent = Math.floor(wallS / this.seconds) - 6;
    const all = [...this.renditions.values()].map((r) => newestIn(r.numbers)).filter((k): k is number => k !== null && k >= recent);
    return all.length === 0 ? null : Math.min(...all);
  }

  /** Newest number the current run has completed in all (or all of one kind of) renditions, published or not; null while one lacks any. */
  newestOfRun(kind?: "video" | "audio"): number | null {
    const run = this.runs.at(-1);
    if (!run) return null;
    const dirs = run.dirs.filter((d) => kind === undefined || d.kind === kind);
    const all = dirs.map((d) => run.newest.get(d.dir));
    return all.length === 0 || all.some((k) => k === undefined) ? null : Math.min(...(all as number[]));
  }

  numbers(dir: string): ReadonlySet<number> | null { return this.renditions.get(dir)?.numbers ?? null; }
  newestOf(dir: string): number | null { const r = this.renditions.get(dir); return r ? newestIn(r.numbers) : null; }
  isRemoved(dir: string): boolean { return this.removed.has(dir); }

  /** What the published init segment of a rendition says; null when there is none yet. */
  init(dir: string): InitInfo | null {
    const r = this.renditions.get(dir);
    if (!r) return null;
    const path = join(this.served, dir, INIT);
    try {
      const { mtimeMs } = statSync(path);
      if (r.init?.mtimeMs !== mtimeMs) r.init = { mtimeMs, info: readInit(readFileSync(path)) };
      return r.init.info;
    } catch { return null; }
  }

  private scanDir(run: Run, dir: string, kind: "video" | "audio"): number {
    const playlist = join(run.path, dir, "ff.m3u8");
    let text: string;
    try {
      const { mtimeMs, ino } = statSync(playlist);
      const stamp = mtimeMs + ino;
      if (run.stamps.get(dir) === stamp) return 0;
      text = readFileSync(playlist, "utf8");
      run.stamps.set(dir, stamp);
    } catch { return 0; }
    const rendition = this.renditions.get(dir);
    if (!rendition || !this.publishInit(run, dir)) { run.stamps.delete(dir); return 0; }
    let linked = 0;
    for (const listed of listedSegments(text)) {
      const { number } = listed;
      if (number < run.first || !isComplete(listed, this.seconds, tolerance(kind, this.fps))) continue;
      if (number > (run.newest.get(dir) ?? -1)) run.newest.set(dir, number);
      if (rendition.numbers.has(number)) continue;
      if (!link(join(run.path, dir, `${number}.m4s`), join(this.served, dir, `${number}.m4s`))) continue;
      rendition.numbers.add(number);
      linked += 1;
    }
    return linked;
  }

  /** The folder's name holds a hash of every encoder setting, so an init segment should never differ from the one published. */
  private publishInit(run: Run, dir: string): boolean {
    const target = join(this.served, dir, INIT);
    const source = [join(run.path, dir, INIT), join(run.path, dir, `init_${dir}.mp4`), join(run.path, `init_${dir}.mp4`)].find((p) => existsSync(p));
    if (source === undefined) return existsSync(target);
    if (run.stamps.has(`${dir}/init`)) return true;
    const bytes = readFileSync(source);
    if (bytes.length === 0) return false;
    if (existsSync(target)) {
      if (!readFileSync(target).equals(bytes)) {
        this.warn(`${dir}: FFmpeg made another init segment than before; players of this rendition must reload (was FFmpeg upgraded?)`);
        link(source, `${target}.new`);
        renameSync(`${target}.new`, target);
      }
    } else if (!link(source, target)) return false;
    run.stamps.set(`${dir}/init`, 1);
    return true;
  }

  private drop(dir: string, rendition: Rendition, k: number): void {
    rendition.numbers.delete(k);
    rmSync(join(this.served, dir, `${k}.m4s`), { force: true });
  }
}

function link(from: string, to: string): boolean {
  try { linkSync(from, to); return true; } catch (error) { return (error as NodeJS.ErrnoException).code === "EEXIST"; }
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => { const m = /^(\d+)\.m4s$/.exec(name); return m ? [Number(m[1])] : []; });
}

function newestIn(numbers: ReadonlySet<number>): number | null {
  let newest: number | null = null;
  for (const k of numbers) if (newest === null || k > newest) newest = k;
  return newest;
}
