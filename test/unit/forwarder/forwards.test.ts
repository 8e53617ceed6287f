import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Override } from "../../../infra/agent/selection.ts";
import type { RelayPath, RunningForward } from "../../../infra/agent/relay.ts";
import type { Track } from "../../../infra/agent/tracks.ts";
import type { RestreamStream } from "../../../infra/forwarder/config.ts";
import { Forwards } from "../../../infra/forwarder/forwards.ts";
import { byHop, hopFor, nowhere, type Push, pushAddress, pushOf } from "../../../infra/forwarder/hop.ts";

const A = "main/truck", B = "main/laptop", YT = "rtmps://yt.example/live#key";
const push = (path: string): Push => ({ host: "tx-eu-1.show.internal", path: `in/${path}/mux-eu-a`, user: "mux-eu-a", pass: "k-_9" });
const PUSH = (path: string): string => pushAddress(push(path), "rtmp"), BY_RTSP = (path: string): string => pushAddress(push(path), "rtsp");
const stream: RestreamStream = { name: "main", platforms: [YT], publishers: [A, B].map((path) => ({ path, publisher: path.split("/")[1] ?? "" })) };

/** A multiplexer with the lists of its file: the first publisher is sent. */
class FakeMux {
  readonly lists = new Map<string, readonly string[]>();
  readonly live = new Set<string>();
  readonly silent = new Set<string>();
  readonly failed = new Set<string>();
  readonly tracks = new Map<string, readonly Track[]>();
  readonly told: string[] = [];
  /** Where MediaMTX goes on with something else than its configuration says, until that changes. */
  readonly runs = new Map<string, readonly string[]>();
  constructor() { this.reload(); }

  reload(): void { this.lists.set(A, [PUSH(A), YT]); this.lists.set(B, [PUSH(B)]); }
  forwardOf(path: string): Promise<readonly string[]> { return Promise.resolve(this.lists.get(path) ?? []); }
  setForward(path: string, list: readonly string[]): Promise<void> {
    if (JSON.stringify(list) !== JSON.stringify(this.lists.get(path))) this.runs.delete(path);
    this.lists.set(path, list);
    this.told.push(`${path} ${list.includes(YT) ? "sent" : "not"}`);
    expect(pushOf(list[0] ?? ""), "pushes to transcoders stay where they are").toEqual(push(path));
    return Promise.resolve();
  }
  running(path: string): Promise<RunningForward[]> { return Promise.resolve((this.runs.get(path) ?? this.lists.get(path) ?? []).map((dest) => ({ dest, failed: this.failed.has(dest), error: "" }))); }
  get sent(): string { return [A, B].filter((path) => this.live.has(path) && this.lists.get(path)?.includes(YT)).join("+") || "nobody"; }
  paths(mono: number): Map<string, RelayPath> {
    return new Map([A, B].map((name) => [name, { name, online: this.live.has(name), bytes: this.silent.has(name) ? 1 : Math.round(mono * 10), tracks: this.tracks.get(name) ?? [], source: this.live.has(name) ? name : null, since: null }]));
  }
}

const forwardsOf = (mux: FakeMux, streams = [stream]): Forwards => new Forwards(streams, mux, mkdtempSync(join(tmpdir(), "forwards-")), () => () => undefined);

/** Plays a script of who is live until second n, ten looks a second; each change of who is sent as "second:path". */
async function play(mux: FakeMux, script: readonly (readonly [number, string, string?])[], forwards = forwardsOf(mux)): Promise<string[]> {
  const changes: string[] = [];
  let tenth = 0;
  for (const [until, live, silent = ""] of script) {
    for (const [letter, path] of [["A", A], ["B", B]] as const) {
      if (live.includes(letter)) mux.live.add(path); else mux.live.delete(path);
      if (silent.includes(letter)) mux.silent.add(path); else mux.silent.delete(path);
    }
    for (; tenth < until * 10; tenth++) {
      await forwards.look(mux.paths(1000 + tenth / 10), 1000 + tenth / 10);
      if (!changes.at(-1)?.endsWith(`:${mux.sent}`)) changes.push(`${tenth / 10}:${mux.sent}`);
    }
  }
  return changes;
}

describe("what other platforms get", () => {
  it("is the primary, the backup when the primary dies, and the primary again when it is steady", async () => {
    const mux = new FakeMux();
    expect(await play(mux, [[20, "AB"], [30, "B"], [40, "AB"]])).toEqual([`0:${A}`, `20:${B}`, `32:${A}`]);
    expect(mux.told, "never both at once").toEqual([`${A} not`, `${B} sent`, `${B} not`, `${A} sent`]);
  });

  it("is the backup when the primary falls silent, before its connection times out", async () => {
    expect(await play(new FakeMux(), [[20, "AB"], [24, "AB", "A"], [30, "B"]])).toEqual([`0:${A}`, `22.1:${B}`]);
  });

  it("is left alone while nobody publishes", async () => {
    const mux = new FakeMux();
    expect(await play(mux, [[5, ""], [20, "A"], [25, ""], [30, "A"]])).toEqual(["0:nobody", `5:${A}`, "20:nobody", `25:${A}`]);
    expect(mux.told).toEqual([]);
  });

  it("is the backup where only that came", async () => {
    const mux = new FakeMux();
    expect(await play(mux, [[5, "B"], [20, "AB"]])).toEqual([`0:${B}`, `7:${A}`]);
  });

  it("is set again when the multiplexer has read its file again", async () => {
    const mux = new FakeMux();
    const forwards = forwardsOf(mux);
    await play(mux, [[5, "B"]], forwards);
    mux.reload();
    expect(mux.sent).toBe("nobody");
    await forwards.look(mux.paths(1005), 1005);
    expect([mux.sent, mux.lists.get(A)]).toEqual([B, [PUSH(A)]]);
  });

  it("stays when the program starts again, also on a backup that is steady", async () => {
    const mux = new FakeMux();
    await play(mux, [[5, "B"]]);
    mux.told.length = 0;
    expect(await play(mux, [[5, "B"]])).toEqual([`0:${B}`]);
    expect(mux.told).toEqual([]);
  });

  it("is what was chosen by hand: the backup, nothing, and by itself again", async () => {
    const mux = new FakeMux(), forwards = forwardsOf(mux);
    await play(mux, [[5, "AB"]], forwards);
    const sent = async (override: Override): Promise<string> => {
      forwards.override("main", override);
      for (let mono = 1010; mono < 1014; mono += 0.3) await forwards.look(mux.paths(mono), mono);
      expect(forwards.status().streams).toMatchObject([{ name: "main", override, platforms: 1 }]);
      return mux.sent;
    };
    expect([await sent("backup"), await sent("slate"), await sent("primary"), await sent("slate"), await sent("auto")]).toEqual([B, "nobody", A, "nobody", A]);
    mux.live.delete(B);
    expect(await sent("backup"), "viewers have the slate").toBe("nobody");
  });

  it("follows an edit of its destinations", async () => {
    const mux = new FakeMux();
    const forwards = forwardsOf(mux);
    await play(mux, [[5, "B"]], forwards);
    forwards.configure([{ ...stream, platforms: [YT, "rtmp://zz.example/app"] }]);
    await forwards.look(mux.paths(1005), 1005);
    expect(mux.lists.get(B)).toEqual([PUSH(B), YT, "rtmp://zz.example/app"]);
  });
});

const track = (codec: string, sampleRate: number | null = null): Track => ({ codec, sampleRate, channels: null, width: null, height: null });

describe("the hop to the transcoders", () => {
  it("is RTMP, and RTSP for what RTMP cannot carry", () => {
    for (const codec of ["H264", "H265", "AV1", "VP9"]) expect(hopFor([track(codec), track("MPEG-4 Audio", 48_000)])).toBe("rtmp");
    for (const codec of ["VP8", "MPEG-4 Video", "MPEG-1/2 Video"]) expect(hopFor([track(codec), track("Opus", 48_000)])).toBe("rtsp");
    expect([hopFor([track("H264"), track("G711", 8000)]), hopFor([track("H264"), track("G711", 16_000)]), hopFor([track("H264"), track("G722", 8000)])]).toEqual(["rtmp", "rtsp", "rtsp"]);
    expect([hopFor([]), hopFor([track("H264"), track("KLV")])]).toEqual(["rtmp", "rtmp"]);
  });

  it("is read from an address, whichever way that goes; platforms are left alone", () => {
    expect(PUSH(A)).toBe("rtmp://tx-eu-1.show.internal:1935/in/main/truck#mux-eu-a?user=mux-eu-a&pass=k-_9");
    expect(BY_RTSP(A)).toBe("rtsp://mux-eu-a:k-_9@tx-eu-1.show.internal:8554/in/main/truck/mux-eu-a");
    for (const address of [PUSH(A), BY_RTSP(A), nowhere(push(A))]) expect(byHop([address], "rtmp"), address).toEqual([PUSH(A)]);
    for (const address of [YT, "rtmp://a.example:1935/in/x#key?user=u&pass=p"]) expect(byHop([address], "rtsp")).toEqual([address]);
  });

  it("follows the publisher's codecs, with platforms or without", async () => {
    for (const streams of [[stream], []]) {
      const mux = new FakeMux(), forwards = forwardsOf(mux, streams);
      mux.live.add(A);
      mux.tracks.set(A, [track("VP8"), track("Opus", 48_000)]);
      for (let mono = 1000; mono < 1005; mono += 0.3) await forwards.look(mux.paths(mono), mono);
      expect(mux.lists.get(A)).toEqual([BY_RTSP(A), YT]);
      mux.reload();
      for (let mono = 1005; mono < 1008; mono += 0.3) await forwards.look(mux.paths(mono), mono);
      expect(mux.lists.get(A), "a file that was read again").toEqual([BY_RTSP(A), YT]);
      mux.tracks.set(A, [track("H264"), track("MPEG-4 Audio", 48_000)]);
      for (let mono = 1008; mono < 1011; mono += 0.3) await forwards.look(mux.paths(mono), mono);
      expect(mux.lists.get(A)).toEqual([PUSH(A), YT]);
      expect(mux.told).toHaveLength(3);
    }
  });

  it("is told anew when the multiplexer goes on with an older list, whatever its configuration says", async () => {
    for (const streams of [[stream], []]) {
      const mux = new FakeMux(), forwards = forwardsOf(mux, streams);
      mux.live.add(A);
      mux.runs.set(A, [nowhere(push(A)), YT]);
      mux.failed.add(nowhere(push(A)));
      for (let mono = 1000; mono < 1004; mono += 0.3) await forwards.look(mux.paths(mono), mono);
      expect([mux.lists.get(A), mux.runs.get(A)]).toEqual([[PUSH(A), YT], undefined]);
      expect(mux.told, "told the list that ran, then the right one").toHaveLength(2);
    }
  });

  it("is connected again at once when it ended, then less and less often, and ends where it was", async () => {
    const mux = new FakeMux(), forwards = forwardsOf(mux, []);
    mux.live.add(A);
    mux.failed.add(PUSH(A));
    const tries: number[] = [];
    for (let tenth = 0; tenth < 80; tenth++) {
      const before = mux.told.length;
      await forwards.look(mux.paths(1000 + tenth / 10), 1000 + tenth / 10);
      if (mux.told.length > before) tries.push(tenth / 10);
      expect(mux.lists.get(A)).toEqual([PUSH(A), YT]);
    }
    expect(tries).toEqual([0, 0.5, 1.5, 3.5, 5.5, 7.5]);
    mux.failed.clear();
    mux.failed.add(YT);
    mux.told.length = 0;
    await forwards.look(mux.paths(1100), 1100);
    expect(mux.told, "platforms are left to MediaMTX").toEqual([]);
  });
});
