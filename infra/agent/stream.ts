import { type FSWatcher, mkdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "./clock.ts";
import type { AgentStream } from "./config.ts";
import { Encoder } from "./encoder.ts";
import { fillArguments, firstSegment, isStale, lagOf, segmentAt } from "./grid.ts";
import { SwitchHistory } from "./history.ts";
import { InputSelector } from "./inputs.ts";
import { type Log, logFor } from "./log.ts";
import { limitsFor } from "./machine.ts";
import { manifest } from "./mpd.ts";
import { isWhole, mediaPlaylist, multivariantPlaylist, type Offer } from "./playlist.ts";
import type { Pathway } from "./pathways.ts";
import { KEEP, Publisher, type PublishedDir } from "./publisher.ts";
import type { Relay, RelayPath } from "./relay.ts";
import type { StreamStatus } from "./status.ts";
import { Sync } from "./sync.ts";

/** What a player is told: text, or why there is none. "gone" makes it leave a rendition that was removed. */
export type Answer = { readonly kind: "ok"; readonly text: string } | { readonly kind: "stale" | "unknown" | "gone" };

/** A stream with FFmpeg's arguments as rendered. */
export interface StreamSettings { readonly stream: AgentStream; readonly args: string }

/** One stream on this host: input choice, FFmpeg, publishing, playlists. */
export class StreamRunner {
  readonly inputs: InputSelector;
  readonly publisher: Publisher;
  private readonly encoder: Encoder;
  private readonly log: Log;
  private watchers: FSWatcher[] = [];
  /** After a clock step nothing is served until the restarted FFmpeg has published. */
  private withdrawn = false;
  private startAtNow = false;
  /** What it serves has other numbers than the other transcoders': better nothing. */
  clockWrong = false;
  private lastSweep = 0;
  private readonly sync = new Sync();
  private suspectedAt = 0;
  /** As the file says; null before the first look, when an earlier agent's may be there. */
  private marked: boolean | null = null;
  private readonly staging: string;

  constructor(private settings: StreamSettings, relay: Relay, private readonly workDir: string, private readonly clock: Clock) {
    const { name } = settings.stream;
    this.log = logFor(name);
    this.staging = join(workDir, "run", name);
    this.inputs = new InputSelector(settings.stream, relay, workDir, join(workDir, "override", name), new SwitchHistory(join(workDir, "switches", `${name}.jsonl`)), this.log, () => clock.wall());
    this.publisher = new Publisher(join(workDir, "pub", "live", name), this.staging, settings.stream.segmentSeconds, settings.stream.fps, (m) => this.log("error", m));
    this.configurePublisher();
    this.encoder = new Encoder({
      limits: () => limitsFor(this.stream.segmentSeconds, this.segmented),
      prepare: () => this.prepare(),
      mark: (frames) => (this.segmented ? this.publisher.newestOfRun() : frames > 0 ? frames : null),
      lag: () => { const k = this.segmented ? this.publisher.newestOfRun() : null; return k === null ? null : lagOf(k, clock.wall(), this.stream.segmentSeconds); },
    }, this.sync, workDir, clock, this.log);
  }

  get stream(): AgentStream { return this.settings.stream; }
  private get segmented(): boolean { return this.stream.out === null; }

  /** Takes new settings; FFmpeg restarts only when what it does changes. */
  configure(next: StreamSettings): void {
    const before = this.settings;
    this.settings = next;
    this.inputs.configure(next.stream);
    if (encoding(before) === encoding(next)) return;
    if (before.stream.segmentSeconds !== next.stream.segmentSeconds) {
      // Numbers mean other times now: nothing published before can be listed.
      rmSync(join(this.workDir, "pub", "live", next.stream.name), { recursive: true, force: true });
      this.publisher.configure([], next.stream.segmentSeconds, next.stream.fps, this.clock.mono());
    }
    this.configurePublisher();
    this.encoder.replace("its settings changed");
  }

  /** The wall clock jumped by `seconds`: what FFmpeg and the folders hold has other times. */
  clockStepped(seconds: number): void {
    this.log("error", `clock stepped by ${seconds.toFixed(2)} s; withdrawing playlists and restarting ffmpeg`);
    this.withdrawn = true;
    this.startAtNow = true;
    this.publisher.abandonRuns();
    const dropped = this.publisher.dropFuture(segmentAt(this.clock.wall(), this.stream.segmentSeconds));
    if (dropped > 0) this.log("warn", `deleted ${dropped} segments from the future`);
    this.encoder.replace("clock step");
  }

  /** At every look at the relay, with its paths (null = relay down). */
  poll(paths: ReadonlyMap<string, RelayPath> | null): void {
    const mono = this.clock.mono();
    this.inputs.poll(paths, mono);
    this.markWhole();
    if (mono - this.lastSweep > 1) { this.lastSweep = mono; this.publisher.sweep(mono); this.scan(); this.compareMedia(mono); }
  }

  /** Twice a second. */
  tick(relayUp: boolean): void { this.encoder.tick(relayUp); }

  /** A file by which nginx knows whether this transcoder is to be asked first; it serves segments without asking the agent. */
  private markWhole(): void {
    if (!this.segmented) return;
    const whole = this.dirs().every(({ dir }) => this.isWhole(dir));
    if (whole === this.marked) return;
    const folder = join(this.workDir, "pub", "whole"), file = join(folder, this.stream.name);
    try {
      if (whole) { mkdirSync(folder, { recursive: true }); writeFileSync(file, ""); } else rmSync(file, { force: true });
      this.marked = whole;
    } catch { /* a full disk: tried again at the next look */ }
  }

  scan(): void {
    const linked = this.publisher.scan();
    if (linked > 0 && this.withdrawn) { this.withdrawn = false; this.log("info", "serving again after the clock step"); }
  }

  /** Ends the stream's processes. `release` also clears its forwards at the relay and deletes its files. */
  async stop(release: boolean): Promise<void> {
    this.encoder.stop();
    this.unwatch();
    if (!release) { this.inputs.close(); return; }
    await this.inputs.release();
    for (const folder of [this.staging, join(this.workDir, "pub", "live", this.stream.name), join(this.workDir, "pub", "whole", this.stream.name), join(this.workDir, "override", this.stream.name), join(this.workDir, "switches", `${this.stream.name}.jsonl`)]) rmSync(folder, { recursive: true, force: true });
  }

  multivariant(ways: readonly Pathway[]): Answer {
    const offer = this.offer();
    return offer === null ? { kind: "stale" } : { kind: "ok", text: multivariantPlaylist(this.stream, offer, ways) };
  }

  /** `whole`: only if no segment of the window is missing and the relay has its inputs, because another transcoder may have them all. */
  media(dir: string, whole: boolean): Answer {
    const numbers = this.publisher.numbers(dir);
    if (numbers === null) return { kind: this.publisher.isRemoved(dir) ? "gone" : "unknown" };
    const newest = this.publisher.newestOf(dir);
    if (newest === null || this.isWithdrawn(dir) || (whole && !this.isWhole(dir))) return { kind: "stale" };
    const text = mediaPlaylist(numbers, newest, this.stream.segmentSeconds);
    return text === null ? { kind: "stale" } : { kind: "ok", text };
  }

  /** Nothing of a rendition's window is missing, nor are this host's inputs. */
  private isWhole(dir: string): boolean {
    const numbers = this.publisher.numbers(dir), newest = this.publisher.newestOf(dir);
    return numbers !== null && newest !== null && !this.isWithdrawn(dir) && isWhole(numbers, newest) && !this.inputs.resuming(this.clock.mono());
  }

  mpd(whole: boolean): Answer {
    if (!this.stream.dash) return { kind: "unknown" };
    if (whole && !this.dirs().every(({ dir }) => this.isWhole(dir))) return { kind: "stale" };
    const offer = this.offer();
    return offer === null ? { kind: "stale" } : { kind: "ok", text: manifest(this.stream, offer, this.clock.wall() * 1000, KEEP - 8) };
  }

  /** Standard: every rendition has a fresh playlist. Low and ultra: FFmpeg delivers. */
  get healthy(): boolean {
    return this.segmented ? this.dirs().every(({ dir }) => !this.isWithdrawn(dir)) : this.encoder.running;
  }

  status(): StreamStatus {
    const newest = this.segmented ? this.publisher.newest(this.clock.wall()) : null;
    return {
      name: this.stream.name, latency: this.stream.latency, healthy: this.healthy,
      active: this.inputs.shown(this.clock.mono()) ?? "slate", override: this.inputs.currentOverride,
      inputs: this.inputs.status(this.clock.mono()), lastSwitch: this.inputs.history.list.at(-1) ?? null, history: this.inputs.history.list, switches: this.inputs.switches,
      ffmpeg: this.encoder.status(), newest,
      lag: newest === null ? null : Number(lagOf(newest, this.clock.wall(), this.stream.segmentSeconds).toFixed(3)),
    };
  }

  private offer(): Offer | null {
    const audio = this.publisher.init(this.stream.audio.dir);
    if (audio === null || this.isWithdrawn(this.stream.audio.dir)) return null;
    const video = this.stream.renditions.flatMap((rendition) => {
      const init = this.isWithdrawn(rendition.dir) ? null : this.publisher.init(rendition.dir);
      return init === null ? [] : [{ rendition, init }];
    });
    return video.length === 0 && this.stream.renditions.length > 0 ? null : { video, audio };
  }

  private isWithdrawn(dir: string): boolean {
    const newest = this.publisher.newestOf(dir);
    return this.withdrawn || this.clockWrong || newest === null || isStale(newest, this.clock.wall(), this.stream.segmentSeconds);
  }

  private dirs(): PublishedDir[] {
    if (!this.segmented) return [];
    return [...this.stream.renditions.map((r): PublishedDir => ({ dir: r.dir, kind: "video" })), { dir: this.stream.audio.dir, kind: "audio" }];
  }

  private configurePublisher(): void {
    if (this.segmented) this.publisher.configure(this.dirs(), this.stream.segmentSeconds, this.stream.fps, this.clock.mono());
  }

  private prepare(): { args: readonly string[]; cwd: string } {
    const seconds = this.stream.segmentSeconds;
    const wall = this.clock.wall();
    this.scan();
    const first = firstSegment(this.startAtNow ? null : this.publisher.newest(wall), wall, seconds);
    this.startAtNow = false;
    if (!this.segmented) return { args: fillArguments(this.settings.args, first, seconds, this.workDir, this.sync.text), cwd: this.workDir };
    const run = this.publisher.beginRun(first, Math.floor(wall * 1000));
    this.watch(run);
    this.log("info", `starting ffmpeg at segment ${first}, ${segmentAt(wall, seconds) - first} behind the clock`);
    return { args: fillArguments(this.settings.args, first, seconds, run, this.sync.text), cwd: run };
  }

  /** FFmpeg renames its playlist into place when a segment is complete. */
  private watch(run: string): void {
    this.unwatch();
    this.watchers = this.dirs().map(({ dir }) => watch(join(run, dir), { persistent: false }, (_, name) => { if (name === "ff.m3u8") this.scan(); }));
    for (const w of this.watchers) w.on("error", () => undefined);
  }

  private unwatch(): void { for (const w of this.watchers) w.close(); this.watchers = []; }

  /** One medium advances and the other does not: perhaps its packets stopped although the track is still announced. */
  private compareMedia(mono: number): void {
    if (!this.segmented || this.stream.renditions.length === 0 || mono - this.suspectedAt < 10) return;
    const video = this.publisher.newestOfRun("video");
    const audio = this.publisher.newestOfRun("audio");
    if (video === null && audio === null) return;
    if (Math.abs((video ?? -Infinity) - (audio ?? -Infinity)) >= 2) { this.suspectedAt = mono; this.inputs.suspect(); }
  }
}

/** What FFmpeg's work depends on; a change of anything else leaves its process alone. */
function encoding({ stream, args }: StreamSettings): string {
  return JSON.stringify([args, stream.segmentSeconds, stream.fps, stream.air, stream.out, stream.renditions.map((r) => r.dir), stream.audio.dir]);
}
