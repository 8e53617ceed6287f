/** Files: materialised into a staged folder on the same tmpfs, then moved into the live one by one. */
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Bundle } from "../render/bundle.ts";
import { HostFailure } from "./failure.ts";
import { fillMarkers, hasSecretMarker, type MarkerValues } from "./markers.ts";
import type { UserIds } from "./users.ts";

/** A file as it will lie on this host. */
export interface HostFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** True when one of a service's `reads` entries means this path; an entry that ends in "/" means the folder. */
export function readsPath(reads: readonly string[], path: string): boolean {
  return reads.some((r) => r === path || (r.endsWith("/") && path.startsWith(r)));
}

/**
 * Replaces the markers of every file and decides its owner: a file that others may not read belongs to the user of the
 * services that read it, else to root.
 * @throws HostFailure for an unknown secret or user, a bad path or mode, or a private file read by different users
 */
export function materialise(bundle: Bundle, values: MarkerValues, idsOf: (user: string) => UserIds): readonly HostFile[] {
  return bundle.files.map((file) => {
    if (file.path === "" || file.path.startsWith("/") || file.path.split("/").some((p) => p === "" || p === "." || p === "..")) {
      throw new HostFailure(`The file path "${file.path}" is not a plain path inside the live folder.`);
    }
    if (!/^0?[0-7]{3}$/.test(file.mode)) throw new HostFailure(`${file.path} has the mode "${file.mode}". Use octal text such as "0644".`);
    const mode = parseInt(file.mode, 8);
    if (hasSecretMarker(file.content) && (mode & 0o077) !== 0) {
      throw new HostFailure(`${file.path} holds a secret but has the mode ${file.mode}. Use "0600".`);
    }
    const readers = bundle.services.filter((s) => s.user !== null && readsPath(s.reads, file.path));
    const users = [...new Set(readers.map((s) => s.user as string))];
    if ((mode & 0o004) !== 0 || users.length === 0) return { path: file.path, content: fillMarkers(file.content, values, file.path), mode, uid: 0, gid: 0 };
    if (users.length > 1) {
      throw new HostFailure(`${file.path} has the mode ${file.mode} but services of different users read it (${users.join(", ")}). Split the file.`);
    }
    return { path: file.path, content: fillMarkers(file.content, values, file.path), mode, ...idsOf(users[0] as string) };
  });
}

export interface FileChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What differs between files on this host and those wanted, by content, mode and owner. */
export function compareFiles(before: readonly HostFile[], after: readonly HostFile[]): FileChanges {
  const old = new Map(before.map((f) => [f.path, f]));
  const kept = new Set(after.map((f) => f.path));
  const same = (a: HostFile, b: HostFile): boolean => a.content === b.content && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
  return {
    added: after.filter((f) => !old.has(f.path)).map((f) => f.path),
    changed: after.filter((f) => { const o = old.get(f.path); return o !== undefined && !same(o, f); }).map((f) => f.path),
    removed: before.filter((f) => !kept.has(f.path)).map((f) => f.path),
  };
}

/** A short name for a set of files. */
export function filesHash(files: readonly HostFile[]): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
}

/** Writes every file into a new folder. Folders are 0755; only files are private. */
export function writeStaged(folder: string, files: readonly HostFile[], asRoot: boolean): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const file of files) {
    const target = join(folder, file.path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, file.content, { mode: 0o600, flag: "wx" });
    if (asRoot) chownSync(target, file.uid, file.gid);
    chmodSync(target, file.mode);
  }
}

/** Other content for files that are staged; mode and owner stay. */
export function rewriteStaged(folder: string, files: readonly HostFile[]): void {
  for (const file of files) writeFileSync(join(folder, file.path), file.content);
}

/**
 * The live folder. Its folders are never replaced and its files only ever by rename, because programs watch the folders.
 * `swap` can be undone until `finish`.
 */
export class LiveFolder {
  private undo: (() => void)[] = [];
  private readonly backup: string;

  constructor(private readonly folder: string, run: string) { this.backup = join(run, "backup"); }

  /** Empties the live folder of everything that is not in `keep`; used at start, when nothing reads it. */
  prune(keep: readonly string[]): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o755 });
    const kept = new Set(keep);
    for (const path of listFiles(this.folder)) if (!kept.has(path)) this.delete(path);
  }

  /** Moves staged files in; each is replaced in one step. */
  swapIn(staged: string, paths: readonly string[]): void {
    rmSync(this.backup, { recursive: true, force: true });
    for (const path of paths) {
      const live = join(this.folder, path);
      mkdirSync(dirname(live), { recursive: true, mode: 0o755 });
      const saved = this.keep(path);
      this.undo.push(saved === null ? () => this.delete(path) : () => renameSync(saved, live));
      renameSync(join(staged, path), live);
    }
  }

  remove(paths: readonly string[]): void {
    for (const path of paths) {
      const saved = this.keep(path);
      if (saved === null) continue;
      const live = join(this.folder, path);
      this.undo.push(() => { mkdirSync(dirname(live), { recursive: true, mode: 0o755 }); renameSync(saved, live); });
      this.delete(path);
    }
  }

  /** Other content for what `rollBack` will put back. */
  rewriteSaved(files: readonly HostFile[]): void {
    rewriteStaged(this.backup, files.filter(({ path }) => existsSync(join(this.backup, path))));
  }

  /** Puts back what `swapIn` and `remove` replaced. */
  rollBack(): void {
    for (const step of this.undo.reverse()) step();
    this.finish();
  }

  finish(): void {
    this.undo = [];
    rmSync(this.backup, { recursive: true, force: true });
  }

  /** Hard-links a live file to the backup folder; null when there is none. */
  private keep(path: string): string | null {
    const live = join(this.folder, path);
    if (!existsSync(live)) return null;
    const saved = join(this.backup, path);
    mkdirSync(dirname(saved), { recursive: true, mode: 0o700 });
    rmSync(saved, { force: true });
    linkSync(live, saved);
    return saved;
  }

  private delete(path: string): void {
    rmSync(join(this.folder, path), { force: true });
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
      try { rmdirSync(join(this.folder, parent)); } catch { break; }   // not empty
    }
  }
}

/** Files below a folder, as relative paths. */
export function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((p) => join(folder, p))
    .filter((p) => !statSync(p, { throwIfNoEntry: false })?.isDirectory())
    .map((p) => relative(folder, p))
    .sort();
}

/** Text of a live file; null when it is missing. */
export function readLive(folder: string, path: string): string | null {
  try { return readFileSync(join(folder, path), "utf8"); } catch { return null; }
}
