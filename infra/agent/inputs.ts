import { AirWatch, type Standing } from "./air-watch.ts";
import type { AgentStream } from "./config.ts";
import type { Log } from "./log.ts";
import { Normaliser } from "./normaliser.ts";
import { OverrideFile } from "./override.ts";
import type { RelayControl, RelayPath } from "./relay.ts";
import type { SwitchHistory } from "./history.ts";
import { adopt, afterRelay, choose, initialSelection, type Override, type Selection } from "./selection.ts";
import type { InputStatus } from "./status.ts";
import { Probe, type StartProbe } from "./probe.ts";
import { judge, type Verdict } from "./tracks.ts";

/** An online input without a byte for this long is not live (seconds); the relay itself needs 4 s to notice. */
const SILENT_AFTER = 2;
/** An input that could not be brought on air is left out for this long (seconds). */
const FAULT_SECONDS = 10;
/** Multiplexers connect to a relay again within this (seconds): MediaMTX tries each 5 s. */
const TROUBLE = 8;
/** The relay is asked this often where a forward runs to (seconds). */
const CONFIRM_EVERY = 0.5;
/** An input waits at most this long for the look at its packets, which takes 0.3 s when both media are sent. */
const PROBE_SECONDS = 2.5;
/** An input that the relay lost with everything else needs no look at its packets when it is back within this (seconds). */
const TRUSTED_SECONDS = 30;

interface Seen { bytes: number; changedAt: number; source: string | null; sampleAt: number; sampleBytes: number; bps: number; probe: ReturnType<StartProbe> | null; /** Its packets were looked at: it may go on air. */ ready: boolean; since: number }

/** What is set up at the relay; undefined = unknown. */
type Applied = { readonly path: string | null; readonly key: string } | undefined;

/**
 * Brings one stream's chosen input on air: by patching `forward` on the relay's input paths, or through a normalising FFmpeg. The air
 * path itself is never touched. It holds no state that the relay does not: after any doubt it looks at everything and sets what differs.
 */
export class InputSelector {
  private selection: Selection = initialSelection;
  private readonly seen = new Map<string, Seen>();
  private readonly faults = new Map<string, { until: number; reason: string }>();
  /** Inputs whose direct forward the relay refused, until their publisher's connection changes. */
  private readonly mustNormalise = new Map<string, { source: string | null; reason: string }>();
  private applied: Applied;
  /** What was set last, and since when; null for the slate. It stands over doubts, so that what never gets on air is found out. */
  private standing: Standing | null = null;
  /** So far: one that comes while something is being set counts for the next look. */
  private doubts = 0;
  /** What forwards to the air path lost it, and would wait 5 s to try again: it is set anew. */
  private kick = false;
  private airSince: string | null = null;
  private adoption: "due" | "asking" | "done" = "due";
  /** Until when an input is trusted to be what it was. */
  private readonly trusted = new Map<string, number>();
  private relayLost = false;
  /** What is missing until then is missing because the relay was away. */
  private troubleUntil = 0;
  private readonly air = new AirWatch();
  private busy = false;
  private confirmedAt = -Infinity;
  private closed = false;
  private readonly normaliser: Normaliser;
  private readonly override: OverrideFile;
  private paths: ReadonlyMap<string, RelayPath> = new Map();
  switches = 0;

  constructor(
    private stream: AgentStream, private readonly relay: RelayControl, private readonly workDir: string, overrideFile: string, readonly history: SwitchHistory,
    private readonly log: Log, private readonly wall: () => number, private readonly startProbe: StartProbe = (...of) => new Probe(...of),
  ) {
    this.override = new OverrideFile(overrideFile);
    this.normaliser = new Normaliser(workDir, log);
  }

  configure(stream: AgentStream): void {
    if (JSON.stringify([stream.inputs, stream.audio, stream.air]) !== JSON.stringify([this.stream.inputs, this.stream.audio, this.stream.air])) this.doubt();
    const gone = this.stream.inputs.filter((i) => !stream.inputs.some((j) => j.path === i.path));
    this.stream = stream;
    for (const { path } of gone) { this.seen.get(path)?.probe?.stop(); this.seen.delete(path); this.faults.delete(path); this.mustNormalise.delete(path); }
    if (this.selection.active !== null && gone.some((i) => i.path === this.selection.active)) this.selection = { ...this.selection, active: null };
  }

  get currentOverride(): Override { return this.override.current; }
  get active(): string | null { return this.selection.active; }
  /** Input that viewers see; null for the slate. A moment without, while inputs change, is no slate. */
  shown(mono: number): string | null { return this.air.isOff(mono) ? null : this.selection.active; }
  /** Nothing is on air, and this host's own relay is to blame: another transcoder may have what viewers should see. */
  resuming(mono: number): boolean { return this.relayLost || (mono < this.troubleUntil && this.shown(mono) === null); }
  private get airUrl(): string { return `${this.relay.rtmp}/${this.stream.air}`; }

  setOverride(override: Override): void {
    this.override.set(override);
    this.log("info", `override set to ${override}`);
  }

  /** The relay may not do what it was told: the next look asks it. */
  doubt(): void { this.applied = undefined; this.doubts += 1; }

  /** FFmpeg gets video but no audio (or the other way round) although both are announced: look at the packets themselves. */
  suspect(): void {
    const { active } = this.selection;
    if (active !== null) this.probe(active);
  }

  /** One look at the relay (null = it does not answer). Call it every 100 ms while anything changes. */
  poll(paths: ReadonlyMap<string, RelayPath> | null, mono: number): void {
    if (this.closed) return;
    if (paths === null) {
      this.doubt();
      this.paths = new Map();
      this.relayLost = true;
      this.troubleUntil = mono + TROUBLE;
      this.air.blind(mono);
      return;
    }
    this.relayLost = false;
    this.paths = paths;
    if (this.adoption !== "done") { if (this.adoption === "due") void this.adopt(paths, mono); return; }
    this.watchRelay(paths, mono);
    for (const { path } of this.stream.inputs) this.observe(path, paths.get(path), mono);
    const candidates = this.stream.inputs.map(({ path, publisher }) => ({ path, publisher, live: this.isLive(path, mono) }));
    const before = this.selection.active;
    const { selection, reason } = choose(this.selection, candidates, this.override.current, mono);
    this.selection = selection;
    if (reason !== null) this.note(before, selection.active, reason);
    this.checkAir(paths.get(this.stream.air), mono);
    void this.apply(mono);
  }

  close(): void {
    this.closed = true;
    this.normaliser.stop();
    for (const s of this.seen.values()) s.probe?.stop();
  }

  /** Ends forwarding of every input, for a stream that leaves this host while the relay still has its paths. */
  async release(): Promise<void> {
    this.close();
    await Promise.allSettled(this.stream.inputs.map((i) => this.relay.setForward(i.path, [])));
  }

  status(mono: number): InputStatus[] {
    return this.stream.inputs.map((input) => {
      const path = this.paths.get(input.path);
      const seen = this.seen.get(input.path);
      const verdict = path?.online ? this.verdict(input.path) : null;
      const fault = this.faults.get(input.path);
      return {
        path: input.path, publisher: input.publisher, multiplexer: input.multiplexer,
        online: path?.online ?? false, live: this.isLive(input.path, mono), active: this.selection.active === input.path,
        tracks: path?.tracks ?? [], bps: path?.online && seen ? Math.round(seen.bps) : 0,
        handling: verdict?.kind ?? null,
        reasons: [...(verdict && verdict.kind !== "direct" ? verdict.reasons : []), ...(fault && fault.until > mono ? [fault.reason] : []), ...(path?.online && seen && mono - seen.changedAt > SILENT_AFTER ? [`no data for ${(mono - seen.changedAt).toFixed(1)} s`] : [])],
      };
    });
  }

  /** An agent that starts beside a running relay goes on with what is on air. */
  private async adopt(paths: ReadonlyMap<string, RelayPath>, mono: number): Promise<void> {
    this.adoption = "asking";
    try {
      for (const { path } of this.stream.inputs) {
        if (!paths.get(path)?.online || !(await this.relay.forwardOf(path)).includes(this.airUrl)) continue;
        this.log("info", `${path} is on air already`);
        this.selection = adopt(path, mono);
        this.trusted.set(path, mono + TRUSTED_SECONDS);
        break;
      }
      this.adoption = "done";
    } catch { this.adoption = "due"; }
  }

  /** Notices that the relay, or the air path alone (another slate), has begun anew. */
  private watchRelay(paths: ReadonlyMap<string, RelayPath>, mono: number): void {
    const since = paths.get(this.stream.air)?.since ?? this.airSince;
    const anew = this.airSince !== null && since !== this.airSince;
    this.airSince = since;
    if (!anew) return;
    this.doubt();
    this.kick = true;
    this.troubleUntil = mono + TROUBLE;
    const lost = [...this.seen].filter(([path, seen]) => paths.get(path)?.source !== seen.source);
    for (const [path, seen] of lost) if (seen.ready && !seen.probe?.missing.audio && !seen.probe?.missing.video) this.trusted.set(path, mono + TRUSTED_SECONDS);
    const { active } = this.selection;
    if (active === null || !lost.some(([path]) => path === active)) return;
    this.selection = afterRelay(this.selection, mono);
    this.note(active, null, "the relay began anew");
  }

  private observe(name: string, path: RelayPath | undefined, mono: number): void {
    const previous = this.seen.get(name);
    if (!path?.online) { previous?.probe?.stop(); this.seen.delete(name); return; }
    if (!previous || previous.source !== path.source) {
      previous?.probe?.stop();
      const trusted = (this.trusted.get(name) ?? 0) > mono;
      this.trusted.delete(name);
      this.seen.set(name, { bytes: path.bytes, changedAt: mono, source: path.source, sampleAt: mono, sampleBytes: path.bytes, bps: 0, probe: null, ready: trusted || path.tracks.length < 2, since: mono });
      const forced = this.mustNormalise.get(name);
      if (forced && trusted) this.mustNormalise.set(name, { ...forced, source: path.source });
      else if (forced && forced.source !== path.source) this.mustNormalise.delete(name);
      this.faults.delete(name);
      if (path.tracks.length > 1) this.probe(name);
      return;
    }
    previous.ready ||= previous.probe === null || previous.probe.settled || mono - previous.since > PROBE_SECONDS;
    if (path.bytes !== previous.bytes) { previous.bytes = path.bytes; previous.changedAt = mono; }
    if (mono - previous.sampleAt >= 2) {
      previous.bps = ((path.bytes - previous.sampleBytes) * 8) / (mono - previous.sampleAt);
      previous.sampleAt = mono;
      previous.sampleBytes = path.bytes;
    }
  }

  private probe(name: string): void {
    const seen = this.seen.get(name);
    if (!seen || (seen.probe !== null && !seen.probe.done)) return;
    seen.probe = this.startProbe(`${this.relay.rtsp}/${name}`, this.workDir, (message) => this.log("info", `${name}: ${message}`));
  }

  private isLive(name: string, mono: number): boolean {
    const seen = this.seen.get(name);
    if (!seen?.ready || mono - seen.changedAt > SILENT_AFTER) return false;
    if ((this.faults.get(name)?.until ?? 0) > mono) return false;
    return this.verdict(name).kind !== "refuse";
  }

  private verdict(name: string): Verdict {
    const tracks = this.paths.get(name)?.tracks ?? [];
    const missing = this.seen.get(name)?.probe?.missing ?? { audio: false, video: false };
    const verdict = judge(tracks, this.stream.audio.channels, missing);
    const forced = this.mustNormalise.get(name);
    if (verdict.kind !== "direct" || !forced) return verdict;
    return { kind: "normalise", rtmp: true, video: "copy", audio: "encode", reasons: [`the relay refused it as it is (${forced.reason}): re-encoding audio`] };
  }

  private note(from: string | null, to: string | null, reason: string): void {
    this.history.add({ from, to, reason, at: new Date(this.wall() * 1000).toISOString() });
    this.switches += 1;
    this.log(to === null ? "warn" : "info", `switch ${from ?? "slate"} -> ${to ?? "slate"} (${reason})`);
  }

  private checkAir(air: RelayPath | undefined, mono: number): void {
    const set = this.standing?.path === this.selection.active ? this.standing : null;
    const needs = this.air.look(air, set, mono);
    if (set === null || this.busy) return;
    if (needs === "diagnose") void this.diagnose(set, mono);
    else if (needs === "confirm" && this.applied !== undefined) void this.confirmForward(set, mono);
  }

  private async confirmForward(set: Standing, mono: number): Promise<void> {
    if (mono - this.confirmedAt < CONFIRM_EVERY) return;
    this.confirmedAt = mono;
    try {
      // Not what its configuration says: that may be right already, and then setting it again changes nothing.
      const forward = (await this.relay.running(set.path)).find((f) => f.dest === this.airUrl);
      if (this.standing !== set) return;
      if (forward === undefined) {
        this.log("info", `relay lost the forward of ${set.path}; setting it again`);
        this.kick = true;
        this.doubt();
      } else if (forward.failed) this.again(set, forward.error, mono);
    } catch { this.doubt(); }
  }

  /** Sets a forward anew that ended, once: MediaMTX itself waits 5 s. @returns whether it was not yet */
  private again(set: Standing, error: string, mono: number): boolean {
    if (!this.air.mayRetry(set, mono)) return false;
    this.log("info", `${set.path} lost its way on air (${error}); connecting it again`);
    this.kick = true;
    this.doubt();
    return true;
  }

  private async diagnose(set: Standing, mono: number): Promise<void> {
    this.busy = true;
    const { path } = set;
    try {
      // An error of before says nothing of now: a relay that stood still has them from all its connections.
      const forward = set.direct ? (await this.relay.running(path)).find((f) => f.error !== "") : undefined;
      const error = set.direct ? forward?.error ?? null : "its normaliser gets nothing on air";
      if (forward !== undefined && this.again(set, forward.error, mono)) return;
      if (set.direct && error !== null && !this.mustNormalise.has(path)) {
        this.mustNormalise.set(path, { source: this.seen.get(path)?.source ?? null, reason: error });
        this.log("warn", `${path} was refused on air: ${error}`);
      } else {
        const reason = `could not be brought on air: ${error ?? "no error given"}`;
        this.faults.set(path, { until: mono + FAULT_SECONDS, reason });
        this.log("warn", `${path} ${reason}; left out for ${FAULT_SECONDS} s`);
      }
      this.standing = null;
      this.doubt();
    } catch { this.doubt(); } finally { this.busy = false; }
  }

  /** Makes the relay match the selection. Clears the old input first: with two, they evict each other every 5 s. */
  private async apply(mono: number): Promise<void> {
    const path = this.selection.active;
    const verdict = path === null ? null : this.verdict(path);
    const key = path === null || verdict === null ? "slate" : `${path} ${verdict.kind === "normalise" ? `${verdict.video}/${verdict.audio} ${this.seen.get(path)?.source}` : verdict.kind}`;
    if (this.busy || this.applied?.key === key) { if (!this.busy && verdict?.kind === "normalise" && this.normaliser.isDue(mono)) this.doubt(); return; }
    this.busy = true;
    const { doubts, kick } = this;
    this.kick = false;
    try {
      const before = this.applied;
      if (this.normaliser.key !== key) this.normaliser.stop();
      for (const input of this.stream.inputs) {
        const direct = input.path === path && verdict?.kind === "direct";
        if (!direct && (before === undefined || before.path === input.path)) await this.clear(input.path);
      }
      if (path !== null && verdict?.kind === "direct") {
        const now = await this.relay.forwardOf(path);
        if (kick && now.length > 0) await this.relay.setForward(path, []);
        if (kick || now.length !== 1 || now[0] !== this.airUrl) await this.relay.setForward(path, [this.airUrl]);
      } else if (path !== null && verdict?.kind === "normalise" && !this.normaliser.running && !this.closed) this.normaliser.start(this.stream, this.relay, path, key, verdict);
      this.applied = doubts === this.doubts ? { path, key } : undefined;
      if (this.standing?.key !== key) this.standing = path === null ? null : { path, key, direct: verdict?.kind === "direct", since: mono };
    } catch (error) {
      this.doubt();
      this.kick ||= kick;
      this.log("warn", `could not set the input: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    } finally { this.busy = false; }
  }

  private async clear(path: string): Promise<void> {
    // A path that has just left the relay's configuration needs no clearing.
    try { if ((await this.relay.forwardOf(path)).length > 0) await this.relay.setForward(path, []); } catch (error) { if (!/answered 404/.test((error as Error).message)) throw error; }
  }
}
