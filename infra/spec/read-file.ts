/** Reads the text of a topology file; whatever is wrong with the file itself is one clear {@link TopologyError}. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { TopologyError } from "./problems.ts";

export const MAX_BYTES = 1_000_000;

const REASONS: Readonly<Record<string, readonly [message: string, allowed: string]>> = {
  ENOENT: ["there is no such file", "the path of a topology file, e.g. stacks/studio.yaml; `headend init` writes one"],
  ENOTDIR: ["part of the path is a file, not a directory", "the path of a topology file"],
  EISDIR: ["is a directory", "a topology file inside it"],
  EACCES: ["may not be read by this user", "a file this user may read; see its permissions"],
  EPERM: ["may not be read by this user", "a file this user may read; see its permissions"],
  ELOOP: ["is a symbolic link that leads back to itself", "a link to a file"],
  ENAMETOOLONG: ["the name is too long", "a shorter path"],
  ERR_INVALID_ARG_VALUE: ["the name has a character that no file name has", "the path of a topology file"],
};

function fail(file: string, message: string, allowed: string): never {
  throw new TopologyError(file, [{ position: null, path: [], message, value: null, allowed, suggestion: null, sourceLine: null }]);
}

/** @throws TopologyError */
export function readTopologyText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readBytes(file);
  } catch (error) {
    if (error instanceof TopologyError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const [message, allowed] = REASONS[code] ?? [`cannot be read (${code || "unknown reason"})`, "a readable file"];
    return fail(file, message, allowed);
  }
  return decodeTopology(bytes, file);
}

function readBytes(file: string): Buffer {
  // O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
  const descriptor = openSync(file, 0o4000);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) fail(file, ...REASONS["EISDIR"]!);
    if (!stat.isFile()) fail(file, "is not a regular file", "a topology file");
    if (stat.size > MAX_BYTES) tooLarge(file, stat.size);
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length <= MAX_BYTES; length += read) read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (length > MAX_BYTES) tooLarge(file, length);
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function tooLarge(file: string, bytes: number): never {
  return fail(file, `is too large for a topology (${(bytes / 1e6).toFixed(1)} MB)`, "up to 1 MB; anchors and merge keys keep files short");
}

/** Bytes → text, UTF-8 only. @throws TopologyError */
export function decodeTopology(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_BYTES) tooLarge(file, bytes.length);
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) fail(file, "is UTF-16 text", "UTF-8: save it again with that encoding");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail(file, `is not UTF-8 text${firstBad(bytes)}`, "UTF-8: save it again with that encoding");
  }
}

/** " (line 3)" for the first line that does not decode. */
function firstBad(bytes: Uint8Array): string {
  let start = 0;
  for (let line = 1; start <= bytes.length; line++) {
    const end = bytes.indexOf(10, start);
    const part = bytes.subarray(start, end === -1 ? bytes.length : end);
    try { new TextDecoder("utf-8", { fatal: true }).decode(part); } catch { return ` (line ${line})`; }
    if (end === -1) break;
    start = end + 1;
  }
  return "";
}
