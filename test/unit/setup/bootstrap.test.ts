import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript: it runs before TypeScript is there
import { dependenciesReady, nodeProblem, programs } from "../../../scripts/bootstrap.mjs";
import { checksumFor, downloadFile } from "../../../scripts/setup/download.ts";
import { fakeContext, fakeMachine, inFolder, recorder } from "./fakes.ts";

describe("bootstrap", () => {
  it.each([["v20.20.0", true], ["v22.1.0", true], ["v20.19.4", false], ["v18.20.0", false]])("Node %s: %s", (version, good) => {
    expect(nodeProblem(version) === null).toBe(good);
  });
  it("says which Node it needs", () => expect(nodeProblem("v18.0.0")).toMatch(/needs Node 20\.20 or newer; this is v18\.0\.0/));
  it("sets up before the tests, and hands every other command to headend", () => {
    expect(programs(["test", "--only", "x"])).toEqual([["scripts/test.ts", "--only", "x"]]);
    expect(programs(["up"])).toEqual([["scripts/headend.ts", "up"]]);
  });

  const lock = { packages: { "": {}, "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0", optional: true } } };
  function clone(root: string, installed: object | null): void {
    writeFileSync(join(root, "package-lock.json"), JSON.stringify(lock));
    if (installed === null) return;
    mkdirSync(join(root, "node_modules"));
    writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify(installed));
  }
  it("installs when nothing is there", () => inFolder((root) => {
    clone(root, null);
    expect(dependenciesReady(root).ready).toBe(false);
  }));
  it("accepts what the user has installed, and remembers it", () => inFolder((root) => {
    clone(root, { packages: { "node_modules/a": { version: "1.0.0" } } });
    const { ready, stamp, stampFile } = dependenciesReady(root);
    expect(ready).toBe(true);
    expect(readFileSync(stampFile, "utf8")).toBe(stamp);
  }));
  it("installs again after the lock file changed, or a package is missing", () => inFolder((root) => {
    clone(root, { packages: { "node_modules/a": { version: "0.9.0" } } });
    const { ready, stampFile } = dependenciesReady(root);
    expect(ready).toBe(false);
    expect(existsSync(stampFile)).toBe(false);
  }));
});

describe("downloads", () => {
  const body = "the program";
  const sha = createHash("sha256").update(body).digest("hex");
  const url = "https://site.example/thing.tar.gz";
  const serving = (response: () => Promise<Response>) => fakeMachine({ fetch: response });
  const step = recorder().step("test");

  it("reads a checksum list", () => {
    expect(checksumFor(`${"a".repeat(64)}  other.tar.gz\n${sha} *thing.tar.gz\n`, "thing.tar.gz")).toBe(sha);
    expect(() => checksumFor("", "thing.tar.gz")).toThrow(/no entry for thing\.tar\.gz/);
  });
  it("keeps a file whose checksum is right", () => inFolder(async (dir) => {
    const ctx = fakeContext(dir, { machine: serving(async () => new Response(body)) });
    await downloadFile(ctx, step, url, sha, join(dir, "file"));
    expect(readFileSync(join(dir, "file"), "utf8")).toBe(body);
  }));
  it("refuses one whose checksum is wrong", () => inFolder(async (dir) => {
    const ctx = fakeContext(dir, { machine: serving(async () => new Response("tampered")) });
    await expect(downloadFile(ctx, step, url, sha, join(dir, "file"))).rejects.toThrow(/damaged or not the original/);
  }));
  it("does not wait twice for a site that did not answer", () => inFolder(async (dir) => {
    let asked = 0;
    const ctx = fakeContext(dir, { machine: serving(async () => { asked++; throw new TypeError("fetch failed"); }) });
    for (let i = 0; i < 2; i++) await expect(downloadFile(ctx, step, url, sha, join(dir, "file"))).rejects.toMatchObject({ offline: true });
    expect(asked).toBe(1);
  }));
  it("takes a refusal for what it is, not for a missing network", () => inFolder(async (dir) => {
    const ctx = fakeContext(dir, { machine: serving(async () => new Response("no", { status: 404 })) });
    await expect(downloadFile(ctx, step, url, sha, join(dir, "file"))).rejects.toMatchObject({ offline: false, message: `${url} answered 404` });
  }));
});
