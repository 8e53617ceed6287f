import { describe, expect, it } from "vitest";
import { SkewWatch } from "../../../infra/agent/skew.ts";

describe("the clock, as distributors see it", () => {
  const at = 1_795_000_000;
  it("is compared with the middle of what they say lately", () => {
    const watch = new SkewWatch();
    expect(watch.skew(0)).toBeNull();
    watch.heard("dist-1", at - 0.3, at, 1);
    expect(watch.skew(1)).toBeCloseTo(0.3);
    watch.heard("dist-2", at, at, 2);
    watch.heard("dist-3", at - 0.2, at, 2);
    expect(watch.skew(2)).toBeCloseTo(0.2);
    expect(watch.skew(100)).toBeNull();
    watch.heard("dist-1", Number("rubbish"), at, 101);
    expect(watch.skew(101)).toBeNull();
  });
  it("is wrong only when two agree in the same direction", () => {
    const watch = new SkewWatch();
    watch.heard("dist-1", at - 7, at, 1);
    expect(watch.isWrong(0.5, 1)).toBe(false);
    watch.heard("dist-2", at + 7, at, 1);
    expect(watch.isWrong(0.5, 1)).toBe(false);
    watch.heard("dist-2", at - 6.9, at, 7);
    watch.heard("dist-1", at - 7, at, 7);
    expect(watch.isWrong(0.5, 7)).toBe(true);
    watch.heard("dist-3", at, at, 8);
    expect(watch.isWrong(0.5, 8)).toBe(false);
  });
  it("a request that waited does not make it fast", () => {
    const watch = new SkewWatch();
    watch.heard("dist-1", at, at, 1);
    watch.heard("dist-1", at - 3, at, 1.5);
    expect(watch.skew(2)).toBe(0);
    watch.heard("dist-1", at - 3, at, 6.5);
    expect(watch.skew(7)).toBe(3);
  });
  it("moves with its own steps, without waiting to hear of them", () => {
    const watch = new SkewWatch();
    for (const d of ["dist-1", "dist-2"]) watch.heard(d, at, at, 1);
    watch.stepped(5, 1.5);
    expect(watch.isWrong(2, 1.5)).toBe(true);
    watch.stepped(-5, 2);
    expect(watch.isWrong(2, 2)).toBe(false);
    watch.heard("dist-1", at - 0.01, at, 2.5);
    expect(watch.skew(2.5)).toBe(0);
  });
});
