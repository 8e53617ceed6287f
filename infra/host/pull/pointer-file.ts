/** The pointer that holds, for the other programs of this host: recordings and watch have no business in the store. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { HostPointer } from "../../targets/aws/contract.ts";

export const POINTER_FILE = "/run/headend-pull/pointer.json";

/** Written so that readers see the old or the new one. It names places and hashes, no secret. */
export function writePointerFile(pointer: HostPointer, path: string = POINTER_FILE): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.next`, JSON.stringify(pointer), { mode: 0o644 });
  renameSync(`${path}.next`, path);
}

/** Null while there is none. */
export function readPointerFile(path: string = POINTER_FILE): HostPointer | null {
  try { return JSON.parse(readFileSync(path, "utf8")) as HostPointer; } catch { return null; }
}
