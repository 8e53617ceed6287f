import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KEEP, Publisher, type PublishedDir } from "../../../infra/agent/publisher.ts";

const V: PublishedDir = { dir: "v", kind: "video" };
const A: PublishedDir = { dir: "a", kind: "audio" };
let root: string;
let publisher: Publisher;
const warnings: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "publisher-"));
  publisher = create();
  publisher.configure([V, A], 2, 30, 0);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const create = (): Publisher => new Publisher(join(root, "pub"), join(root, "run"), 2, 30, (m) => warnings.push(m));
const served = (dir: string): string[] => readdirSync(join(root, "pub", dir)).sort();

/** Does what FFmpeg does: init, segments, then the playlist. */
function encode(run: string, dir: string, segments: Readonly<Record<number, number>>, content = "data", init = "init"): void {
  writeFileSync(join(run, dir, `init_${dir}.mp4`), init);
  for (const k of Object.keys(segments)) writeFileSync(join(run, dir, `${k}.m4s`), content);
  writeFileSync(join(run, dir, "ff.m3u8"), Object.entries(segments).map(([k, s]) => `#EXTINF:${s},\n${k}.m4s`).join("\n") + "\n");
}

describe("publisher", () => {
  it("links complete segments of the run and nothing before it", () => {
    const run = publisher.beginRun(10, 1);
    encode(run, "v", { 10: 2, 11: 2, 12: 1.5 });
    encode(run, "a", { 8: 2, 9: 2, 10: 2.005, 11: 1.984 });
    expect(publisher.scan()).toBe(4);
    expect(served("v")).toEqual(["10.m4s", "11.m4s", "init.mp4"]);
    expect(served("a")).toEqual(["10.m4s", "11.m4s", "init.mp4"]);
    expect(statSync(join(root, "pub/v/10.m4s")).ino).toBe(statSync(join(run, "v/10.m4s")).ino);
    expect([publisher.newestOfRun(), publisher.newest(22), publisher.newestOfRun("video")]).toEqual([11, 11, 11]);
  });

  it("never replaces a published number, also across runs and restarts of the agent", () => {
    encode(publisher.beginRun(10, 1), "v", { 10: 2 }, "first");
    publisher.scan();
    const again = create();
    again.configure([V, A], 2, 30, 0);
    encode(again.beginRun(10, 2), "v", { 10: 2, 11: 2 }, "second");
    expect(again.scan()).toBe(1);
    expect(readFileSync(join(root, "pub/v/10.m4s"), "utf8")).toBe("first");
    expect(readFileSync(join(root, "pub/v/11.m4s"), "utf8")).toBe("second");
  });

  it("does not let a new rendition hold back the start number", () => {
    encode(publisher.beginRun(10, 1), "v", { 10: 2, 11: 2 });
    publisher.scan();
    expect(publisher.newest(24)).toBe(11);
    expect(publisher.newest(24 + 60)).toBeNull();
    expect(publisher.newestOfRun()).toBeNull();
  });

  it("keeps a window of old numbers and two runs", () => {
    const all = Object.fromEntries([...Array(KEEP + 5).keys()].map((i) => [i + 1, 2]));
    encode(publisher.beginRun(1, 1), "v", all);
    publisher.scan();
    publisher.sweep(1);
    expect(publisher.numbers("v")!.size).toBe(KEEP);
    publisher.beginRun(60, 2); publisher.beginRun(61, 3);
    expect(readdirSync(join(root, "run"))).toEqual(["2_60", "3_61"]);
  });

  it("says a removed rendition is gone and deletes it after a minute", () => {
    encode(publisher.beginRun(10, 1), "v", { 10: 2 });
    publisher.scan();
    publisher.configure([A], 2, 30, 100);
    expect([publisher.numbers("v"), publisher.isRemoved("v")]).toEqual([null, true]);
    publisher.sweep(159);
    expect(existsSync(join(root, "pub/v/10.m4s"))).toBe(true);
    publisher.sweep(161);
    expect(existsSync(join(root, "pub/v"))).toBe(false);
  });

  it("deletes numbers from the future after a clock step", () => {
    encode(publisher.beginRun(10, 1), "v", { 10: 2, 11: 2, 12: 2 });
    publisher.scan();
    expect(publisher.dropFuture(10)).toBe(2);
    expect(served("v")).toEqual(["10.m4s", "init.mp4"]);
  });
});
