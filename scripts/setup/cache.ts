import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Source } from "./source.ts";

const META = ".headend.json";

/** Where set-up keeps what it fetched and built, outside the clone: `$HEADEND_CACHE`, else `~/.cache/headend`. */
export function cacheDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const own = env["HEADEND_CACHE"];
  return own !== undefined && own !== "" ? resolve(own) : join(env["HOME"] || homedir(), ".cache", "headend");
}

/** Short stable hash of a recipe: the version and everything else that shapes the result. */
export function recipeHash(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 12);
}

/** Folders that are whole or absent, one per part and recipe. */
export class Cache {
  constructor(readonly dir: string) {}

  /** Where work that may be broken off happens. */
  get scratch(): string { return join(this.dir, "tmp"); }
  get lockFile(): string { return join(this.dir, "lock"); }

  path(key: string): string { return join(this.dir, key); }

  /** The entry's folder and where its content came from, or null when it is not there. */
  find(key: string): { readonly dir: string; readonly source: Source } | null {
    const dir = this.path(key);
    try {
      const meta = JSON.parse(readFileSync(join(dir, META), "utf8")) as { readonly source: Source };
      return { dir, source: meta.source };
    } catch { return null; }
  }

  /** Fills a scratch folder and moves it into place in one step; a failure leaves nothing behind. */
  async publish(key: string, source: Source, fill: (dir: string) => Promise<void>): Promise<string> {
    const temporary = this.temporary(key);
    try {
      await fill(temporary);
      writeFileSync(join(temporary, META), JSON.stringify({ source }));
      const target = this.path(key);
      if (this.find(key) === null) {
        rmSync(target, { recursive: true, force: true });
        renameSync(temporary, target);
      }
      return target;
    } finally { rmSync(temporary, { recursive: true, force: true }); }
  }

  /** An empty scratch folder; the caller removes it. */
  temporary(name: string): string {
    const dir = join(this.scratch, `${name}.${process.pid}.${randomBytes(3).toString("hex")}`);
    mkdirSync(dir, { recursive: true });
    return dir;
  }

  /** Removes what a killed set-up left. Only with the lock held. */
  sweep(): void {
    if (!existsSync(this.scratch)) return;
    for (const name of readdirSync(this.scratch)) rmSync(join(this.scratch, name), { recursive: true, force: true });
  }
}
