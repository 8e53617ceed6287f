import { describe, expect, it } from "vitest";
import { compare } from "../../../infra/plan/impact/compare.ts";
import { type OnAir, onAirRefusal, touchedMultiplexers } from "../../../infra/plan/impact/on-air.ts";
import { side } from "./fixtures.ts";

const OLD = "streams:\n  main: { publishers: { studio: { via: [srt, rtmp] }, spare: { via: [rtmp], backup: true } } }\n  other: {}\nmultiplexers: { home: 2 }\n";
const at = (multiplexer: string, path: string): OnAir => { const [stream = "", publisher = ""] = path.split("/"); return { multiplexer, stream, publisher }; };
const EVERYBODY = ["mux-home-a", "mux-home-b"].flatMap((mux) => ["main/studio", "main/spare", "other/studio"].map((path) => at(mux, path)));

function refused(after: string, onAir: readonly OnAir[], accepts: (id: string) => string | null = () => null): string[] {
  const before = side(OLD), impact = compare(before, side(after));
  const text = onAirRefusal({ impact, touched: touchedMultiplexers(impact, before.plan), onAir, accepted: accepts(impact.id), stack: "live", preview: false });
  return text === null ? [] : text.split("\n");
}

describe("an apply while somebody publishes", () => {
  it("is refused where it cuts a publisher off, naming who publishes where, and only those", () => {
    const lines = refused(OLD.replace("studio: { via: [srt, rtmp] }", "studio: { via: [rtmp] }"), EVERYBODY);
    expect(lines.filter((line) => line.startsWith("  "))).toContain("  studio publishes main at mux-home-a");
    expect(lines.join()).not.toMatch(/spare publishes|publishes other/);
    expect(lines.at(-1)).toMatch(/headend:duringEvent publishers-drop\/[0-9a-f]{8} --stack live$/);
  });
  it("is refused where a multiplexer goes, for everybody who is there", () => {
    const lines = refused(OLD.replace("home: 2", "home: 1"), EVERYBODY);
    expect(lines.filter((line) => line.startsWith("  "))).toEqual(["main/spare", "main/studio", "other/studio"].map((path) => `  ${path.split("/")[1]} publishes ${path.split("/")[0]} at mux-home-b`));
  });
  it("passes where nobody publishes, where nobody is cut off, and where exactly this was accepted", () => {
    const edit = OLD.replace("studio: { via: [srt, rtmp] }", "studio: { via: [rtmp] }");
    expect(refused(edit, [])).toEqual([]);
    expect(refused(OLD.replace("other: {}", "other: { record: true }"), EVERYBODY)).toEqual([]);
    expect(refused(edit, EVERYBODY, (id) => id)).toEqual([]);
    expect(refused(edit, EVERYBODY, (id) => id.replace(/.$/, "x")).join()).toContain("which is another impact");
  });
});
