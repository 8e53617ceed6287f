import { describe, expect, it } from "vitest";
import { SetupError, SourceError, looksFull, looksOffline } from "../../../scripts/setup/errors.ts";
import { Turns, provide, type Part } from "../../../scripts/setup/part.ts";
import { fakeContext, inFolder, recorder } from "./fakes.ts";

function part(ways: Partial<Part<string>> & { readonly there?: string }): Part<string> {
  return {
    name: "Thing", version: "1.2", space: { cache: 0, docker: 0 },
    find: async () => ways.there === undefined ? null : { value: ways.there, source: "installed" },
    ...ways,
  };
}
const offline = async (): Promise<string> => { throw new SourceError("lookup x: no such host", true); };

describe("provide", () => {
  it("takes what is installed before anything else", () => inFolder(async (dir) => {
    const thing = part({ there: "mine", download: async () => "theirs", build: async () => "built" });
    expect(await provide(thing, fakeContext(dir))).toEqual({ value: "mine", source: "installed" });
  }));

  it("takes the official download before a build", () => inFolder(async (dir) => {
    const thing = part({ download: async () => "theirs", build: async () => "built" });
    expect(await provide(thing, fakeContext(dir))).toEqual({ value: "theirs", source: "official" });
  }));

  it("builds from registries when there is no download, and says which way it was", () => inFolder(async (dir) => {
    const reporter = recorder();
    expect(await provide(part({ download: offline, build: async () => "built" }), fakeContext(dir, { reporter }))).toEqual({ value: "built", source: "registries" });
    expect(reporter.said).toEqual(["Thing 1.2: no official download: lookup x: no such host", "Thing 1.2 done: built from package registries"]);
  }));

  it("gets a part once per run, however many ask for it", () => inFolder(async (dir) => {
    let builds = 0;
    const thing = part({ build: async () => `built ${++builds}` });
    const ctx = fakeContext(dir);
    expect((await Promise.all([provide(thing, ctx), provide(thing, ctx)])).map((got) => got.value)).toEqual(["built 1", "built 1"]);
  }));

  it("says offline, which part, where partial work is, and how to go on", () => inFolder(async (dir) => {
    const error = await provide(part({ download: offline, build: offline }), fakeContext(dir)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SetupError);
    expect(error).toMatchObject({ problem: "offline" });
    const { message } = error as SetupError;
    expect(message).toContain("nothing answered while fetching Thing 1.2");
    expect(message).toContain(`kept in ${dir}`);
    expect(message).toContain("run the same command again");
  }));

  it("gives every source's reason when it is not the network", () => inFolder(async (dir) => {
    const thing = part({ download: offline, build: async () => { throw new SourceError("go build failed:\nundefined: x", false); } });
    const error = await provide(thing, fakeContext(dir)).catch((e: unknown) => e) as SetupError;
    expect(error.problem).toBe("part");
    expect(error.message).toContain("official download: lookup x: no such host");
    expect(error.message).toContain("undefined: x");
  }));

  it("says that the disk is full when that is why", () => inFolder(async (dir) => {
    const thing = part({ build: async () => { throw new SourceError("write /x: no space left on device", false); } });
    await expect(provide(thing, fakeContext(dir))).rejects.toMatchObject({ problem: "disk" });
  }));

  it("stops at Ctrl-C instead of trying the next source", () => inFolder(async (dir) => {
    const controller = new AbortController();
    let built = false;
    const thing = part({
      download: async () => { controller.abort(); throw new SourceError("killed", false); },
      build: async () => { built = true; return "built"; },
    });
    await expect(provide(thing, fakeContext(dir, { signal: controller.signal }))).rejects.toMatchObject({ problem: "interrupted" });
    expect(built).toBe(false);
  }));
});

describe("Turns", () => {
  it("runs one kind in order, also after a failure, and kinds side by side", async () => {
    const turns = new Turns();
    const order: string[] = [];
    const first = turns.take("go", async () => { await new Promise((r) => { setImmediate(r); }); order.push("first"); throw new Error("x"); });
    const second = turns.take("go", async () => { order.push("second"); });
    const other = turns.take("apt", async () => { order.push("other"); });
    await Promise.allSettled([first, second, other]);
    expect(order).toEqual(["other", "first", "second"]);
  });
});

describe("reading a program's failure", () => {
  it.each([
    "dial tcp: lookup proxy.example: no such host", "Temporary failure resolving 'mirror.example'", "curl: (6) Could not resolve host: x",
    "Could not connect to x:80, connection timed out", "ERROR: No matching distribution found (from versions: none)", "read: connection reset by peer",
  ])("offline: %s", (text) => expect(looksOffline(text)).toBe(true));

  it("does not take a refusal or a compile error for a missing network", () => {
    expect(looksOffline("403 Forbidden")).toBe(false);
    expect(looksOffline("undefined: Foo")).toBe(false);
  });

  it("knows a full disk", () => expect(looksFull("tar: write error: No space left on device")).toBe(true));
});
