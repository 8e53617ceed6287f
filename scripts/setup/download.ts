import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { SourceError } from "./errors.ts";
import { runHere, type Context } from "./part.ts";
import { tail } from "./process.ts";
import type { Step } from "./reporter.ts";

/** How long an official site may take to begin its answer; most closed networks refuse names at once, some say nothing. */
const FIRST_BYTE_MS = 6000;
/** A download that brings nothing for this long is given up. */
const STALL_MS = 30_000;

async function open(ctx: Context, url: string): Promise<Response> {
  const host = new URL(url).host;
  if (ctx.silentHosts.has(host)) throw new SourceError(`${host} did not answer`, true);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), FIRST_BYTE_MS);
  try {
    const response = await ctx.machine.fetch(url, { signal: AbortSignal.any([limit.signal, ctx.signal]) });
    if (!response.ok) throw new SourceError(`${url} answered ${response.status}`, false);
    return response;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    ctx.silentHosts.add(host);
    const cause = (error as { readonly cause?: { readonly code?: string } }).cause?.code;
    throw new SourceError(limit.signal.aborted ? `${host}: no answer within ${FIRST_BYTE_MS / 1000} s` : `${host} cannot be reached${cause ? ` (${cause})` : ""}`, true);
  } finally { clearTimeout(timer); }
}

/** Fetches a short text. @throws SourceError */
export async function fetchText(ctx: Context, url: string): Promise<string> {
  return (await open(ctx, url)).text();
}

/** @throws SourceError when an official site does not answer at all; what it answers does not matter */
export async function probe(ctx: Context, url: string): Promise<void> {
  try { await (await open(ctx, url)).body?.cancel(); } catch (error) {
    if (!(error instanceof SourceError) || error.offline) throw error;
  }
}

/** The SHA-256 that a checksum list ("<hex>  <file>" a line) gives for a file. @throws SourceError when it names none */
export function checksumFor(list: string, file: string): string {
  for (const line of list.split("\n")) {
    const match = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(line);
    if (match?.[1] !== undefined && match[2]?.split("/").pop() === file) return match[1].toLowerCase();
  }
  throw new SourceError(`the checksum list has no entry for ${file}`, false);
}

/** Downloads a file and checks it. @throws SourceError when it cannot be had or is not what the checksum says */
export async function downloadFile(ctx: Context, step: Step, url: string, sha256: string, to: string): Promise<void> {
  const response = await open(ctx, url);
  const total = Number(response.headers.get("content-length") ?? 0);
  if (!response.body) throw new SourceError(`${url} answered without content`, false);
  const hash = createHash("sha256");
  let got = 0;
  const stall = new AbortController();
  let timer = setTimeout(() => stall.abort(), STALL_MS);
  const count = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), STALL_MS);
      got += chunk.length;
      hash.update(chunk);
      step.detail(total > 0 ? `${megabytes(got)} of ${megabytes(total)} MB` : `${megabytes(got)} MB`);
      next(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), count, createWriteStream(to), { signal: AbortSignal.any([stall.signal, ctx.signal]) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new SourceError(`the download of ${url} broke off after ${megabytes(got)} MB (${code === "ENOSPC" ? "no space left on device" : message})`, code !== "ENOSPC");
  } finally { clearTimeout(timer); }
  const actual = hash.digest("hex");
  if (actual !== sha256) throw new SourceError(`${url} is damaged or not the original: its SHA-256 is ${actual}, its maker says ${sha256}`, false);
}

/** Unpacks a .tar.gz. @throws SourceError */
export async function unpack(ctx: Context, archive: string, to: string, ...options: readonly string[]): Promise<void> {
  const result = await runHere(ctx, ["tar", "-xzf", archive, "-C", to, "--no-same-owner", ...options]);
  if (result.code !== 0) throw new SourceError(`${archive} could not be unpacked: ${tail(result)}`, false);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
