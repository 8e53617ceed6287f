import { describe, expect, it } from "vitest";
import { parseDateTime, toEpochMs, toTimeZone } from "../../../infra/spec/date-time.ts";
import { namedRung, presetLadder } from "../../../infra/spec/presets.ts";
import { toCidr, toGigabytes, toKbps, toResolution, toSeconds, toUsd, UnitError } from "../../../infra/spec/units.ts";
import { toName } from "../../../infra/spec/values.ts";

const failure = (run: () => unknown): UnitError => {
  try { run(); } catch (error) { if (error instanceof UnitError) return error; throw error; }
  throw new Error("expected a UnitError");
};

describe("units", () => {
  it.each([["6 Mbps", 6000], ["6Mbps", 6000], ["2500 kbps", 2500], ["2500k", 2500], ["1.2 M", 1200], ["1.005 Mbps", 1005], ["4 Mbit/s", 4000], ["4 Mb/s", 4000], ["0.1 Gbps", 100_000]])(
    "bit rate %s", (text, kbps) => { expect(toKbps(text)).toBe(kbps); });
  it.each([["6 MB/s", "6 Mbps"], ["6 MBps", "6 Mbps"], ["6", null], ["6 Mops", null], ["-6 Mbps", null], ["1e3 kbps", null], ["", null]])(
    "no bit rate: %s", (text, suggestion) => { expect(failure(() => toKbps(text)).suggestion).toBe(suggestion); });

  it.each([["2 s", 2], ["2s", 2], ["500 ms", 0.5], ["5 min", 300], ["5 m", 300], ["1 h", 3600], ["30 d", 2_592_000], ["2 weeks", 1_209_600], ["0.1 s", 0.1]])(
    "duration %s", (text, seconds) => { expect(toSeconds(text)).toBe(seconds); });
  it.each(["2", "s", "2 months", "-1 s", "1:30"])("no duration: %s", (text) => { failure(() => toSeconds(text)); });

  it.each([["500 GB", 500], ["1.5 TB", 1500], ["2T", 2000], ["100 GiB", 107], ["1 TiB", 1100]])("room on a disk: %s", (text, gb) => { expect(toGigabytes(text)).toBe(gb); });
  it.each(["500", "500 Mb", "GB", "-1 GB"])("no room on a disk: %s", (text) => { failure(() => toGigabytes(text)); });

  it("picture sizes", () => {
    expect(toResolution("1920x1080")).toEqual({ width: 1920, height: 1080 });
    expect(toResolution("720 × 1280")).toEqual({ width: 720, height: 1280 });
    expect(failure(() => toResolution("1080p")).suggestion).toBe("1920x1080");
    expect(failure(() => toResolution("480p")).suggestion).toBe("854x480");
    expect(failure(() => toResolution("853x480")).suggestion).toBe("852x480");
    failure(() => toResolution("32x32"));
    failure(() => toResolution("9000x9000"));
  });

  it.each([["203.0.113.7", "203.0.113.7/32"], ["203.0.113.0/24", "203.0.113.0/24"], ["0.0.0.0/0", "0.0.0.0/0"], ["2001:DB8::/32", "2001:db8::/32"], ["::1", "::1/128"]])(
    "CIDR %s", (text, cidr) => { expect(toCidr(text)).toBe(cidr); });
  it.each([["203.0.113.5/24", "203.0.113.0/24"], ["2001:db8::1/32", "2001:db8::/32"], ["10.1", null], ["0x7f.0.0.1", null], ["1.2.3.4/33", null], ["1.2.3.4/024", null], ["1.2.3.4/8/8", null], ["fe80::1%eth0", null], ["host", null]])(
    "no CIDR: %s", (text, suggestion) => { expect(failure(() => toCidr(text)).suggestion).toBe(suggestion); });

  it("money", () => {
    expect(toUsd("50 USD")).toBe(50);
    expect(toUsd("$12.50")).toBe(12.5);
    failure(() => toUsd("0 USD"));
    failure(() => toUsd("50 EUR"));
  });

  it.each([["Main Stage", "main-stage"], ["größe", "gro-e"], ["2nd", "nd"], ["a--b", "a-b"], ["-a", "a"], ["…", null]])(
    "no name: %s", (text, suggestion) => { const found = failure(() => toName(text)); if (text !== "größe") expect(found.suggestion).toBe(suggestion); });
  it("names", () => {
    expect(toName("a")).toBe("a");
    expect(toName("a".repeat(40))).toHaveLength(40);
    failure(() => toName("a".repeat(41)));
  });
});

describe("dates", () => {
  const ms = (text: string, zone: string | null = null) => toEpochMs(parseDateTime(text), zone);
  it("with an offset", () => {
    expect(ms("2026-12-05T17:30+01:00")).toBe(Date.parse("2026-12-05T16:30:00Z"));
    expect(ms("2026-12-05 17:30:15.5 Z")).toBe(Date.parse("2026-12-05T17:30:15.500Z"));
    expect(ms("2024-02-29T00:00-0330")).toBe(Date.parse("2024-02-29T03:30:00Z"));
  });
  it("in a zone", () => {
    expect(ms("2026-07-01T10:00", "Europe/Berlin")).toBe(Date.parse("2026-07-01T08:00:00Z"));
    expect(ms("2026-12-01T10:00", "Asia/Kolkata")).toBe(Date.parse("2026-12-01T04:30:00Z"));
  });
  it("a time that the zone skips, or has twice, is explained", () => {
    const gap = failure(() => ms("2026-03-29T02:30", "Europe/Berlin"));
    expect(gap.message).toBe("does not exist in Europe/Berlin: the clocks go forward over it that day");
    expect(gap.suggestion).toBe("2026-03-29T02:30+01:00");
    const twice = failure(() => ms("2026-10-25T02:30", "Europe/Berlin"));
    expect(twice.suggestion).toBe("2026-10-25T02:30+02:00 (first) or 2026-10-25T02:30+01:00 (second)");
    failure(() => ms("2011-12-30T12:00", "Pacific/Apia"));
    expect(ms("2026-03-29T03:00", "Europe/Berlin")).toBe(Date.parse("2026-03-29T01:00:00Z"));
  });
  it.each(["2026-02-29T10:00Z", "2026-13-01T10:00Z", "2026-01-01T24:00Z", "2026-01-01T10:60Z", "2026-01-01", "10:00", "2026-01-01T10:00+15:00", "tomorrow"])(
    "no date: %s", (text) => { failure(() => parseDateTime(text)); });
  it("without offset and zone", () => { expect(failure(() => ms("2026-12-05T18:00")).allowed).toContain("event.timeZone"); });
  it("zones", () => {
    expect(toTimeZone("Europe/Berlin")).toBe("Europe/Berlin");
    expect(failure(() => toTimeZone("Europe/Berln")).suggestion).toBe("Europe/Berlin");
    failure(() => toTimeZone("+01:00"));
  });
});

describe("ladders", () => {
  const source = (width: number, height: number, bitrateKbps: number) => ({ width, height, bitrateKbps, fps: 30, keyframeSeconds: 2 });
  const sizes = (rungs: readonly { name: string; width: number; height: number }[]) => rungs.map(({ name, width, height }) => `${name} ${width}x${height}`);
  it("presets hold only what the source can feed", () => {
    expect(sizes(presetLadder("standard", source(1280, 720, 4000)))).toEqual(["source 1280x720", "480p 854x480", "360p 640x360"]);
    expect(sizes(presetLadder("full", source(1920, 1080, 800)))).toEqual(["source 1920x1080", "360p 640x360", "240p 426x240", "180p 320x180"]);
    expect(sizes(presetLadder("source-only", source(64, 64, 100)))).toEqual(["source 64x64"]);
  });
  it("named rungs keep the shape of the source", () => {
    expect(sizes([namedRung("720p", source(1080, 1920, 6000)), namedRung("720p", source(1440, 1080, 6000))])).toEqual(["720p 720x1280", "720p 960x720"]);
    // An upright source has its lines on the short side.
    expect(sizes(presetLadder("standard", source(720, 1280, 4000)))).toEqual(["source 720x1280", "480p 480x854", "360p 360x640"]);
  });
});
