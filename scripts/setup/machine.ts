import { accessSync, constants, mkdirSync, realpathSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { connectEngine, type Engine } from "./docker-api.ts";
import { run, type RunOptions, type RunResult } from "./process.ts";

export interface FreeSpace {
  /** Bytes that this user may still write. */
  readonly bytes: number;
  /** Equal for two folders in the same file system. */
  readonly device: number;
}

/** What set-up asks of the machine; tests put a fake in its place. */
export interface Machine {
  readonly platform: string;
  /** Node's name: "x64", "arm64"… */
  readonly arch: string;
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute paths of every program of that name on PATH, in order. */
  which(name: string): string[];
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Space left for a folder that need not exist yet. */
  freeSpace(folder: string): FreeSpace;
  fetch(url: string, options: { readonly signal: AbortSignal }): Promise<Response>;
  /** The Docker engine, whether it runs or not. @throws SetupError for a DOCKER_HOST that cannot be used */
  engine(): Engine;
}

/** True for a file that may be executed. */
export function isExecutable(path: string): boolean {
  try { accessSync(path, constants.X_OK); return statSync(path).isFile(); } catch { return false; }
}

/** Every program called `name` in the folders of `path`, each real file once. */
export function findPrograms(name: string, path: string): string[] {
  const found = new Map<string, string>();
  for (const folder of path.split(":")) {
    const candidate = join(folder === "" ? "." : folder, name);
    if (isExecutable(candidate)) found.set(realpathSync(candidate), found.get(realpathSync(candidate)) ?? candidate);
  }
  return [...found.values()];
}

function nearestExisting(folder: string): string {
  let at = folder;
  for (;;) {
    try { statSync(at); return at; } catch { /* go up */ }
    if (dirname(at) === at) return at;
    at = dirname(at);
  }
}

/** The machine this runs on. */
export function thisMachine(env: Readonly<Record<string, string | undefined>> = process.env): Machine {
  return {
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.() ?? -1,
    env,
    // sbin is where Debian keeps dockerd; a plain user's PATH lacks it.
    which: (name) => findPrograms(name, `${env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`),
    run: (argv, options = {}) => run(argv, options),
    freeSpace: (folder) => {
      const at = nearestExisting(folder);
      const { bavail, bsize } = statfsSync(at);
      return { bytes: bavail * bsize, device: statSync(at).dev };
    },
    fetch: (url, options) => fetch(url, { ...options, redirect: "follow" }),
    engine: () => connectEngine(env),
  };
}

/** Creates a folder and its parents. */
export function ensureFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}
