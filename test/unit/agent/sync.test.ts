import { describe, expect, it } from "vitest";
import { Sync, syncExpression } from "../../../infra/agent/sync.ts";

/** What a filter prints for frames whose earliest is at this offset. */
const sound = (offset: number): string => (9e9 - offset).toFixed(6);
const picture = (offset: number): string => (4e10 + 9e9 - offset).toFixed(6);
const NOW = 1_795_262_909;

describe("one offset for sound and picture", () => {
  it("fits into a command of FFmpeg's, which cuts at 255 characters", () => {
    expect(syncExpression("1795262909.469").length).toBeLessThanOrEqual(255);
  });

  it("knows reports from other lines", () => {
    const sync = new Sync();
    expect(sync.line("frame= 30", 0)).toBeNull();
    expect(sync.line("", 0)).toBeNull();
    expect(sync.line(sound(NOW), 0)).toBe("changed");
    expect(sync.text).toBe(`${NOW}.000`);
    expect(sync.line(sound(NOW), 0.2)).toBe("same");
  });

  it("takes the earliest of both media at once, and later only when a whole window is late", () => {
    const sync = new Sync();
    sync.line(sound(NOW), 0);
    expect(sync.line(picture(NOW + 0.09), 0.1)).toBe("same");
    expect(sync.line(picture(NOW - 0.02), 0.2)).toBe("changed");
    expect(sync.offset).toBeCloseTo(NOW - 0.02, 5);
    for (let t = 0.3; t < 4.1; t += 0.2) expect(sync.line(sound(NOW + 0.05), t)).toBe("same");
    expect(sync.line(sound(NOW + 0.05), 4.4)).toBe("changed");
    expect(sync.offset).toBeCloseTo(NOW + 0.05, 5);
  });

  it("is not moved by lumps of late sound, nor by one late moment", () => {
    const sync = new Sync();
    sync.line(sound(NOW), 0);
    for (let t = 0.2; t < 60; t += 0.2) expect(sync.line(sound(NOW + (Math.round(t * 5) % 5 === 0 ? 0.001 : 0.17)), t)).toBe("same");
  });

  it("follows a jump of the timestamps at once, back and forth", () => {
    const sync = new Sync();
    sync.line(sound(NOW), 0);
    expect(sync.line(sound(NOW - 3600), 1)).toBe("changed");
    expect(sync.offset).toBeCloseTo(NOW - 3600, 5);
    expect(sync.line(picture(NOW), 2)).toBe("changed");
    expect(sync.offset).toBeCloseTo(NOW - 0.06, 5);
  });

  it("follows the publisher's clock for an hour, 100 ppm off, in steps of a few milliseconds", () => {
    const sync = new Sync();
    let before = NOW, worst = 0, step = 0;
    for (let t = 0; t < 3600; t += 0.2) {
      const true_ = NOW + t * 1e-4;
      sync.line(sound(true_), t);
      worst = Math.max(worst, Math.abs((sync.offset ?? 0) - true_));
      step = Math.max(step, Math.abs((sync.offset ?? 0) - before));
      before = sync.offset ?? 0;
    }
    expect(worst).toBeLessThan(0.015);
    expect(step).toBeLessThan(0.015);
  });
});
