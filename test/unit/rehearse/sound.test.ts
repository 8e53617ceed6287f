/** Claps: what two decoders print → how far sound and picture are apart. */
import { describe, expect, test } from "vitest";
import { pair } from "../../../scripts/live/clap.ts";
import { worst } from "../../../scripts/rehearse/sound.ts";

/** Prints of the decoders: a corner that is white for 50 ms and a beep as long, `lateMs` after it, at each of the given seconds. */
const video = (claps: readonly number[], end: number): string => Array.from({ length: end * 20 }, (_, i) => i / 20)
  .map((t, i) => `frame:${i} pts:${i} pts_time:${t}\nlavfi.signalstats.YAVG=${claps.some((c) => t >= c && t < c + 0.05) ? 230 : 17}\n`).join("");
const audio = (claps: readonly number[], lateMs: number, end: number): string => Array.from({ length: end * 1000 }, (_, i) => i / 1000)
  .map((t, i) => `frame:${i} pts:${i} pts_time:${t}\nlavfi.astats.Overall.Peak_level=${claps.some((c) => t >= c + lateMs / 1000 && t < c + lateMs / 1000 + 0.05) ? -6 : "-inf"}\n`).join("");

describe("claps", () => {
  test("each flash has its beep; another rhythm is another run", () => {
    const at = [1, 2, 3, 6.4, 7.4, 8.4], { claps, runs, alone, oddSteps } = pair(video(at, 10), audio(at, 20, 10));
    expect(claps.map((c) => c.ms)).toEqual([20, 20, 20, 20, 20, 20]);
    expect(runs.map((r) => r.length)).toEqual([3, 3]);
    expect({ alone, oddSteps }).toEqual({ alone: 0, oddSteps: [] });
  });
  test("a picture that lacks a frame is told", () => expect(pair(video([], 2).replace(/frame:7 .*\n.*\n/, ""), audio([], 0, 2)).oddSteps).toHaveLength(1));
});

describe("the worst of them", () => {
  const run = (...ms: number[]) => ms.map((value, i) => ({ at: i, ms: value }));
  const heard = (...runs: ReturnType<typeof run>[]) => ({ claps: runs.flat(), runs, alone: 0, oddSteps: [] });
  test("counts every clap but the first after a switch, and no run of one or two", () => {
    expect(worst([heard(run(84, -12, 8), run(300, 290)), heard(run(0, 3, -19))])).toEqual({ worstMs: -19, claps: 4 });
  });
  test("is nothing when nobody clapped", () => expect(worst([heard()])).toBeNull());
});
