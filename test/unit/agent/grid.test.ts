import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StepGuard } from "../../../infra/agent/clock.ts";
import { fillArguments, firstSegment, isStale, runNumbers } from "../../../infra/agent/grid.ts";
import { listedSegments, isComplete, tolerance } from "../../../infra/agent/staging.ts";
import { ProgressReader } from "../../../infra/agent/progress.ts";

describe("wall-clock grid", () => {
  it("fills a hole of at most four segments and starts at the clock otherwise", () => {
    const wall = 2000.5;
    expect(firstSegment(null, wall, 2)).toBe(1000);
    expect(firstSegment(999, wall, 2)).toBe(1000);
    expect(firstSegment(995, wall, 2)).toBe(996);
    expect(firstSegment(994, wall, 2)).toBe(1000);
    expect(firstSegment(1000, wall, 2)).toBe(1001);
    expect(firstSegment(1005, wall, 2)).toBe(1000);
  });

  it("starts audio on a multiple of 8 s that is also a whole number of AAC frames", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e9 }), fc.constantFrom(1, 2, 4, 8), (k, seconds) => {
      const n = runNumbers(k, seconds);
      expect((n.ka * seconds) % 8).toBe(0);
      expect(n.a0 % 1024).toBe(0);
      expect(n.t0 - n.ka * seconds).toBeLessThan(8);
    }));
  });

  it("fills placeholders and keeps other braces", () => {
    expect(fillArguments("-i\nx{K}/{RUN}\n{T0}:{KA}:{A0}:{X}:{SYNC}\n", 1001, 2, "/r", "7.5")).toEqual(["-i", "x1001//r", "2002:1000:96000000:{X}:7.5"]);
  });

  it("withdraws a playlist that is overdue or from the future", () => {
    expect(isStale(999, 2002.7, 2)).toBe(false);
    expect(isStale(999, 2002.9, 2)).toBe(true);
    expect(isStale(1001, 2000, 2)).toBe(true);
  });
});

describe("clock guard", () => {
  it("reports steps and follows slewing", () => {
    let wall = 1000;
    let mono = 5;
    const guard = new StepGuard({ wall: () => wall, mono: () => mono });
    for (let i = 0; i < 100; i++) { wall += 0.105; mono += 0.1; expect(guard.look()).toBeNull(); }
    wall += 5.1; mono += 0.1;
    expect(guard.look()).toBeCloseTo(5);
    wall -= 4.9; mono += 0.1;
    expect(guard.look()).toBeCloseTo(-5);
    wall += 0.1; mono += 0.1;
    expect(guard.look()).toBeNull();
  });
});

describe("staging", () => {
  it("accepts whole segments only", () => {
    const text = "#EXTM3U\n#EXTINF:2.000000,\n10.m4s\n#EXTINF:1.966667,\n/run/x/11.m4s\n";
    expect(listedSegments(text)).toEqual([{ number: 10, seconds: 2 }, { number: 11, seconds: 1.966667 }]);
    expect(listedSegments(text).map((l) => isComplete(l, 2, tolerance("video", 30)))).toEqual([true, false]);
    expect([1.984, 2.005333, 1.962].map((seconds) => isComplete({ number: 1, seconds }, 2, tolerance("audio", 30)))).toEqual([true, true, false]);
  });
});

describe("progress", () => {
  it("reads a block", () => {
    const reader = new ProgressReader();
    for (const line of ["frame=300", "fps=29.97", "bitrate=N/A", "dup_frames=2", "drop_frames=1", "speed=1.01x", "progress=continue"]) reader.line(line);
    expect(reader.latest).toEqual({ frame: 300, fps: 29.97, speed: 1.01, bitrateKbps: null, dropped: 1, duplicated: 2 });
  });
});
