import { describe, expect, it } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { parseTopology } from "../../../infra/spec/load.ts";
import { exitCode } from "../../../scripts/cli/check.ts";
import { ffmpegArgs, overlayText } from "../../../scripts/cli/demo/picture.ts";
import { relayComplaint, relayConfig } from "../../../scripts/cli/demo/relay.ts";
import { CliError, describeError, InputError } from "../../../scripts/cli/lib/errors.ts";
import { columns, wantsColor } from "../../../scripts/cli/lib/output.ts";
import { firstVariant, newestSegment } from "../../../scripts/cli/lib/viewer.ts";
import { coresNeeded, cpuWarning, fittingScale } from "../../../scripts/cli/up/cpu.ts";
import { configValues } from "../../../scripts/cli/up/configure.ts";

describe("errors", () => {
  it("are messages with what to do, and no stack unless debugging", () => {
    expect(describeError(new CliError("It broke.", "Mend it."), false)).toEqual({ text: "error: It broke.\n  Mend it.", exitCode: 1 });
    expect(describeError(new InputError("Bad."), false).exitCode).toBe(2);
    expect(describeError(new TypeError("x is not a function"), false).text).toContain("HEADEND_DEBUG=1");
    expect(describeError(new TypeError("x"), true).text).toContain("parts.test.ts");
  });

  it("check counts errors over warnings, and warnings only when strict", () => {
    const f = (...severities: ("error" | "warning" | "info")[]) => severities.map((severity) => ({ severity }));
    expect([exitCode(f("info"), true), exitCode(f("warning"), false), exitCode(f("warning"), true), exitCode(f("warning", "error"), false)]).toEqual([0, 0, 1, 2]);
  });
});

describe("output", () => {
  it("is coloured on terminals only, and NO_COLOR wins", () => {
    expect(wantsColor({ isTTY: true }, {})).toBe(true);
    expect(wantsColor({}, { CI: "1" })).toBe(false);
    expect(wantsColor({ isTTY: true }, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
    expect(wantsColor({}, { FORCE_COLOR: "1" })).toBe(true);
  });

  it("aligns columns without trailing blanks", () => {
    expect(columns(["a", "bb"], [["long", "x"]])).toBe("a     bb\nlong  x");
  });
});

describe("playlists", () => {
  it("finds the first variant and the newest segment with its end", () => {
    expect(firstVariant("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n360p/index.m3u8\n")).toBe("360p/index.m3u8");
    expect(firstVariant("#EXTM3U\n#EXTINF:2,\n1.m4s\n")).toBeNull();
    const media = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2.0,\n1.m4s\n#EXTINF:2.0,\n2.m4s\n";
    expect(newestSegment(media)).toEqual({ uri: "2.m4s", endsMs: Date.UTC(2026, 0, 1, 0, 0, 4) });
    expect(newestSegment("#EXTM3U\n")).toBeNull();
  });
});

describe("processor estimate", () => {
  const plan = (scale: number) => planTopology(parseTopology("headend: 1\nname: t\nstreams:\n  m: { source: { resolution: 1920x1080, fps: 60, bitrate: 6 Mbps }, ladder: [source] }\n", "t").topology, { scale });

  it("is that of the capacity plan: decoding, and k for a million pixels a second", () => {
    const k = process.arch === "arm64" ? 0.03 : 0.05;
    expect(coresNeeded(plan(1))).toBeCloseTo(2 * 0.31 + 1920 * 1080 * 60 * k / 1e6, 5);
  });

  it("suggests a scale that fits, and is silent when it does", () => {
    const scale = fittingScale(plan(1), 2);
    expect(cpuWarning(plan(1), 2, "local")).toContain(`--scale ${scale}`);
    expect(cpuWarning(plan(scale), 2, "local")).toBeNull();
  });
});

describe("up's options", () => {
  it("refuses values that could not work, before anything is done", () => {
    for (const bad of [{ scale: "0" }, { scale: "big" }, { expose: "myhost" }, { portOffset: "-1" }, { portOffset: "1.5" }, { topology: "/no/such.yaml" }]) expect(() => configValues(bad)).toThrow(InputError);
    expect(Object.fromEntries(configValues({ scale: "0.50", expose: "0.0.0.0", portOffset: "100" }))).toEqual({ scale: "0.5", expose: "0.0.0.0", portOffset: "100" });
  });
});

describe("demo", () => {
  const at = { stream: "main", publisher: "laptop", host: "localhost", port: 1 };
  const keys = { key: "THE-KEY", passphrase: "THE-PASSPHRASE" };

  it("keeps secrets out of the arguments that process lists show", () => {
    for (const via of ["rtmp", "rtmps", "srt", "whip"] as const) {
      const config = relayConfig(via, at, keys, via === "rtmp" ? null : "ab12");
      expect(config).toContain("THE-KEY");
      const args = [...ffmpegArgs({ width: 640, height: 360, fps: 25, bitrateKbps: 800, keyframeSeconds: 2 }, via, 3), overlayText("main", "laptop", via)].join(" ");
      expect(args).not.toMatch(/THE-KEY|THE-PASSPHRASE/);
    }
  });

  it("repeats the relay's complaints without addresses", () => {
    expect(relayComplaint("2026/11/21 05:28:31 ERR [path demo] [RTMP dest 1 b25] write to rtmp://h/main/laptop?user=u&pass=THE-KEY refused")).toBe("write to (address) refused");
    expect(relayComplaint("2026/11/21 05:28:33 INF [path demo] [RTMP dest 1 b25] forwarding to 'rtmp://h/?pass=THE-KEY'")).toBeNull();
  });
});
