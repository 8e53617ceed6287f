import { describe, expect, it } from "vitest";
import { type Candidate, choose, initialSelection, type Override, type Selection } from "../../../infra/agent/selection.ts";
import { judge, type Track } from "../../../infra/agent/tracks.ts";

const inputs = (live: string): Candidate[] => ["A", "B"].map((path) => ({ path, publisher: path, live: live.includes(path) }));

/** Plays a script of "which inputs are live at second n", ten looks a second. Returns each change as "time:path". */
function play(script: readonly (readonly [until: number, live: string, override?: Override])[]): string[] {
  let selection: Selection = initialSelection;
  const changes: string[] = [];
  let tenths = 1000;
  for (const [until, live, override = "auto"] of script) {
    for (; tenths < 1000 + until * 10; tenths++) {
      const choice = choose(selection, inputs(live), override, tenths / 10);
      selection = choice.selection;
      if (choice.reason !== null) changes.push(`${(tenths - 1000) / 10}:${selection.active ?? "slate"}`);
    }
  }
  return changes;
}

describe("input selection", () => {
  it("falls to the backup at once and returns after the hold time", () => {
    expect(play([[5, "AB"], [8, "B"], [20, "AB"]])).toEqual(["0:A", "5:B", "10:A"]);
  });

  it("goes to the slate when nothing is live and leaves it at once", () => {
    expect(play([[5, "A"], [6, ""], [8, "A"]])).toEqual(["0:A", "5:slate", "6:A"]);
  });

  it("prefers the backup to the slate while the primary is away", () => {
    expect(play([[3, ""], [5, "B"], [6, "AB"]])).toEqual(["3:B"]);
  });

  it("makes a flapping primary wait longer each time", () => {
    const changes = play([[1, "AB"], [2, "B"], [8, "AB"], [9, "B"], [30, "AB"]]);
    expect(changes).toEqual(["0:A", "1:B", "4:A", "8:B", "13:A"]);
  });

  it("obeys an override", () => {
    expect(play([[2, "AB"], [4, "AB", "backup"], [6, "AB", "slate"], [8, "AB", "primary"], [9, "B", "primary"]])).toEqual(["0:A", "2:B", "4:slate", "6:A", "8:slate"]);
  });
});

const track = (codec: string, sampleRate: number | null = null, channels: number | null = null): Track => ({ codec, sampleRate, channels, width: null, height: null });
const H264 = track("H264");
const AAC = track("MPEG-4 Audio", 48_000, 2);
const NONE = { audio: false, video: false };

describe("judging tracks", () => {
  it.each([
    ["exact match", [H264, AAC], { kind: "direct" }],
    ["no audio", [H264], { kind: "normalise", video: "copy", audio: "silence" }],
    ["no video", [AAC], { kind: "normalise", video: "picture", audio: "copy" }],
    ["HEVC", [track("H265"), AAC], { kind: "normalise", video: "encode", audio: "copy" }],
    ["44.1 kHz mono", [H264, track("MPEG-4 Audio", 44_100, 1)], { kind: "normalise", video: "copy", audio: "encode" }],
    ["Opus", [H264, track("Opus", null, 2)], { kind: "normalise", video: "copy", audio: "encode" }],
    ["audio first", [AAC, H264], { kind: "normalise", video: "copy", audio: "copy" }],
    ["two audio tracks", [H264, AAC, AAC], { kind: "normalise", video: "copy", audio: "copy" }],
    ["only data", [track("KLV")], { kind: "refuse" }],
  ])("%s", (_, tracks, expected) => { expect(judge(tracks, 2, NONE)).toMatchObject(expected); });

  it("adds silence while announced audio does not come", () => {
    expect(judge([H264, AAC], 2, { audio: true, video: false })).toMatchObject({ kind: "normalise", video: "copy", audio: "silence" });
  });
});
