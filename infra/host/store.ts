/** What outlives a restart of the host: the applied bundle, and (elsewhere on other targets) its secrets. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Bundle } from "../render/bundle.ts";

export type Secrets = Readonly<Record<string, string>>;

/**
 * Keeps secrets by revision, so that a bundle and its secrets change together although they lie in different places:
 * new secrets are saved beside the old, the bundle that names the new revision is saved, the old are pruned.
 */
export interface SecretStore {
  /** Null when the revision is not kept. */
  load(revision: number): Promise<Secrets | null>;
  save(revision: number, secrets: Secrets): Promise<void>;
  /** Forgets every other revision. */
  prune(revision: number): Promise<void>;
}

export interface Applied {
  readonly bundle: Bundle;
  readonly secrets: Secrets;
  /** Address at which the outside reaches this host, where only the sender knows it. @default what hostd was started with */
  readonly public?: string;
}

/** Writes a file so that it is either the old or the new one after a crash. */
export function writeDurably(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.next`;
  rmSync(next, { force: true });   // a left-over could have another mode
  const fd = openSync(next, "wx", mode);
  try { writeSync(fd, text); fsyncSync(fd); } finally { closeSync(fd); }
  renameSync(next, path);
}

function readJson<T>(path: string): T | null {
  try { return JSON.parse(readFileSync(path, "utf8")) as T; } catch { return null; }
}

/** Secrets in a file of the host's volume, readable by root only. */
export class FileSecretStore implements SecretStore {
  constructor(private readonly path: string) {}

  private all(): Record<string, Secrets> { return readJson<{ revisions: Record<string, Secrets> }>(this.path)?.revisions ?? {}; }
  private write(revisions: Record<string, Secrets>): void { writeDurably(this.path, JSON.stringify({ revisions })); }

  load(revision: number): Promise<Secrets | null> { return Promise.resolve(this.all()[String(revision)] ?? null); }

  save(revision: number, secrets: Secrets): Promise<void> {
    this.write({ ...this.all(), [String(revision)]: secrets });
    return Promise.resolve();
  }

  prune(revision: number): Promise<void> {
    const kept = this.all()[String(revision)];
    this.write(kept === undefined ? {} : { [String(revision)]: kept });
    return Promise.resolve();
  }
}

/** The last bundle that was applied with success. */
export class BundleStore {
  private readonly path: string;

  constructor(folder: string, private readonly secrets: SecretStore) { this.path = join(folder, "bundle.json"); }

  /** Null when nothing was applied yet, or when what is kept cannot be read. */
  async load(): Promise<Applied | null> {
    const saved = readJson<{ revision: number; bundle: Bundle; public?: string }>(this.path);
    const secrets = saved === null ? null : await this.secrets.load(saved.revision);
    return saved === null || secrets === null ? null : { bundle: saved.bundle, secrets, ...(saved.public === undefined ? {} : { public: saved.public }) };
  }

  async save(applied: Applied): Promise<void> {
    const revision = (readJson<{ revision: number }>(this.path)?.revision ?? 0) + 1;
    await this.secrets.save(revision, applied.secrets);
    writeDurably(this.path, JSON.stringify({ revision, bundle: applied.bundle, public: applied.public }));
    await this.secrets.prune(revision);
  }
}
