import { describe, expect, it } from "vitest";
import { formatProblems, parseTopology, TopologyError } from "../../../infra/spec/load.ts";

const HEAD = "headend: 1\nname: a\n";

/** "line:column path: message" of every problem. */
function problemsOf(text: string): string[] {
  return failureOf(text).message.split("\n").filter((line) => line.startsWith("t.yaml:")).map((line) => line.slice("t.yaml:".length).replace("  ", " "));
}
function failureOf(text: string): TopologyError {
  try { parseTopology(text, "t.yaml"); } catch (error) { if (error instanceof TopologyError) return error; throw error; }
  throw new Error("expected a TopologyError");
}

describe("one mistake, one message at its place", () => {
  const stream = (body: string) => `${HEAD}streams:\n  main: { ${body} }\n`;
  it.each<[string, string, string]>([
    ["unknown key", stream("laddr: light"), "4:11 streams.main.laddr: is not a known key"],
    ["unknown key at the top", `${HEAD}streams: { main: {} }\nregons: {}\n`, "4:1 regons: is not a known key"],
    ["missing name", "headend: 1\nstreams: { main: {} }\n", "1:1 name: is missing"],
    ["missing streams", HEAD, "1:1 streams: is missing"],
    ["no streams", `${HEAD}streams: {}\n`, "3:10 streams: is empty"],
    ["missing required key points at its parent", `${stream("")}event: { start: 2026-12-05T18:00Z }\n`, "5:1 event.end: is missing"],
    ["bad name", `headend: 1\nname: My Show\nstreams: { main: {} }\n`, "2:7 name: is not a usable name"],
    ["number as name", `headend: 1\nname: 2026\nstreams: { main: {} }\n`, "2:7 name: reads as a number; put it in quotes"],
    ["bad stream name", `${HEAD}streams:\n  Main: {}\n`, "4:3 streams.Main: is not a usable name"],
    ["bit rate", stream("source: { bitrate: 6 Mops }"), "4:30 streams.main.source.bitrate: is not a bit rate"],
    ["bit rate without unit", stream("source: { bitrate: 6 }"), "4:30 streams.main.source.bitrate: has no unit"],
    ["bit rate out of range", stream("source: { bitrate: 900 Mbps }"), "4:30 streams.main.source.bitrate: is out of range"],
    ["fractional fps", stream("source: { fps: 29.97 }"), "4:26 streams.main.source.fps: is not a whole number"],
    ["text for true", stream("dash: yes"), "4:17 streams.main.dash: is text"],
    ["nothing after a key", stream("dash: "), "4:11 streams.main.dash: has nothing after it"],
    ["unknown latency", stream("latency: fast"), "4:20 streams.main.latency: is not one of the known values"],
    ["unknown preset", stream("ladder: lite"), "4:19 streams.main.ladder: is not one of the known values"],
    ["unknown rung", stream("ladder: [source, 721p]"), "4:28 streams.main.ladder[1]: is not one of the known values"],
    ["empty ladder", stream("ladder: []"), "4:19 streams.main.ladder: has no entries"],
    ["wrong kind", stream("ladder: 3"), "4:19 streams.main.ladder: is a number"],
    ["upscaling", stream("ladder: [source, 1080p]"), "4:28 streams.main.ladder[1]: cannot upscale: 1920x1080 is larger than the source (1280x720)"],
    ["rung twice", stream("ladder: [source, 360p, { name: 360p }]"), "4:34 streams.main.ladder[2]: has the same name as rung 2: 360p"],
    ["rung without size", stream("ladder: [{ name: small, bitrate: 1 M }]"), "4:20 streams.main.ladder[0].resolution: is missing"],
    ["rung named source", stream("ladder: [{ name: source, resolution: 64x64, bitrate: 1 M }]"), "4:28 streams.main.ladder[0].name: is kept for the publisher's own picture"],
    ["rung with more pictures", stream("ladder: [{ name: 360p, fps: 60 }]"), "4:39 streams.main.ladder[0].fps: is more than the source has (30)"],
    ["several rungs at low latency", stream("latency: low, ladder: light"), "4:33 streams.main.ladder: has 2 rungs, but latency low serves one"],
    ["DASH at low latency", stream("latency: low, dash: true"), "4:31 streams.main.dash: does not go with latency low"],
    ["segment off the grid", stream("segment: 3 s"), "4:20 streams.main.segment: does not divide 8 s, the grid on which picture and sound meet"],
    ["short retention", stream("record: { keep: 10 min }"), "4:27 streams.main.record.keep: is out of range"],
    ["two copies, one transcoder", stream("redundancy: 2"), "4:23 streams.main.redundancy: needs two transcoders, but there is one"],
    ["viewers elsewhere", stream("viewers: { mars: 5 }"), "4:22 streams.main.viewers.mars: is not one of the regions"],
    ["protocol twice", stream("publishers: { a: { via: [srt, srt] } }"), "4:41 streams.main.publishers.a.via[1]: is in the list twice"],
    ["nobody may publish", stream("publishers: {}"), "4:23 streams.main.publishers: is empty, so nobody could publish"],
    ["only backups", stream("publishers: { a: { backup: true } }"), "4:23 streams.main.publishers: has only backups"],
    ["address", stream("publishers: { a: { from: [203.0.113.5/24] } }"), "4:37 streams.main.publishers.a.from[0]: is an address inside a block, not the block itself"],
    ["encoder preset", stream("encoder: { kind: nvenc, preset: fast }"), "4:43 streams.main.encoder.preset: is not a preset of nvenc"],
    ["country", stream("access: { countries: [UK] }"), "4:33 streams.main.access.countries[0]: is not a country code"],
    ["region of a group", `${stream("")}multiplexers: { eu: 2 }\n`, "5:17 multiplexers.eu: is not one of the regions"],
    ["no host at all", `${stream("")}transcoders: 0\n`, "5:14 transcoders: has no host in any region"],
    ["region not said", `${stream("")}regions: { eu: , us: }\ntranscoders: 2\n`, "6:14 transcoders: does not say in which region"],
    ["max below min", `${stream("")}distributors: { home: { min: 3, max: 2 } }\n`, "5:38 distributors.home.max: is less than min (3)"],
    ["end before start", `${stream("")}event: { start: 2026-12-05T18:00Z, end: 2026-12-05T17:00Z }\n`, "5:41 event.end: is not after the start"],
    ["doors after start", `${stream("")}event: { doors: 2026-12-05T19:00Z, start: 2026-12-05T18:00Z, end: 2026-12-05T20:00Z }\n`, "5:17 event.doors: is after the start"],
    ["date without a zone", `${stream("")}event: { start: 2026-12-05T18:00, end: 2026-12-05T20:00Z }\n`, "5:17 event.start: does not say which time zone it is in"],
    ["AWS zone for a region", `${stream("")}regions: { home: { aws: eu-central-1a } }\n`, "5:25 regions.home.aws: is not an AWS region"],
    ["newer version", "headend: 2\nfuture: 1\n", "1:10 headend: is newer than this headend understands: update headend, or go back to an older file"],
    ["version as text", "headend: '1'\n", "1:10 headend: is not a version"],
    ["no version", "name: a\n", "1:1 headend: the version of the vocabulary is missing"],
    ["key twice", `${HEAD}streams: { main: {} }\nname: b\n`, "4:1 name: is written twice"],
    ["key that is a number", `${HEAD}streams: { main: {} }\n720: b\n`, "4:1 has a key that reads as a number, not as text: 720"],
    ["key that is a boolean", `${HEAD}streams: { main: {}, true: {} }\n`, "3:22 streams: has a key that reads as a boolean, not as text: true"],
    ["key that is a date", `${HEAD}streams: { main: {}, 2026-01-01: {} }\n`, "3:22 streams.2026-01-01: is not a usable name"],
    ["key that is empty", `${HEAD}streams: { main: {} }\n: b\n`, "4:1 has a key that is not text"],
    ["key that is a list", `${HEAD}streams: { main: {} }\n? [a]\n: b\n`, "4:3 has a key that is not text"],
    ["__proto__", `${HEAD}streams: { main: {}, __proto__: {} }\n`, "3:22 streams: has a key that cannot be used: __proto__"],
    ["constructor", `${HEAD}streams: { main: {}, constructor: {} }\n`, "3:22 streams: has a key that cannot be used: constructor"],
    ["empty file", "", "1:1 the file is empty"],
    ["only comments", "# nothing\n", "1:1 the file is empty"],
    ["a list", "- a\n", "1:1 the file is not a map"],
    ["plain text", "hello\n", "1:1 the file is not a map"],
    ["two documents", `${stream("")}---\nb: 1\n`, "5:1 a second document begins here"],
    ["tab", `${HEAD}streams:\n\tmain: {}\n`, "4:1 a tab is used to indent"],
    ["open bracket", `${HEAD}streams: { main: {}\n`, "4:1 a bracket above is still open here"],
    ["NUL", `${HEAD}streams: {\0}\n`, "3:11 has a character that is not text (U+0000)"],
    ["YAML 1.1", `%YAML 1.1\n---\n${stream("")}`, "1:1 YAML 1.1 reads `no` and `12:30` as something else"],
    ["tag", `${HEAD}streams: !js { main: {} }\n`, "3:10 a tag (!…) is not known here"],
    ["unknown alias", `${HEAD}streams: { main: *base }\n`, "3:18 streams.main: uses *base, but no &base stands before it"],
    ["alias in itself", `${HEAD}streams: &s { main: *s }\n`, "3:21 streams.main: uses *s inside the value that &s names"],
    ["merge of a number", `${HEAD}x-a: &a 5\nstreams: { main: { <<: *a } }\n`, "4:24 streams.main[\"<<\"]: does not name a map"],
    ["brackets without end", `${HEAD}streams: ${"[".repeat(100_000)}`, "3:50 the file is nested more than 40 levels deep"],
    ["brackets too deep", `${HEAD}streams: ${"[".repeat(60)}${"]".repeat(60)}`, "3:50 streams[0][0]: is nested more than 40 levels deep"],
  ])("%s", (_what, text, expected) => { expect(problemsOf(text)).toEqual([expected]); });

  it("alias bombs", () => {
    const laughs = [..."bcdefghij"].map((c, i) => `x-${c}: &${c} [${Array(9).fill(`*${"abcdefghij"[i]}`).join(", ")}]`).join("\n");
    expect(problemsOf(`${HEAD}x-a: &a [ha, ha, ha]\n${laughs}\nstreams: { main: {} }\n`)).toEqual([expect.stringMatching(/^\d+:\d+ x-\w\[\d\]: makes more than 300,000 values out of aliases$/)]);
    const wide = Array.from({ length: 1000 }, (_, i) => `p${i}: *a`).join(", ");
    const tall = Array.from({ length: 1000 }, (_, i) => `  t${i}: *s`).join("\n");
    expect(problemsOf(`${HEAD}x-a: &a { via: [srt] }\nstreams:\n  s: &s\n    publishers: { ${wide} }\n${tall}\n`)).toHaveLength(1);
  });
});

describe("many mistakes", () => {
  const text = `headend: 1
name: Festival
streams:
  main:
    source: { bitrate: 6 Mops }
    segment: 3 s
    laddr: light
  Side Stage:
    viewers: { mars: 1 }
event: { start: 2026-12-05T18:00Z, end: 2026-12-05T17:00Z }
transcoders: { eu: 2 }
cdn: cloudfare
`;
  it("are told at once, in file order, structure and cross-references alike", () => {
    expect(problemsOf(text)).toEqual([
      "2:7 name: is not a usable name",
      "5:24 streams.main.source.bitrate: is not a bit rate",
      "6:14 streams.main.segment: does not divide 8 s, the grid on which picture and sound meet",
      "7:5 streams.main.laddr: is not a known key",
      '8:3 streams["Side Stage"]: is not a usable name',
      "10:41 event.end: is not after the start",
      "11:16 transcoders.eu: is not one of the regions",
      "12:6 cdn: is not one of the known values",
    ]);
  });
  it("read like a compiler's", () => {
    const [, bitrate, , key] = failureOf(text).problems;
    expect(formatProblems([bitrate!, key!], { color: false })).toBe(`t.yaml:5:24  streams.main.source.bitrate: is not a bit rate
    found      "6 Mops"
    allowed    a number and a unit of bits per second, e.g. 6 Mbps or 2500 kbps
   5 |     source: { bitrate: 6 Mops }
     |                        ^

t.yaml:7:5  streams.main.laddr: is not a known key
    found      "laddr"
    allowed    source, publishers, ladder, latency, segment, audio, encoder, dash, redundancy, viewers, record, restream, access, slate
    try        ladder
   7 |     laddr: light
     |     ^

2 problems`);
    expect(formatProblems([key!], { color: true })).toContain("\u001b[");
  });
  it("a wrong place does not make others look wrong", () => {
    expect(problemsOf(`${HEAD}streams:\n  main: { source: { resolution: 4K }, ladder: [source, 1080p], redundancy: 2 }\ntranscoders: { home: { count: two } }\n`)).toEqual([
      "4:33 streams.main.source.resolution: is not a picture size", "5:31 transcoders.home.count: is text",
    ]);
  });
  it("thousands stay readable", () => {
    const found = failureOf(`${HEAD}streams: { main: {} }\n${Array.from({ length: 3000 }, (_, i) => `k${i}: 1`).join("\n")}\n`);
    expect(found.problems).toHaveLength(3000);
    expect(found.message).toContain("3000 problems, of which the first 100 are shown");
  });
  it("no stack is shown", () => { expect(failureOf(text).stack).not.toMatch(/^\s+at /m); });
});

describe("keys of other platforms", () => {
  it.each([
    "restream: { yt: { url: \"rtmp://a.example.org/live\", key: abcd-SECRET } }",
    "restream: { yt: { key: abcd-SECRET } }",
    "restream: { yt: { url: \"rtmp://user:SECRET@a.example.org\" } }",
    "restream: { yt: { url: \"srt://a.example.org?passphrase=SECRET\" } }",
    "restream: { yt: SECRET }",
    "restream: [SECRET]",
    "restream: { yt: { url: SECRET } }",
    "restream: { yt: { url: \"rtmp://a.example.org\", stream_key: SECRET } }",
    "key: SECRET",
    "segment: 3 s, restream: { yt: { url: \"rtmp://a.example.org\", key: SECRET } }",
  ])("are never repeated: %s", (body) => {
    const found = failureOf(`${HEAD}streams: { main: { ${body} } }\n`);
    expect(found.message).not.toContain("SECRET");
    expect(found.problems.map(({ position }) => position?.line)).toContain(3);
  });
});

it("columns count in the quoted line with tabs and wide text", () => {
  expect(failureOf(`${HEAD}streams: { main: { slate: "\t→", dash: 3 } }\n`).message).toContain(`   3 | streams: { main: { slate: " →", dash: 3 } }\n     | ${" ".repeat(38)}^`);
});
