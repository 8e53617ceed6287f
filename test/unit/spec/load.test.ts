import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { LineCounter, parseDocument } from "yaml";
import { loadTopology, parseTopology, TopologyError } from "../../../infra/spec/load.ts";
import { toYaml, topologyArb } from "./arbitrary.ts";

const HEAD = "headend: 1\nname: a\n";
const load = (text: string) => parseTopology(text, "t.yaml");

describe("defaults", () => {
  it.each(["streams: {main: {}}", "streams:\n  main:\n"])("one stream is a full studio: %j", (streams) => {
    expect(load(`headend: 1\nname: studio\n${streams}`).topology).toEqual({
      headend: 1, name: "studio", domain: null, event: null,
      streams: {
        main: {
          source: { width: 1280, height: 720, fps: 30, bitrateKbps: 4000, keyframeSeconds: 2 },
          publishers: { studio: { via: ["srt", "rtmps", "rtmp", "whip"], from: [], backup: false, keyRotation: 1 } },
          ladder: [
            { name: "source", source: true, width: 1280, height: 720, fps: 30, bitrateKbps: 4000 },
            { name: "480p", source: false, width: 854, height: 480, fps: 30, bitrateKbps: 1000 },
            { name: "360p", source: false, width: 640, height: 360, fps: 30, bitrateKbps: 500 },
          ],
          audio: { bitrateKbps: 128, channels: 2 }, encoder: { kind: "x264", preset: "veryfast" },
          latency: "standard", segmentSeconds: 2, dash: false, redundancy: 1, viewers: {}, record: null, restream: {},
          access: { token: false, countries: [], origins: [] }, slate: { text: "Back in a moment", image: null },
        },
      },
      regions: { home: { aws: null, zones: 1 } },
      dns: { ttlSeconds: 30 }, multiplexers: { home: { count: 1, size: null, diskGb: null } }, transcoders: { home: { count: 1, size: null } },
      distributors: { home: { min: 1, max: 1, size: null } },
      cdn: null, delivery: { distributors: { domain: null, priority: 1, weight: 1 } }, observe: { alerts: { email: null }, budgetUsd: null },
    });
  });

  it("short and long forms mean the same", () => {
    const text = (groups: string, stream: string) => `${HEAD}regions: { eu: }\n${groups}\nstreams: { main: { ${stream} } }\n`;
    const short = load(text("transcoders: 2\ndistributors: { eu: 3 }\nmultiplexers: { eu: 1 }\ncdn: cloudfront", "encoder: nvenc, record: true, slate: Hi, viewers: 7, publishers: { a: { via: srt, from: 10.0.0.1 } }"));
    const long = load(text("transcoders: { eu: { count: 2 } }\ndistributors: { eu: { min: 3, max: 3 } }\nmultiplexers: { eu: { } }\ncdn: { provider: cloudfront }",
      "encoder: { kind: nvenc, preset: p4 }, record: { keep: 30 d }, slate: { text: Hi }, viewers: { eu: 7 }, publishers: { a: { via: [srt], from: [10.0.0.1/32] } }"));
    expect(short.topology).toEqual(long.topology);
  });

  it("a group of none is left out, a region without distributors stays without", () => {
    const { topology } = load(`${HEAD}regions: { eu: , us: }\ntranscoders: { eu: 1, us: 0 }\ndistributors: { eu: 1 }\nstreams: { main: }\n`);
    expect(topology.transcoders).toEqual({ eu: { count: 1, size: null } });
    expect(Object.keys(topology.distributors)).toEqual(["eu"]);
    expect(Object.keys(topology.multiplexers)).toEqual(["eu"]);
  });
});

describe("anchors and merge keys", () => {
  const loaded = load(`headend: 1
name: a
x-base: &base
  source: { resolution: 640x360, bitrate: 1 Mbps }
  ladder: source-only
streams:
  one: *base
  two:
    <<: *base
    ladder: [source, 240p]
  three: { <<: [{ segment: 4 s }, *base], dash: true }
`);
  it("own keys win over merged ones, earlier sources over later", () => {
    const { one, two, three } = loaded.topology.streams;
    expect([one, two, three].map((s) => s!.source.width)).toEqual([640, 640, 640]);
    expect([one, two, three].map((s) => s!.ladder.length)).toEqual([1, 2, 1]);
    expect([three!.segmentSeconds, three!.dash]).toEqual([4, true]);
  });
  it.each<[(string | number)[], number, number]>([
    [["streams", "two", "ladder"], 10, 13],
    [["streams", "two", "source", "bitrate"], 4, 43],
    [["streams", "two", "source", "bitrateKbps"], 4, 43],
    [["streams", "three", "segmentSeconds"], 11, 28],
    [["streams", "one", "ladder"], 5, 11],
    [["streams", "two"], 8, 3],
    [["streams", "two", "dash"], 8, 3],
    [["streams", "nowhere", "at", "all"], 6, 1],
    [["cdn"], 1, 1],
    [[], 1, 1],
  ])("%j stands at %i:%i", (path, line, column) => {
    expect(loaded.position(path)).toEqual({ file: "t.yaml", line, column });
  });
  it("tells what was written", () => {
    expect(loaded.isWritten(["streams", "two", "source"])).toBe(true);
    expect(loaded.isWritten(["streams", "three", "source", "width"])).toBe(true);
    expect(loaded.isWritten(["streams", "two", "dash"])).toBe(false);
    expect(loaded.isWritten(["distributors", "home"])).toBe(false);
  });
  it("mistakes that came through an anchor are told where they are written", () => {
    expect(() => load(`${HEAD}x-b: &b { latency: fast }\nstreams: { one: { <<: *b } }\n`)).toThrow(/^t\.yaml:3:20 {2}streams\.one\.latency/);
  });
});

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "headend-spec-"));
  afterAll(() => { rmSync(folder, { recursive: true }); });
  const write = (name: string, content: string | Uint8Array) => { const file = join(folder, name); writeFileSync(file, content); return file; };
  const messageOf = (file: string): string => {
    try { loadTopology(file); } catch (error) { if (error instanceof TopologyError) { expect(error.problems).toHaveLength(1); return error.message.split("\n")[0]!; } throw error; }
    return "ok";
  };
  it("are refused with one message each", () => {
    const loop = join(folder, "loop.yaml");
    symlinkSync(loop, loop);
    mkdirSync(join(folder, "dir.yaml"));
    const cases: [string, RegExp][] = [
      [join(folder, "none.yaml"), /there is no such file$/],
      [join(folder, "dir.yaml"), /is a directory$/],
      [loop, /is a symbolic link that leads back to itself$/],
      [join(write("file.yaml", ""), "x"), /part of the path is a file, not a directory$/],
      ["/dev/zero", /is not a regular file$/],
      ["a\0b", /the name has a character that no file name has$/],
      [join(folder, "n".repeat(300)), /the name is too long$/],
      [write("big.yaml", `${HEAD}#${"x".repeat(1_000_001)}`), /is too large for a topology \(1\.0 MB\)$/],
      [write("latin1.yaml", Uint8Array.from([...Buffer.from(`${HEAD}# caf`), 0xe9, 10])), /is not UTF-8 text \(line 3\)$/],
      [write("utf16.yaml", Buffer.from("\ufeffheadend: 1", "utf16le")), /is UTF-16 text$/],
      [write("empty.yaml", ""), /1:1 {2}the file is empty$/],
    ];
    for (const [file, message] of cases) expect(messageOf(file)).toMatch(message);
    const locked = write("locked.yaml", HEAD);
    chmodSync(locked, 0);
    if (process.getuid?.() !== 0) expect(messageOf(locked)).toMatch(/may not be read/);
  });
  it("may begin with a byte order mark, and end lines as Windows does", () => {
    expect(messageOf(write("bom.yaml", `\ufeff${HEAD}streams: { main: }`.replaceAll("\n", "\r\n")))).toBe("ok");
  });
  it("the stacks people start from load", () => {
    const stacks = new URL("../../../stacks/", import.meta.url).pathname;
    const files = readdirSync(stacks).filter((file) => file.endsWith(".yaml") && !file.startsWith("Pulumi."));
    expect(files).toEqual(expect.arrayContaining(["congress.yaml", "festival.yaml", "meetup.yaml", "studio.yaml"]));
    for (const file of files) {
      const { text, topology } = loadTopology(join(stacks, file));
      expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/infra\/spec\/topology\.schema\.json\n/);
      expect(topology.name).toBe(file.replace(".yaml", ""));
    }
    const congress = loadTopology(join(stacks, "congress.yaml")).topology;
    expect([Object.keys(congress.streams).length, congress.multiplexers["hall"], congress.transcoders["hall"], congress.distributors["hall"]])
      .toEqual([10, { count: 2, size: null, diskGb: null }, { count: 3, size: null }, { min: 3, max: 8, size: null }]);
  });
});

describe("properties", () => {
  it("every generated topology loads, and loads the same again", () => {
    fc.assert(fc.property(topologyArb, (written) => {
      const text = toYaml(written);
      expect(load(text).topology).toEqual(load(text).topology);
    }), { numRuns: 80 });
  });
  it("junk is a TopologyError, never anything else", () => {
    const check = (text: string) => { try { load(text); } catch (error) { if (!(error instanceof TopologyError)) throw error; expect(error.problems.length).toBeGreaterThan(0); } };
    const bits = fc.constantFrom("&a ", "*a", "<<: ", "- ", "? ", ": ", "{", "}", "[", "]", "\n", "  ", "\t", "'", "\"", "|", ">", "#", "---\n", "!!str ", "%YAML", "headend: 1\n", "streams: ", "name: x\n", "main", ",", "~", "null", "1e9", "\0", "é");
    fc.assert(fc.property(fc.array(bits, { maxLength: 40 }), (parts) => { check(parts.join("")); }), { numRuns: 400 });
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), (junk) => { check(junk); check(`${HEAD}streams: ${junk}`); }), { numRuns: 120 });
    fc.assert(fc.property(fc.anything(), (value) => { check(toYaml({ headend: 1, name: "a", streams: { main: value } })); }), { numRuns: 120 });
  });
  it("one changed character never crashes the loader", () => {
    fc.assert(fc.property(topologyArb, fc.nat(), fc.string({ maxLength: 3 }), (written, at, junk) => {
      const text = toYaml(written);
      const cut = at % text.length;
      try { load(text.slice(0, cut) + junk + text.slice(cut + 1)); } catch (error) { if (!(error instanceof TopologyError)) throw error; }
    }), { numRuns: 120 });
  });
});

it("5,000 streams take little more than reading their YAML; looking up places is cheap", () => {
  const text = `${HEAD}streams:\n${Array.from({ length: 5000 }, (_, i) => `  s${i}: { ladder: light, viewers: 10 }`).join("\n")}\n`;
  const cpu = () => { const { user, system } = process.cpuUsage(); return user + system; };
  // Processor time, not the clock's, and ratios of best runs: other work on the machine comes in bursts.
  const time = (run: () => void) => { const start = cpu(); run(); return cpu() - start; };
  const best = (run: () => void) => Math.min(...Array.from({ length: 4 }, () => time(run)));
  const yaml = best(() => { parseDocument(text, { lineCounter: new LineCounter(), uniqueKeys: false }); });
  const loaded = load(text);
  expect(best(() => { load(text); }) / yaml).toBeLessThan(6);
  expect(best(() => { for (let i = 0; i < 5000; i++) loaded.position(["streams", `s${i}`, "ladder"]); }) / yaml).toBeLessThan(1);
}, 60_000);
