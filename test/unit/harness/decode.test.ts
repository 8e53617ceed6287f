import { describe, expect, it } from "vitest";
import { report } from "../../e2e/lib/decode.ts";

const STDERR = `[https @ 0x1] [warning] HTTP error 404 Not Found
[mov,mp4 @ 0x2] [warning] Found duplicated MOOV Atom. Skipped it
Input #0, hls, from 'x':
  Stream #0:0: Video: h264 (Main), yuv420p, 1280x720, 30 fps
  Stream #0:1: Audio: aac (LC), 48000 Hz, stereo, fltp
Output #0, null, to 'pipe:':
  Stream #0:0: Video: wrapped_avframe, yuv420p(progressive), 1280x720, 30 fps
  Stream #0:1: Audio: pcm_s16le, 48000 Hz, stereo, s16, 1536 kb/s`;
const frames = (pts: readonly number[], ydif: number): string => pts.map((p, i) => `frame:${i} pts:0 pts_time:${p}\nlavfi.signalstats.YAVG=100\nlavfi.signalstats.YDIF=${ydif}`).join("\n");

describe("report", () => {
  it("reads frames, steps, size, sound and complaints", () => {
    const sound = [0, 0.0213, 0.0427].map((p, i) => `frame:${i} pts:0 pts_time:${p}\nlavfi.astats.Overall.RMS_level=-16.5`).join("\n");
    const r = report(0, `==headend-video==\n${frames([0, 0.0333, 0.0667, 0.2], 3)}\n==headend-audio==\n${sound}\n`, STDERR);
    expect(r).toMatchObject({ frames: 4, width: 1280, height: 720, irregular: 1, audioFrames: 3, audioRate: 48_000, audioChannels: 2, audioRms: -16.5, luma: 100, motion: 3, still: false, video: "h264", audio: "aac" });
    expect(r.errors).toEqual(["[https @ 0x1] [warning] HTTP error 404 Not Found"]);
  });

  it("knows a still picture and silence, and survives no output at all", () => {
    expect(report(0, `==headend-video==\n${frames([0, 0.1], 0)}\n==headend-audio==\nlavfi.astats.Overall.RMS_level=-inf`, STDERR)).toMatchObject({ still: true, audioRms: -Infinity });
    expect(report(1, "", "")).toMatchObject({ frames: 0, audioFrames: 0, still: false, video: null });
  });
});
