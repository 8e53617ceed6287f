import { describe, expect, it } from "vitest";
import { PlayerModel } from "../../../scripts/live/player-model.ts";

describe("PlayerModel", () => {
  it("plays when every track has enough, and counts the smallest buffer", () => {
    const m = new PlayerModel(["video", "audio"], { startBuffer: 0.5 });
    m.receive("video", 6, 1);
    expect(m.started).toBe(false);
    m.receive("audio", 6, 1.2);
    expect(m.started).toBe(true);
    m.receive("video", 2, 5.2);
    m.receive("audio", 2, 5.2);
    expect(m.buffer).toBeCloseTo(4);
    expect(m.minBuffer).toBeCloseTo(2);
    expect(m.stalledAt(5.2)).toEqual({ stalls: 0, seconds: 0 });
  });

  it("counts a dry spell from the moment the buffer ended, once", () => {
    const m = new PlayerModel(["video"], { startBuffer: 0.5 });
    m.receive("video", 2, 0);
    expect(m.stalledAt(3)).toEqual({ stalls: 1, seconds: 1 });
    m.receive("video", 2, 4);
    expect(m.stalledAt(4.5)).toEqual({ stalls: 1, seconds: 2 });
    expect(m.stalledAt(7).stalls).toBe(2);
  });

  it("does not call a quarter of a second a stall", () => {
    const m = new PlayerModel(["video"], { startBuffer: 0.5 });
    m.receive("video", 2, 0);
    m.receive("video", 2, 2.2);
    expect(m.stalledAt(3)).toEqual({ stalls: 0, seconds: 0 });
  });
});
