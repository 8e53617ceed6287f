import { describe, expect, it } from "vitest";
import { parsePlaylist } from "../../../scripts/live/hls-viewer.ts";
import { ffmpegPublishArgs } from "../../../scripts/live/publish.ts";
import { waitFor } from "../../../scripts/live/wait.ts";
import { STEPS, chosen, summary } from "../../runner/steps.ts";

const result = (passed: number, failed: number, skipped = 0) => ({ passed, failed, skipped: Array.from({ length: skipped }, (_, i) => ({ name: `s${i}`, reason: "r" })), failures: [] });

describe("summary", () => {
  it("has the one form that others read", () => {
    expect(summary([])).toBe("0 passed, 0 failed");
    expect(summary([result(3, 0), result(2, 1)])).toBe("5 passed, 1 failed");
    expect(summary([result(3, 0, 2), result(2, 1)])).toBe("5 passed, 1 failed, 2 skipped");
  });
});

describe("chosen", () => {
  it("keeps the order, and the type check with everything and with unit", () => {
    expect(chosen([])).toBe(STEPS);
    expect(chosen(["browser", "unit"]).map((s) => s.name)).toEqual(["types", "unit", "browser"]);
    expect(chosen(["plugins"]).map((s) => s.name)).toEqual(["plugins"]);
  });
});

describe("ffmpegPublishArgs", () => {
  const base = { via: "rtmp", url: "rtmp://x/y" } as const;
  it("leaves out what is not asked for", () => {
    expect(ffmpegPublishArgs({ ...base, audio: "none" })).not.toContain("-c:a");
    expect(ffmpegPublishArgs({ ...base, audio: "only" })).not.toContain("-c:v");
    expect(ffmpegPublishArgs({ ...base, audio: "mono44" }).join(" ")).toContain("-ac 1 -ar 44100");
  });
  it("ends with the container of the protocol and the address", () => {
    expect(ffmpegPublishArgs({ via: "srt", url: "srt://x" }).slice(-3)).toEqual(["-f", "mpegts", "srt://x"]);
  });
});

describe("parsePlaylist", () => {
  it("sees gaps", () => {
    const p = parsePlaylist("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\n7.m4s\n#EXT-X-GAP\n#EXTINF:2,\n8.m4s\n");
    expect(p.mediaSequence).toBe(7);
    expect(p.segments?.map((s) => s.custom?.gap ?? false)).toEqual([false, true]);
  });
});

describe("waitFor", () => {
  it("gives the value, and says what it waited for in vain", async () => {
    expect(await waitFor(() => 7, { what: "seven" })).toBe(7);
    await expect(waitFor(() => { throw new Error("not here"); }, { what: "the picture", timeoutMs: 0 })).rejects.toThrow(/the picture.*not here/);
  });
});
