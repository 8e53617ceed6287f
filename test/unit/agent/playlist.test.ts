import { readFileSync } from "node:fs";
import { Parser } from "m3u8-parser";
import { parse as parseMpd } from "mpd-parser";
import { describe, expect, it } from "vitest";
import type { AgentStream } from "../../../infra/agent/config.ts";
import { readInit } from "../../../infra/agent/mp4.ts";
import { manifest } from "../../../infra/agent/mpd.ts";
import { readPathways } from "../../../infra/agent/pathways.ts";
import { isWhole, mediaPlaylist, multivariantPlaylist, type Offer } from "../../../infra/agent/playlist.ts";
import { respond, type Served, type Source } from "../../../infra/agent/server.ts";
import type { Answer } from "../../../infra/agent/stream.ts";

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const video = readInit(fixture("video-init.mp4"));
const audio = readInit(fixture("audio-init.mp4"));
if (!video || !audio) throw new Error("fixtures unreadable");

const stream: AgentStream = {
  name: "main", latency: "standard", segmentSeconds: 2, fps: 30, inputs: [], air: "air/main", out: null, dash: true, ffmpegArgs: "ffmpeg/main.args",
  renditions: [{ name: "360p", dir: "360p-aa", width: 640, height: 360, peakBps: 1_000_000, averageBps: 800_000 }],
  audio: { dir: "audio-bb", channels: 2, bitrateKbps: 96 },
};
const offer: Offer = { video: [{ rendition: stream.renditions[0]!, init: video }], audio };

describe("init segments of FFmpeg 7.1.5", () => {
  it("gives exact codec strings", () => {
    expect(video).toEqual({ codec: "avc1.42c01f", width: 640, height: 360, sampleRate: null, channels: null });
    expect(audio).toEqual({ codec: "mp4a.40.2", width: null, height: null, sampleRate: 48_000, channels: 2 });
  });
  it("survives any truncation", () => {
    for (const name of ["video-init.mp4", "audio-init.mp4"]) { const all = fixture(name); for (let n = 0; n < all.length; n++) expect(() => readInit(all.subarray(0, n))).not.toThrow(); }
  });
});

describe("playlists", () => {
  it("lists eight segments without discontinuity", () => {
    const numbers = new Set([...Array(20).keys()].map((i) => 900_000_000 + i));
    const text = mediaPlaylist(numbers, 900_000_019, 2)!;
    expect(text).toMatchSnapshot();
    const parser = new Parser(); parser.push(text); parser.end();
    expect(parser.manifest.mediaSequence).toBe(900_000_012);
    expect(parser.manifest.segments).toHaveLength(8);
    expect(text).not.toContain("DISCONTINUITY");
  });
  it("marks a gap and dates the segment after it", () => {
    expect(mediaPlaylist(new Set([10, 11, 14]), 14, 2)).toMatchSnapshot();
  });
  it("is whole when no segment of the window is missing, and says so to distributors that ask", () => {
    const eight = new Set([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(isWhole(eight, 10)).toBe(true);
    expect(isWhole(new Set([9, 10]), 10)).toBe(false);
    expect(isWhole(new Set([...eight].filter((k) => k !== 6)), 10)).toBe(false);
    const asked: boolean[] = [];
    const tell: Answer = { kind: "ok", text: "" };
    const source = { heard: () => undefined, names: () => [], stream: () => ({ healthy: true, multivariant: () => tell, media: (_: string, whole: boolean) => { asked.push(whole); return tell; }, mpd: (whole: boolean) => { asked.push(whole); return tell; }, setOverride: () => undefined }), status: () => { throw new Error("not asked"); } };
    for (const whole of ["1", undefined, ""]) for (const file of ["v/index.m3u8", "manifest.mpd"]) respond(source, "GET", `/live/main/${file}`, "", { pathways: undefined, now: undefined, whole });
    expect(asked).toEqual([true, true, false, false, false, false]);
  });
  it("describes variants exactly", () => {
    expect(multivariantPlaylist(stream, offer)).toMatchSnapshot();
    expect(multivariantPlaylist({ ...stream, renditions: [] }, { video: [], audio })).toMatchSnapshot();
  });
  it("lists other ways as redundant variants with steering, ways without an address left out", () => {
    const ways = readPathways("dist-1,dist-2=https://b.example.org:8444,cdn=,dist-2=https://c,evil=javascript:alert(1),dist-3=https://b.example.org:8444");
    expect(ways).toEqual([{ id: "dist-1", base: "" }, { id: "dist-2", base: "https://b.example.org:8444" }]);
    expect(multivariantPlaylist(stream, offer, ways)).toMatchSnapshot();
    expect(multivariantPlaylist(stream, offer, ways.slice(0, 1))).toBe(multivariantPlaylist(stream, offer));
    expect(readPathways(undefined)).toEqual([]);
  });
  it("writes an MPD that mpd-parser resolves to the same numbers", () => {
    const now = Date.UTC(2026, 10, 21, 6, 0, 1);
    const text = manifest(stream, offer, now, 40);
    expect(text).toMatchSnapshot();
    const options = { manifestUri: "http://h/live/main/manifest.mpd", NOW: now };
    const parsed = parseMpd(text, options) as unknown as { playlists: { segments: { resolvedUri: string }[] }[] };
    const last = Number(/360p-aa\/(\d+)\.m4s$/.exec(parsed.playlists[0]!.segments.at(-1)!.resolvedUri)![1]);
    // Nothing that is not complete and a second old, and not much older.
    expect((last + 1) * 2000 + 1000).toBeLessThanOrEqual(now);
    expect(now - last * 2000).toBeLessThan(12_000);
  });
});

describe("server", () => {
  const served = (media: Answer): Served => ({ healthy: media.kind === "ok", multivariant: () => media, media: (dir) => (dir === "v" ? media : { kind: dir === "old" ? "gone" : "unknown" }), mpd: () => ({ kind: "unknown" }), setOverride: () => undefined });
  const source = (media: Answer): Source => ({
    heard: () => undefined, names: () => ["main"], stream: (name) => (name === "main" ? served(media) : null),
    status: () => ({ host: "h", relay: "up", config: { ok: true, error: null }, clockSteps: 0, clockSkew: null, clockWrong: false, streams: [] }),
  });
  const code = (media: Answer["kind"], path: string, method = "GET", body = ""): number => respond(source(media === "ok" ? { kind: "ok", text: "#EXTM3U\n" } : { kind: media }), method, path, body).code;

  it("answers fresh, stale, gone and unknown differently", () => {
    expect(code("ok", "/live/main/v/index.m3u8?x=1")).toBe(200);
    expect(code("stale", "/live/main/v/index.m3u8")).toBe(503);
    expect(code("ok", "/live/main/old/index.m3u8")).toBe(410);
    expect(code("ok", "/live/main/zz/index.m3u8")).toBe(404);
    expect(code("ok", "/live/other/index.m3u8")).toBe(404);
    expect(code("ok", "/live/main/manifest.mpd")).toBe(404);
    expect(code("ok", "/%E0%A4%A")).toBe(400);
    expect(code("ok", "/healthz")).toBe(200);
    expect(code("stale", "/healthz")).toBe(503);
  });
  it("adds no CORS header, which is the distributor's", () => {
    const reply = respond(source({ kind: "ok", text: "#EXTM3U\n" }), "GET", "/live/main/v/index.m3u8", "");
    expect(reply.headers).toEqual({ "Cache-Control": "max-age=1" });
    expect(respond(source({ kind: "stale" }), "GET", "/live/main/v/index.m3u8", "").headers).toMatchObject({ "Retry-After": "1" });
  });
  it("takes overrides by POST only", () => {
    expect(code("ok", "/streams/main/override", "POST", "backup\n")).toBe(200);
    expect(code("ok", "/streams/main/override", "POST", "bogus")).toBe(400);
    expect(code("ok", "/streams/main/override")).toBe(405);
    expect(code("ok", "/streams/none/override", "POST", "auto")).toBe(404);
    expect(code("ok", "/live/main/v/index.m3u8", "POST")).toBe(405);
  });
});
