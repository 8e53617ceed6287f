/** Finished recording files go to the bucket, then from the disk: safe to stop at any moment, and to start again with nothing known. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { recordingKey, type RecordingsPlace } from "../../targets/aws/contract.ts";
import { messageOf } from "../failure.ts";

export interface UploaderDeps {
  /** Folder of STREAM/PUBLISHER/FILE. */
  readonly folder: string;
  /** File that remembers what is uploaded. */
  readonly memory: string;
  /** Key of this host in the store. */
  readonly host: string;
  /** Uploads a file; resolves when the store has confirmed every byte (checksums). */
  readonly upload: (place: RecordingsPlace, key: string, file: string) => Promise<void>;
  /** Part of the disk that is free, from 0 to 1. */
  readonly free: () => number;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** MediaMTX writes a part every second: a file that nobody has touched for so long is finished, also when its publisher has left. */
const IDLE_MS = 15_000;
/** The newest file of a path may be one that is being written to. */
const NEXT_IDLE_MS = 3_000;
/** With less than this part of the disk free, uploaded files go at once. */
const LITTLE_FREE = 0.1;

interface LocalFile { readonly path: string; readonly stream: string; readonly publisher: string; readonly name: string; readonly size: number; readonly modified: number }

export class Uploader {
  /** Path to size and time of change of what was uploaded. */
  private readonly uploaded: Map<string, string>;

  constructor(private readonly deps: UploaderDeps) { this.uploaded = new Map(readMemory(deps.memory)); }

  /** Uploads what is finished, removes what is old. Resolves to the number of files that wait. Never rejects. */
  async pass(place: RecordingsPlace): Promise<number> {
    const files = localFiles(this.deps.folder);
    this.forget(files);
    let waiting = 0;
    for (const file of files.filter((f) => this.finished(f, files)).sort((a, b) => a.modified - b.modified)) {
      if (this.uploaded.get(file.path) === mark(file)) { this.remove(file, place); continue; }
      try {
        const key = recordingKey(file.stream, this.deps.host, file.publisher, file.name);
        const began = this.deps.now();
        await this.deps.upload(place, key, join(this.deps.folder, file.path));
        this.remember(file);
        this.deps.log(`uploaded ${key}, ${(file.size / 1e6).toFixed(1)} MB in ${((this.deps.now() - began) / 1000).toFixed(1)} s`);
        this.remove(file, place);
      } catch (error) {
        waiting++;
        this.deps.log(`${file.path} could not be uploaded (${messageOf(error)}); it stays on disk, trying again`);
      }
    }
    return waiting;
  }

  private finished(file: LocalFile, all: readonly LocalFile[]): boolean {
    const idle = this.deps.now() - file.modified;
    const newest = all.every((f) => dirname(f.path) !== dirname(file.path) || f.name <= file.name);
    return file.size > 0 && idle >= (newest ? IDLE_MS : NEXT_IDLE_MS);
  }

  private remove(file: LocalFile, place: RecordingsPlace): void {
    const old = this.deps.now() - file.modified >= place.keepLocalSeconds * 1000;
    if (!old && this.deps.free() >= LITTLE_FREE) return;
    rmSync(join(this.deps.folder, file.path), { force: true });
    this.uploaded.delete(file.path);
    this.save();
  }

  private remember(file: LocalFile): void {
    this.uploaded.set(file.path, mark(file));
    this.save();
  }

  /** MediaMTX removes files too (recordDeleteAfter). */
  private forget(files: readonly LocalFile[]): void {
    const present = new Set(files.map((f) => f.path));
    const gone = [...this.uploaded.keys()].filter((path) => !present.has(path));
    for (const path of gone) this.uploaded.delete(path);
    if (gone.length > 0) this.save();
  }

  private save(): void {
    mkdirSync(dirname(this.deps.memory), { recursive: true });
    writeFileSync(`${this.deps.memory}.next`, JSON.stringify([...this.uploaded]));
    renameSync(`${this.deps.memory}.next`, this.deps.memory);
  }
}

function mark(file: LocalFile): string { return `${file.size} ${file.modified}`; }

function readMemory(path: string): [string, string][] {
  try { return JSON.parse(readFileSync(path, "utf8")) as [string, string][]; } catch { return []; }
}

/** Files that lie where MediaMTX puts recordings; others are left alone. */
export function localFiles(folder: string): readonly LocalFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((path) => {
    const [stream, publisher, name, ...more] = path.split("/");
    if (stream === undefined || publisher === undefined || name === undefined || more.length > 0) return [];
    const found = statSync(join(folder, path), { throwIfNoEntry: false });
    return found?.isFile() ? [{ path, stream, publisher, name, size: found.size, modified: found.mtimeMs }] : [];
  });
}
