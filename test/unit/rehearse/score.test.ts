/** Promises against readings, leaks, recordings, redundancy. */
import { describe, expect, test } from "vitest";
import type { Look } from "../../../scripts/rehearse/probe.ts";
import { faultOf } from "../../../scripts/rehearse/faults.ts";
import { findLeaks, type Holdings } from "../../../scripts/rehearse/leaks.ts";
import { uncovered, madeAt } from "../../../scripts/rehearse/recordings.ts";
import { missing } from "../../../scripts/rehearse/redundancy.ts";
import { drawing, randomFrom } from "../../../scripts/rehearse/random.ts";
import { anyBroken, outcomeOf, redundantAfter, switchedAfter } from "../../../scripts/rehearse/score.ts";
import { ONCE, planOf, player, readings, TWICE } from "./fakes.ts";

const twice = planOf(TWICE), once = planOf(ONCE);
const kill = faultOf(twice, { kind: "process", host: "tx-home-1", process: "ffmpeg", stream: "main", how: "kill", seconds: 0 });
const lost = faultOf(twice, { kind: "publisher", stream: "main", publisher: "truck", how: "close", back: "same", seconds: 10 });
const air = (at: number, host: string, to = "slate") => ({ at, host, stream: "main", from: "in/main/truck/mux-home-a", to });

describe("verdict", () => {
  test("kept when everything holds", () => expect(outcomeOf(kill, readings()).verdict).toBe("kept"));
  test("one stall of an hls.js player breaks it; a reader's does not, where the stream has a player", () => {
    expect(outcomeOf(kill, readings({ viewers: [player({ stalls: 1, stallSeconds: 0.8 })] })).promises.find((p) => !p.kept)).toMatchObject({ name: "stalls", measured: "1 (0.8 s)" });
    expect(outcomeOf(kill, readings({ viewers: [player(), player({ kind: "reader", stalls: 2 })] })).verdict).toBe("kept");
    expect(outcomeOf(kill, readings({ viewers: [player({ kind: "reader", stalls: 2 })] })).verdict).toBe("broken");
  });
  test("a hiccup of a player that had plenty to play, on a machine without a moment to spare, is the machine's", () => {
    const hiccup = player({ stalls: 1, stallSeconds: 0.3, minBuffer: 4 });
    expect(outcomeOf(kill, readings({ cpu: 1, viewers: [hiccup] }))).toMatchObject({ verdict: "kept", promises: [{ measured: "0 (1 by the busy machine)" }, {}, {}, {}, {}] });
    expect(outcomeOf(kill, readings({ cpu: 0.5, viewers: [hiccup] })).verdict).toBe("broken");
    expect(outcomeOf(kill, readings({ cpu: 1, viewers: [{ ...hiccup, minBuffer: 0.2 }] })).verdict).toBe("broken");
    expect(outcomeOf(kill, readings({ cpu: 1, viewers: [{ ...hiccup, stallSeconds: 3 }] })).verdict).toBe("broken");
  });
  test("sound more than 40 ms from the picture breaks it, in either direction", () => {
    expect(outcomeOf(kill, readings({ sound: { worstMs: -41, claps: 9 } })).promises.find((p) => !p.kept)).toMatchObject({ name: "sound with picture", limit: "40 ms", measured: "41 ms" });
    expect(outcomeOf(kill, readings({ sound: { worstMs: 40, claps: 9 } })).verdict).toBe("kept");
    expect(outcomeOf(kill, readings({ sound: null })).promises.map((p) => p.name)).not.toContain("sound with picture");
  });
  test("a single point of failure is called that, whatever the stalls", () => {
    const fault = faultOf(once, { kind: "host", host: "tx-home-1", how: "kill", seconds: 12 });
    expect(outcomeOf(fault, readings({ recordingLost: null, viewers: [player({ stalls: 3, stallSeconds: 9 })] })).verdict).toBe("single point");
  });
  test("recording, publishers and redundancy count", () => {
    expect(outcomeOf(kill, readings({ recordingLost: 1.6 })).verdict).toBe("broken");
    expect(outcomeOf(kill, readings({ publishersAway: { "main/truck": 2 } })).promises.find((p) => !p.kept)?.measured).toBe("dropped: main/truck");
    expect(outcomeOf(kill, readings({ redundantAt: null, missing: ["tx-home-1 does not answer"] })).promises.find((p) => !p.kept)?.measured).toContain("tx-home-1 does not answer");
  });
  test("the last transcoder to get another input counts, from the fault on", () => {
    const r = readings({ air: [air(10_100, "tx-home-1"), air(10_900, "tx-home-2"), air(25_000, "tx-home-1", "in/main/truck/mux-home-a")] });
    expect(switchedAfter(r)).toBe(0.9);
    expect(outcomeOf(lost, r).verdict).toBe("kept");
    expect(outcomeOf(lost, readings({ air: [air(12_000, "tx-home-1")] })).promises.find((p) => !p.kept)).toMatchObject({ name: "another input on air", measured: "2.0 s" });
    expect(redundantAfter(r)).toBe(4);
  });
  test("skipped keeps its reason and breaks nothing", () => {
    const o = outcomeOf(kill, null, { skip: "could not be made" });
    expect(o).toMatchObject({ verdict: "skipped", skip: "could not be made" });
    expect(anyBroken([o], [])).toBe(false);
    expect(anyBroken([o], [{ leaks: true }])).toBe(true);
  });
});

test("leaks: growth beyond what restarts and segments explain, and a host that is gone", () => {
  const before: Holdings = { memory: 200e6, descriptors: 100, processes: 12, connections: 20, files: 200 };
  const compare = (more: Partial<Holdings>) => findLeaks(new Map([["tx", before]]), new Map([["tx", { ...before, ...more }]])).filter((l) => l.leaks).map((l) => l.what);
  expect(compare({ memory: 240e6, files: 260 })).toEqual([]);
  expect(compare({ memory: 400e6 })).toEqual(["memory"]);
  expect(compare({ processes: 15, descriptors: 300, connections: 90 })).toEqual(["open files", "processes", "connections"]);
  expect(findLeaks(new Map([["tx", before]]), new Map())[0]).toMatchObject({ what: "the host itself", leaks: true });
});

test("recordings: what no span covers is lost", () => {
  expect(uncovered([{ from: 0, to: 10_000 }], [{ from: -5000, to: 4000 }, { from: 5500, to: 20_000 }])).toBe(1.5);
  expect(uncovered([{ from: 0, to: 1000 }], [])).toBe(1);
  expect(uncovered([], [])).toBe(0);
  expect(madeAt("2026-11-21_09-05-24-922202.mp4")).toBe(Date.parse("2026-11-21T09:05:24.000Z") + 922.202);
  expect(madeAt("filler")).toBeNull();
});

test("redundancy: says in words what is missing", () => {
  const look = (more: Partial<Look> = {}): Look => ({ at: 1000, ready: true, services: [], streams: [{ name: "main", active: "in/main/truck/mux-home-a", healthy: true, newest: 1, pid: 1, restarts: 0 }], online: { "main/truck": "srtConn a" }, ...more });
  const world = (looks: Record<string, Look | null>, quiet = new Map<string, number>()) => ({ now: 1500, look: (h: string) => (h in looks ? looks[h] ?? null : look()), publishing: new Set(["main/truck"]), quiet });
  expect(missing(twice, world({}))).toEqual([]);
  expect(missing(twice, world({ "tx-home-1": null }))).toEqual(["tx-home-1 does not answer", "tx-home-1 says nothing of main"]);
  expect(missing(twice, world({ "tx-home-2": look({ streams: [{ name: "main", active: "slate", healthy: true, newest: 1, pid: 1, restarts: 0 }] }) }))).toEqual(["tx-home-2 has the slate on air instead of truck"]);
  expect(missing(twice, world({ "mux-home-a": look({ online: {} }), "mux-home-b": look({ online: null }) }))).toEqual(["main/truck does not publish"]);
  expect(missing(twice, world({ "dist-home-1": look({ ready: false, services: [{ name: "nginx", state: "starting", pid: null, restarts: 1 }] }) }))).toEqual(["dist-home-1 is not ready (nginx starting)"]);
  expect(missing(twice, world({}, new Map([["dist-home-2/main", 8]])))).toEqual(["dist-home-2 has had nothing new of main for 8 s"]);
  expect(missing(twice, { ...world({}), now: 9000 }).length).toBeGreaterThan(5);
});

test("a seed repeats a soak, and every fault comes before one comes twice", () => {
  const take = (seed: number, n: number): string[] => { const d = drawing(["a", "b", "c", "d"], randomFrom(seed)); return Array.from({ length: n }, () => d.next().value); };
  expect(take(7, 12)).toEqual(take(7, 12));
  expect(take(7, 12)).not.toEqual(take(8, 12));
  expect(take(7, 4).sort()).toEqual(["a", "b", "c", "d"]);
});
