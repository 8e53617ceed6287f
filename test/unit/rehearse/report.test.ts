/** The report, for terminals and as HTML; the topology that is brought up; undoing. */
import picocolors from "picocolors";
import { describe, expect, test } from "vitest";
import { parseTopology } from "../../../infra/spec/load.ts";
import { Ends, Interrupted, pause } from "../../../scripts/rehearse/ends.ts";
import { faultOf, NO_LIMITS } from "../../../scripts/rehearse/faults.ts";
import type { Report } from "../../../scripts/rehearse/model.ts";
import { htmlReport } from "../../../scripts/rehearse/report/html.ts";
import { line, summary, textReport } from "../../../scripts/rehearse/report/text.ts";
import { stretches, timeline } from "../../../scripts/rehearse/report/timeline.ts";
import { outcomeOf } from "../../../scripts/rehearse/score.ts";
import { EXTRA_STREAM, rehearsedTopology, withExtraStream, withNextKey } from "../../../scripts/rehearse/topology.ts";
import { ONCE, planOf, player, readings, TWICE } from "./fakes.ts";

const plan = planOf(TWICE), plain = picocolors.createColors(false);
const kill = faultOf(plan, { kind: "process", host: "tx-home-1", process: "ffmpeg", stream: "main", how: "kill", seconds: 0 });
const lost = faultOf(plan, { kind: "publisher", stream: "main", publisher: "truck", how: "close", back: "same", seconds: 10 });
const clock = faultOf(plan, { kind: "clock", host: "tx-home-1", seconds: 5 }, { ...NO_LIMITS, clock: "no library" });
const samples = { "player 1": [{ at: 6000, buffer: 5, stalled: false }, { at: 12_000, buffer: 0, stalled: true }, { at: 14_000, buffer: 4, stalled: false }] };
const air = [{ at: 10_600, host: "tx-home-1", stream: "main", from: "in/main/truck/mux-home-a", to: "slate" }, { at: 13_000, host: "tx-home-1", stream: "main", from: "slate", to: "in/main/laptop/mux-home-b" }];
const good = outcomeOf(kill, readings(), { samples });
const bad = outcomeOf(lost, readings({ viewers: [player({ stalls: 2, stallSeconds: 3.5 })], air }), { samples, moments: [{ at: 10_600, kind: "air", text: "a < b" }] });
const report = (more: Partial<Report> = {}): Report => ({
  topology: "t.yaml", name: "twice", stack: "rehearse-twice", startedAt: "2026-11-21T09:00:00.000Z", seconds: 65, scale: 0.5, machine: "2 × cpu", seed: null, viewers: "1 hls.js player",
  outcomes: [good, bad, outcomeOf(clock, null)], leaks: [], interrupted: false, notes: ["nothing is sent to tube"], ...more,
});

describe("for terminals", () => {
  test("rows, what broke and why, what was skipped, the closing line", () => {
    const text = textReport(report(), plain);
    expect(text).toMatch(/FFmpeg of main on tx-home-1 killed +kept +0 +2\.1 s +– +0\.4 s +12 ms +4\.0 s/);
    expect(text).toContain("stalls: 2 (3.5 s), promised 0");
    expect(text).toContain("predicted  laptop goes on air within 1 s");
    expect(text).toMatch(/Skipped\n +Clock of tx-home-1 stepped by 5 s: no library/);
    expect(summary(report())).toBe("twice: 2 faults in 1 min 5 s, 1 with a broken promise, 2 player stalls, sound and picture at most 12 ms apart in 36 claps; 1 skipped");
  });
  test("a fault at which nobody was heard is told", () => {
    expect(summary(report({ outcomes: [good, outcomeOf(kill, readings({ sound: null }))] }))).toContain("at most 12 ms apart in 18 claps, none heard at 1 fault");
  });
  test("a line for each while it runs", () => {
    expect(line(good, 3, 12)).toBe(" 3/12  kept          FFmpeg of main on tx-home-1 killed: stalls 0, gap 2.1 s, recording lost 0.4 s, sound off 12 ms, redundant after 4.0 s");
    expect(line(bad, 4, null)).toContain("4  BROKEN");
  });
  test("a soak's leaks", () => {
    const leak = { host: "tx-home-1", what: "memory", before: 200, after: 500, limit: 298, unit: "MB", leaks: true };
    expect(textReport(report({ leaks: [leak] }), plain)).toContain("tx-home-1: memory 200 → 500 MB, allowed 298");
    expect(textReport(report({ leaks: [{ ...leak, after: 210, leaks: false }] }), plain)).toContain("none: memory");
  });
});

describe("HTML", () => {
  const html = htmlReport(report(), "data:image/png;base64,AA==");
  test("is one file without anything from outside", () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/https?:\/\/|<link|<script|@import|url\(/);
    expect(html).toContain("prefers-color-scheme: dark");
  });
  test("shows what was kept and what was not, and escapes what it is told", () => {
    expect(html).toContain("1 fault broke a promise");
    expect(html).toContain("a &lt; b");
    expect(htmlReport(report({ outcomes: [good] }), null)).toContain("Every promise was kept");
  });
  test("every tag that opens is closed", () => {
    for (const tag of ["details", "div", "svg", "ul", "section", "span", "g"]) expect((html.match(new RegExp(`<${tag}[ >]`, "g")) ?? []).length, tag).toBe((html.match(new RegExp(`</${tag}>`, "g")) ?? []).length);
  });
  test("the timeline has the fault, what was on air, buffers and stalls", () => {
    const svg = timeline(bad);
    expect(svg).toContain('class="stall"');
    expect(svg).toContain("the slate");
    expect(svg).toContain("laptop by mux-home-b");
    expect(svg).toContain("redundant again");
    expect(timeline(outcomeOf(clock, null))).toBe("");
    expect(stretches(air, 5000, 20_000)).toEqual([
      { from: 5000, to: 10_600, input: "in/main/truck/mux-home-a" }, { from: 10_600, to: 13_000, input: "slate" }, { from: 13_000, to: 20_000, input: "in/main/laptop/mux-home-b" },
    ]);
  });
});

describe("the topology that is brought up", () => {
  test("sends nothing to other platforms and says so", () => {
    const { text, notes } = rehearsedTopology(TWICE);
    expect(text).not.toMatch(/tube|secret:/);
    expect(notes).toEqual(["main: nothing is sent to tube in a rehearsal"]);
    expect(parseTopology(text, "t.yaml").topology.streams["main"]?.publishers).toEqual(parseTopology(TWICE, "t.yaml").topology.streams["main"]?.publishers);
  });
  test("its planned changes are valid topologies", () => {
    expect(Object.keys(parseTopology(withExtraStream(ONCE), "t.yaml").topology.streams)).toEqual(["main", EXTRA_STREAM]);
    expect(planOf(withNextKey(TWICE, "main", "truck", 2)).streams[0]?.publish[0]?.keyRotation).toBe(2);
    expect(planOf(withNextKey(ONCE, "main", "studio", 3)).streams[0]?.publish[0]).toMatchObject({ publisher: "studio", keyRotation: 3 });
  });
});

describe("undoing", () => {
  test("goes backwards, each once, and past failures", async () => {
    const done: string[] = [], told: string[] = [], ends = new Ends((t) => told.push(t));
    ends.add("first", () => { done.push("first"); });
    ends.add("second", () => { throw new Error("no"); });
    const third = ends.add("third", () => { done.push("third"); });
    ends.add("fourth", () => { done.push("fourth"); });
    await third();
    await third();
    expect(await ends.all()).toBe(false);
    expect(done).toEqual(["third", "fourth", "first"]);
    expect(told).toEqual(['could not undo "second": no']);
  });
  test("what is kept is not undone", async () => {
    const done: string[] = [], ends = new Ends(() => undefined);
    ends.add("the stack", () => { done.push("stack"); });
    ends.add("rules", () => { done.push("rules"); });
    ends.keep(["the stack"]);
    expect(await ends.all()).toBe(true);
    expect(done).toEqual(["rules"]);
  });
  test("a pause ends at once when the user wants to stop", async () => {
    const c = new AbortController(), waiting = pause(60_000, c.signal);
    c.abort();
    await expect(waiting).rejects.toBeInstanceOf(Interrupted);
    await expect(pause(1, c.signal)).rejects.toBeInstanceOf(Interrupted);
  });
});
