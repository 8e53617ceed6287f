import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Cache, cacheDir, recipeHash } from "../../../scripts/setup/cache.ts";
import { acquireLock } from "../../../scripts/setup/lock.ts";
import { inFolder } from "./fakes.ts";

describe("cacheDir", () => {
  it("is HEADEND_CACHE, else below the home", () => {
    expect(cacheDir({ HEADEND_CACHE: "/big/disk", HOME: "/home/a" })).toBe("/big/disk");
    expect(cacheDir({ HOME: "/home/a" })).toBe("/home/a/.cache/headend");
  });
});

describe("recipeHash", () => {
  it("does not confuse where one part ends and the next begins", () => expect(recipeHash("ab", "c")).not.toBe(recipeHash("a", "bc")));
});

describe("Cache", () => {
  it("shows an entry only when it is whole", () => inFolder(async (dir) => {
    const cache = new Cache(dir);
    let seen: unknown = "not looked";
    await cache.publish("thing-1", "registries", async (into) => {
      writeFileSync(join(into, "program"), "x");
      seen = cache.find("thing-1");
    });
    expect(seen).toBeNull();
    expect(cache.find("thing-1")).toEqual({ dir: join(dir, "thing-1"), source: "registries" });
  }));

  it("leaves nothing behind a failure", () => inFolder(async (dir) => {
    const cache = new Cache(dir);
    await expect(cache.publish("thing-1", "official", async (into) => { writeFileSync(join(into, "half"), "x"); throw new Error("broke off"); })).rejects.toThrow("broke off");
    expect(cache.find("thing-1")).toBeNull();
    expect(readdirSync(cache.scratch)).toEqual([]);
  }));

  it("keeps the first of two that finish together", () => inFolder(async (dir) => {
    const cache = new Cache(dir);
    await Promise.all(["a", "b"].map((text) => cache.publish("thing-1", "official", async (into) => { writeFileSync(join(into, "program"), text); })));
    expect(readFileSync(join(dir, "thing-1/program"), "utf8")).toMatch(/^[ab]$/);
    expect(readdirSync(cache.scratch)).toEqual([]);
  }));

  it("sweeps what a killed set-up left", () => inFolder((dir) => {
    const cache = new Cache(dir);
    writeFileSync(join(cache.temporary("old"), "half"), "x");
    cache.sweep();
    expect(readdirSync(cache.scratch)).toEqual([]);
  }));
});

describe("acquireLock", () => {
  it("makes a second one wait until the first is free", () => inFolder(async (dir) => {
    const file = join(dir, "lock");
    const release = await acquireLock(file);
    let holder = "";
    let second = false;
    const waiting = acquireLock(file, { onWait: (text) => { holder = text; } }).then((r) => { second = true; return r; });
    await new Promise((r) => { setTimeout(r, 100); });
    expect(second).toBe(false);
    expect(holder).toContain(`process ${process.pid}`);
    release();
    (await waiting)();
  }));

  it("is free at once when its holder was killed, whatever the file says", () => inFolder(async (dir) => {
    const file = join(dir, "lock");
    const lockModule = new URL("../../../scripts/setup/lock.ts", import.meta.url).href;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e",
      `const { acquireLock } = await import(${JSON.stringify(lockModule)}); await acquireLock(${JSON.stringify(file)}); console.log("held"); setInterval(() => {}, 1000);`], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "close");
    expect(existsSync(file)).toBe(true);
    (await acquireLock(file))();
  }));

  it("gives up waiting at Ctrl-C", () => inFolder(async (dir) => {
    const file = join(dir, "lock");
    const release = await acquireLock(file);
    const controller = new AbortController();
    const waiting = acquireLock(file, { signal: controller.signal, onWait: () => setTimeout(() => controller.abort(), 20) });
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    release();
  }));
});
