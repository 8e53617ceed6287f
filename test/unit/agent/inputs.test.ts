import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentStream } from "../../../infra/agent/config.ts";
import { SwitchHistory } from "../../../infra/agent/history.ts";
import { InputSelector } from "../../../infra/agent/inputs.ts";
import type { RelayControl, RelayPath, RunningForward } from "../../../infra/agent/relay.ts";

const RTSP = "rtsp://127.0.0.1:8554", RTMP = "rtmp://127.0.0.1:1935";
const AIR = `${RTMP}/air/main`;
const A = "in/main/a/mux", B = "in/main/b/mux";
const stream: AgentStream = {
  name: "main", latency: "standard", segmentSeconds: 2, fps: 30, air: "air/main", out: null, renditions: [], dash: false, ffmpegArgs: "ffmpeg/main.args",
  audio: { dir: "audio", channels: 2, bitrateKbps: 96 }, inputs: ["a", "b"].map((publisher) => ({ path: `in/main/${publisher}/mux`, publisher, multiplexer: "mux" })),
};
const tracks = [{ codec: "H264", sampleRate: null, channels: null, width: 1280, height: 720 }, { codec: "MPEG-4 Audio", sampleRate: 48_000, channels: 2, width: null, height: null }];

/** A relay with two inputs; its forwards are lost with it, or with a reload of its file. */
class FakeRelay implements RelayControl {
  readonly rtsp = RTSP;
  readonly rtmp = RTMP;
  readonly forwards = new Map<string, readonly string[]>();
  /** Where MediaMTX goes on with something else than its configuration says. */
  readonly runs = new Map<string, readonly string[]>();
  /** Forwards that ended; those of `refuses` end whenever they are set. */
  readonly ended = new Set<string>();
  readonly refuses = new Set<string>();
  readonly told: string[] = [];
  readonly sources = new Map<string, string>();
  since = "1";
  private connections = 0;

  connect(...paths: string[]): void { for (const path of paths) this.sources.set(path, `c${++this.connections}`); }
  restart(): void { this.sources.clear(); this.forwards.clear(); this.since += "1"; }

  get onAir(): string[] { return [...this.forwards].filter(([path, to]) => (this.runs.get(path) ?? to).includes(AIR) && !this.ended.has(path) && this.sources.has(path)).map(([path]) => path); }

  paths(mono: number): Map<string, RelayPath> {
    const path = (name: string, source: string | null): RelayPath => ({ name, online: source !== null, bytes: Math.round(mono * 1e5), tracks: source === null ? [] : tracks, source, since: name === "air/main" ? this.since : null });
    return new Map([path("air/main", this.onAir[0] ?? null), ...[A, B].map((name) => path(name, this.sources.get(name) ?? null))].map((p) => [p.name, p]));
  }

  forwardOf(path: string): Promise<readonly string[]> { return Promise.resolve(this.forwards.get(path) ?? []); }
  setForward(path: string, to: readonly string[]): Promise<void> {
    this.told.push(`${path} ${to.length}`);
    if (JSON.stringify(to) !== JSON.stringify(this.forwards.get(path) ?? [])) {
      this.runs.delete(path);
      if (this.refuses.has(path)) this.ended.add(path); else this.ended.delete(path);
    }
    if (to.length === 0) this.forwards.delete(path); else this.forwards.set(path, to);
    return Promise.resolve();
  }
  running(path: string): Promise<RunningForward[]> { return Promise.resolve((this.runs.get(path) ?? this.forwards.get(path) ?? []).map((dest) => ({ dest, failed: this.ended.has(path), error: this.ended.has(path) ? "broken pipe" : "" }))); }
}

class Lab {
  readonly relay = new FakeRelay();
  readonly inputs: InputSelector;
  readonly onAir: string[] = [];
  mono = 1000;
  relayAnswers = true;
  /** How long a look at packets takes (seconds). */
  probing = 1;

  constructor(relay?: FakeRelay) {
    if (relay) this.relay = relay;
    const folder = mkdtempSync(join(tmpdir(), "inputs-"));
    this.inputs = new InputSelector(stream, this.relay, folder, join(folder, "override"), new SwitchHistory(join(folder, "switches")), () => undefined, () => 1_800_000_000 + this.mono, () => {
      const until = this.mono + this.probing, settled = (): boolean => this.mono >= until;
      return { get settled() { return settled(); }, get done() { return settled(); }, missing: { audio: false, video: false }, stop: () => undefined };
    });
  }

  /** Lets time pass, looking ten times a second; adds "second:path" to `onAir` when what is on air changes. */
  async pass(seconds: number): Promise<void> {
    const end = Math.round((this.mono + seconds) * 10);
    for (let tenth = Math.round(this.mono * 10); tenth < end; tenth++) {
      this.mono = tenth / 10;
      this.inputs.poll(this.relayAnswers ? this.relay.paths(this.mono) : null, this.mono);
      await new Promise((resolve) => setImmediate(resolve));
      const now = this.relay.onAir.join("+") || "slate";
      if (!this.onAir.at(-1)?.endsWith(`:${now}`)) this.onAir.push(`${((tenth - 10_000) / 10).toFixed(1)}:${now}`);
    }
    this.mono = end / 10;
  }

  get reasons(): string[] { return this.inputs.history.list.map((s) => s.reason); }
}

describe("inputs on a relay", () => {
  it("go on air after a look at their packets", async () => {
    const lab = new Lab();
    lab.relay.connect(A, B);
    await lab.pass(3);
    expect(lab.onAir).toEqual(["0.0:slate", "1.1:in/main/a/mux"]);
    expect(lab.reasons).toEqual([`${A} came`]);
  });

  it("are connected again when their way on air ended, as by a relay that stood still, and are what they were", async () => {
    const lab = new Lab();
    lab.relay.connect(A);
    await lab.pass(8);
    for (let time = 0; time < 3; time++) {
      lab.relay.ended.add(A);
      const at = lab.mono - 1000;
      await lab.pass(5);
      expect(lab.onAir.slice(-2)).toEqual([`${at.toFixed(1)}:slate`, expect.stringContaining(A)]);
      expect(Number(lab.onAir.at(-1)?.split(":")[0]) - at).toBeLessThan(1);
      expect(lab.inputs.status(lab.mono)[0]).toMatchObject({ handling: "direct", reasons: [] });
    }
  });

  it("are refused when it ends again at once; meanwhile the slate is told", async () => {
    const lab = new Lab();
    lab.relay.refuses.add(A);
    lab.relay.connect(A);
    await lab.pass(3.5);
    expect(lab.inputs.shown(lab.mono)).toBeNull();
    expect(lab.inputs.status(lab.mono)[0]?.handling).toBe("direct");
    await lab.pass(1.5);
    expect(lab.inputs.status(lab.mono)[0]).toMatchObject({ handling: "normalise", reasons: [expect.stringContaining("the relay refused it as it is (broken pipe)")] });
    lab.inputs.close();
  });

  it("are missing by this host's own fault while its relay is away and until it has them again, and not when publishers go", async () => {
    const lab = new Lab(), resuming = (): boolean => lab.inputs.resuming(lab.mono);
    lab.relay.connect(A);
    await lab.pass(3);
    expect(resuming()).toBe(false);
    lab.relayAnswers = false;
    await lab.pass(0.3);
    expect(resuming()).toBe(true);
    lab.relay.restart();
    lab.relayAnswers = true;
    await lab.pass(4);
    expect(resuming(), "the multiplexer is not back yet").toBe(true);
    lab.relay.connect(A);
    await lab.pass(1);
    expect(resuming()).toBe(false);
    lab.relay.sources.clear();
    await lab.pass(9);
    expect(lab.inputs.active).toBeNull();
    expect(resuming(), "nobody publishes: the slate is right").toBe(false);
  });

  it("are set again when the relay goes on with none, although its configuration has the right one", async () => {
    const lab = new Lab();
    lab.relay.connect(A);
    await lab.pass(3);
    lab.relay.runs.set(A, []);
    lab.relay.told.length = 0;
    await lab.pass(2);
    expect(lab.relay.told).toEqual([`${A} 0`, `${A} 1`]);
    expect(lab.onAir.at(-1)).toMatch(A);
  });

  it("are back with the multiplexer when the relay was killed, however often, without another look or a hold", async () => {
    const lab = new Lab();
    lab.relay.connect(A, B);
    await lab.pass(5);
    for (let kill = 0; kill < 4; kill++) {
      lab.onAir.length = 0;
      const at = lab.mono - 1000;
      lab.relayAnswers = false;
      await lab.pass(0.3);
      lab.relay.restart();
      lab.relayAnswers = true;
      await lab.pass(4.7);
      lab.relay.connect(B);
      await lab.pass(1);
      lab.relay.connect(A);
      await lab.pass(2);
      expect(lab.onAir.map((change) => `${(Number(change.split(":")[0]) - at).toFixed(1)}:${change.split(":")[1]}`).slice(1)).toEqual(["0.3:slate", `5.0:${B}`, `6.0:${A}`]);
    }
    expect(lab.reasons.slice(-3)).toEqual(["the relay began anew", `${B} came`, `${A} is back`]);
  });

  it("are back as well when the relay came back between two looks", async () => {
    const lab = new Lab();
    lab.relay.connect(A, B);
    await lab.pass(3);
    lab.relay.restart();
    await lab.pass(5);
    lab.relay.connect(A, B);
    await lab.pass(1);
    expect(lab.onAir.slice(1)).toEqual([`1.1:${A}`, "3.0:slate", `8.0:${A}`]);
  });

  it("are not switched when the relay only did not answer", async () => {
    const lab = new Lab();
    lab.relay.connect(A, B);
    await lab.pass(3);
    lab.relayAnswers = false;
    await lab.pass(3);
    lab.relayAnswers = true;
    await lab.pass(3);
    expect([lab.onAir.slice(1), lab.reasons.length]).toEqual([[`1.1:${A}`], 1]);
  });

  it("still have to be steady when they broke by themselves", async () => {
    const lab = new Lab();
    lab.relay.connect(A, B);
    await lab.pass(20);
    lab.relay.sources.delete(A);
    await lab.pass(1);
    lab.relay.connect(A);
    await lab.pass(5);
    expect(lab.onAir.slice(1)).toEqual([`1.1:${A}`, `20.0:${B}`, `24.0:${A}`]);
  });

  it("stay on air when the agent starts again", async () => {
    const before = new Lab();
    before.relay.connect(A, B);
    await before.pass(3);
    before.relay.told.length = 0;
    const lab = new Lab(before.relay);
    await lab.pass(3);
    expect(lab.onAir).toEqual([`0.0:${A}`]);
    expect([lab.reasons, lab.relay.told]).toEqual([[], []]);
    expect(lab.inputs.active).toBe(A);
  });

  it("are set again after a doubt only where the relay differs", async () => {
    const lab = new Lab();
    lab.relay.connect(A, B);
    await lab.pass(3);
    lab.relay.told.length = 0;
    lab.inputs.doubt();
    await lab.pass(1);
    expect(lab.relay.told).toEqual([]);
    // A file that was made before the last switch.
    lab.relay.forwards.clear();
    lab.relay.forwards.set(B, [AIR]);
    lab.inputs.doubt();
    await lab.pass(0.1);
    expect([lab.relay.told, lab.relay.onAir]).toEqual([[`${B} 0`, `${A} 1`], [A]]);
  });

  it("are forwarded anew when only the air path began anew", async () => {
    const lab = new Lab();
    lab.relay.connect(A, B);
    await lab.pass(3);
    lab.relay.told.length = 0;
    lab.relay.since = "2";
    await lab.pass(0.1);
    expect([lab.relay.told, lab.reasons.length]).toEqual([[`${A} 0`, `${A} 1`], 1]);
  });
});
