import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cache } from "../../../scripts/setup/cache.ts";
import type { Engine, Ping } from "../../../scripts/setup/docker-api.ts";
import type { Machine } from "../../../scripts/setup/machine.ts";
import { Turns, type Context } from "../../../scripts/setup/part.ts";
import type { RunResult } from "../../../scripts/setup/process.ts";
import type { Reporter } from "../../../scripts/setup/reporter.ts";

export const OK: RunResult = { code: 0, stdout: "", stderr: "" };

export function failing(stderr: string, code = 1): RunResult {
  return { code, stdout: "", stderr };
}

/** A temporary folder that the callback's end removes. */
export async function inFolder<T>(work: (dir: string) => Promise<T> | T): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "headend-setup-test-"));
  try { return await work(dir); } finally { rmSync(dir, { recursive: true, force: true }); }
}

export function fakeEngine(ping: Ping, images: readonly string[] = []): Engine {
  return {
    ping: async () => ping,
    info: async () => ({ rootDir: "/var/lib/docker", version: "20.10" }),
    hasImage: async (name) => images.includes(name),
    importImage: async () => {},
    pull: async () => {},
    build: async () => {},
  };
}

/** A machine with nothing on it, root, no network; tests change what they are about. */
export function fakeMachine(change: Partial<Machine> = {}): Machine {
  return {
    platform: "linux", arch: "x64", uid: 0, env: { PATH: "/usr/bin", HOME: "/nonexistent" },
    which: () => [],
    run: async () => failing("no such program", 127),
    freeSpace: () => ({ bytes: 100e9, device: 1 }),
    fetch: async () => { throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ENOTFOUND" } }); },
    engine: () => fakeEngine("absent"),
    ...change,
  };
}

/** A reporter that keeps what was said. */
export function recorder(): Reporter & { readonly said: string[] } {
  const said: string[] = [];
  return {
    said,
    step: (name) => ({
      phase: (text) => { said.push(`${name}: ${text}`); }, waiting() {}, detail() {},
      done: (text) => { said.push(`${name} done: ${text}`); }, failed() {},
    }),
    note: (text) => { said.push(text); },
    close() {},
  };
}

export function fakeContext(dir: string, change: Partial<Context> = {}): Context {
  return {
    root: process.cwd(), machine: fakeMachine(), cache: new Cache(dir), reporter: recorder(), signal: new AbortController().signal,
    turns: new Turns(), had: new Map(), silentHosts: new Set(), ...change,
  };
}
