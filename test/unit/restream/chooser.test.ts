import { describe, expect, it } from "vitest";
import type { RelayPath } from "../../../infra/agent/relay.ts";
import { Chooser } from "../../../infra/restream/chooser.ts";
import type { RestreamStream } from "../../../infra/restream/config.ts";

const A = "main/truck", B = "main/laptop", YT = "rtmps://yt.example/live#key";
const PUSH = (path: string): string => `rtsp://tx/in/${path}`;
const stream: RestreamStream = { name: "main", platforms: [YT], publishers: [A, B].map((path) => ({ path, publisher: path.split("/")[1] ?? "", pushes: [PUSH(path)] })) };

/** A multiplexer with the lists of its file: the first publisher is sent. */
class FakeMux {
  readonly lists = new Map<string, readonly string[]>();
  readonly live = new Set<string>();
  readonly silent = new Set<string>();
  readonly told: string[] = [];
  constructor() { this.reload(); }

  reload(): void { this.lists.set(A, [PUSH(A), YT]); this.lists.set(B, [PUSH(B)]); }
  forwardOf(path: string): Promise<readonly string[]> { return Promise.resolve(this.lists.get(path) ?? []); }
  setForward(path: string, list: readonly string[]): Promise<void> {
    this.lists.set(path, list);
    this.told.push(`${path} ${list.includes(YT) ? "sent" : "not"}`);
    expect(list[0], "pushes to transcoders stay where they are").toBe(PUSH(path));
    return Promise.resolve();
  }
  get sent(): string { return [A, B].filter((path) => this.live.has(path) && this.lists.get(path)?.includes(YT)).join("+") || "nobody"; }
  paths(mono: number): Map<string, RelayPath> {
    return new Map([A, B].map((name) => [name, { name, online: this.live.has(name), bytes: this.silent.has(name) ? 1 : Math.round(mono * 10), tracks: [], source: this.live.has(name) ? name : null, since: null }]));
  }
}

/** Plays a script of who is live until second n, ten looks a second; each change of who is sent as "second:path". */
async function play(mux: FakeMux, script: readonly (readonly [number, string, string?])[], chooser = new Chooser(stream, mux, () => undefined)): Promise<string[]> {
  const changes: string[] = [];
  let tenth = 0;
  for (const [until, live, silent = ""] of script) {
    for (const [letter, path] of [["A", A], ["B", B]] as const) {
      if (live.includes(letter)) mux.live.add(path); else mux.live.delete(path);
      if (silent.includes(letter)) mux.silent.add(path); else mux.silent.delete(path);
    }
    for (; tenth < until * 10; tenth++) {
      await chooser.look(mux.paths(1000 + tenth / 10), 1000 + tenth / 10);
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
    const chooser = new Chooser(stream, mux, () => undefined);
    await play(mux, [[5, "B"]], chooser);
    mux.reload();
    expect(mux.sent).toBe("nobody");
    await chooser.look(mux.paths(1005), 1005);
    expect([mux.sent, mux.lists.get(A)]).toEqual([B, [PUSH(A)]]);
  });

  it("stays when the program starts again, also on a backup that is steady", async () => {
    const mux = new FakeMux();
    await play(mux, [[5, "B"]]);
    mux.told.length = 0;
    expect(await play(mux, [[5, "B"]])).toEqual([`0:${B}`]);
    expect(mux.told).toEqual([]);
  });

  it("follows an edit of its destinations", async () => {
    const mux = new FakeMux();
    const chooser = new Chooser(stream, mux, () => undefined);
    await play(mux, [[5, "B"]], chooser);
    chooser.configure({ ...stream, platforms: [YT, "rtmp://zz.example/app"] });
    await chooser.look(mux.paths(1005), 1005);
    expect(mux.lists.get(B)).toEqual([PUSH(B), YT, "rtmp://zz.example/app"]);
  });
});
