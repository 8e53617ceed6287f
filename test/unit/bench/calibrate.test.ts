import { describe, expect, it } from "vitest";
import { calibrationSchema, cpuModel, THIS_MACHINE, type Calibration } from "../../../infra/plan/capacity/calibration.ts";
import { capacity } from "../../../infra/plan/capacity/capacity.ts";
import { DEFAULT_CPU, streamCpu, type CpuCosts } from "../../../infra/plan/capacity/cpu.ts";
import { planTopology } from "../../../infra/plan/plan.ts";
import { calibrate, inTime, presetFactor, terms } from "../../../scripts/bench/calibrate/calibrate.ts";
import { CASES, PRESETS, PROOFS, presetCase } from "../../../scripts/bench/calibrate/cases.ts";
import { fit, worstError } from "../../../scripts/bench/calibrate/fit.ts";
import type { Content } from "../../../scripts/bench/calibrate/lab.ts";
import type { StreamPlan } from "../../../infra/plan/model.ts";
import { topologyOf } from "../plan/fixtures.ts";

const TRUE: Readonly<Record<Content, CpuCosts>> = {
  camera: { stream: 0.03, decodePerMpx: 0.0024, encodePerMpx: 0.0062, perPicture: 0.0005 },
  testPicture: { stream: 0.04, decodePerMpx: 0.0012, encodePerMpx: 0.0045, perPicture: 0.0003 },
};
const PRESET: Readonly<Record<string, number>> = { ultrafast: 0.3, superfast: 0.6, veryfast: 1, faster: 1.6, fast: 2.3, medium: 2.8 };
const trueCores = (stream: StreamPlan, content: Content): number => streamCpu(stream, { from: "", measured: true, ...TRUE[content], presets: PRESET, testPicture: null }).cores;
/** A machine that follows the formula, on which pictures come late. */
const lab = (share = 0.9) => ({
  measure: (stream: StreamPlan, content: Content) => Promise.resolve({ cores: trueCores(stream, content) * share, fps: stream.fps * share }),
  tlsMbpsPerCore: () => Promise.resolve(12_345.6),
});

describe("a fit", () => {
  it("finds the coefficients that values were made of, and none below zero", () => {
    const rows = CASES.map(terms);
    const values = CASES.map((stream) => trueCores(stream, "camera"));
    const found = fit(rows, values);
    expect(worstError(rows, values, found)).toBeLessThan(1e-3);
    Object.values(TRUE.camera).forEach((value, i) => expect((found[i] as number) / value).toBeCloseTo(1, 1));
    expect(fit([[1, 0], [1, 1]], [2, 1])[1]).toBe(0);
    expect(() => fit([], [])).toThrow(RangeError);
    expect(() => fit([[1]], [0])).toThrow(RangeError);
  });
});

describe("a calibration", () => {
  it("predicts ladders that it was not made of, also where the machine was late", async () => {
    const said: string[] = [];
    const entry = await calibrate(lab(), (text) => said.push(text), "2026-12-01");
    expect(said.at(-1)).toBe(`${2 * CASES.length + PRESETS.length + 1} of ${2 * CASES.length + PRESETS.length + 1}: TLS`);
    expect(entry).toMatchObject({ measured: "2026-12-01", tlsMbpsPerCore: 12_346 });
    expect(entry.worstError).toBeLessThan(0.01);
    const calibration = calibrationSchema.parse({ headendCalibration: 1, hosts: { [THIS_MACHINE]: entry } });
    const model = cpuModel(null, calibration);
    for (const { stream } of [...PROOFS, { stream: presetCase("fast") }]) expect(streamCpu(stream, model).cores / trueCores(stream, "camera")).toBeCloseTo(1, 1);
  });

  it("refuses a machine that cannot keep up", async () => {
    expect(inTime({ fps: 30 }, { cores: 0.5, fps: 15 })).toBeNull();
    expect(inTime({ fps: 30 }, { cores: 0.5, fps: 25 })).toBeCloseTo(0.6, 9);
    await expect(calibrate(lab(0.5), () => undefined, "2026-12-01")).rejects.toThrow(/made 15\.0 of 30 pictures a second .* Close them/);
  });

  it("knows what a preset costs against veryfast", () => {
    const stream = presetCase("medium");
    expect(presetFactor(stream, trueCores(stream, "camera"), TRUE.camera)).toBeCloseTo(2.8, 9);
  });
});

describe("capacity", () => {
  const topology = topologyOf("streams:\n  m: { source: { resolution: 1280x720, fps: 30, bitrate: 3 Mbps }, ladder: [source, 360p], viewers: 1000 }\nregions: { eu: { aws: eu-central-1 } }\ntranscoders: { eu: { size: c7i.large } }\n");
  const entry = { measured: "2026-12-01", machine: "a test", cores: 2, ...TRUE, presets: PRESET, tlsMbpsPerCore: 10_000, worstError: 0 };
  const holds = (hosts: Calibration["hosts"]) => capacity(topology, planTopology(topology), { calibration: { headendCalibration: 1, hosts } });
  const tx = (held: ReturnType<typeof holds>) => held.hosts.find(({ role }) => role === "transcoder");

  it("counts with what was measured for the host's type, and says so", () => {
    const before = holds({}), after = holds({ "c7i.large": entry });
    expect(tx(before)?.short).toEqual(["cpu"]);
    expect(tx(after)?.short).toEqual([]);
    expect(tx(after)?.demand.cores).toBeCloseTo(trueCores(planTopology(topology).streams[0] as StreamPlan, "camera"), 9);
    expect(after.streams[0]).toMatchObject({ cpuFrom: "measured 2026-12-01 on a test", testPictureCores: expect.closeTo(trueCores(planTopology(topology).streams[0] as StreamPlan, "testPicture"), 6) as number });
    expect(after.notes.join("\n")).toContain("measured 2026-12-01 on a test");
    expect(after.notes.join("\n")).toMatch(/With the test picture of `headend demo`: m 0\.\d\d cores/);
    expect(before.notes.join("\n")).toMatch(/default for x86.*headend bench --calibrate/);
    expect(before.streams[0]?.testPictureCores).toBeNull();
  });

  it("keeps the defaults of other types", () => {
    expect(cpuModel("c7g.large", { headendCalibration: 1, hosts: { "c7i.large": entry } })).toBe(DEFAULT_CPU.arm);
    expect(cpuModel(null, { headendCalibration: 1, hosts: { [THIS_MACHINE]: entry } }).measured).toBe(true);
  });
});
