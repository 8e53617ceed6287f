/** Looks at what runs on this host, over loopback. Nothing here rejects: a program that does not answer is not measured. */
import { readFileSync, statfsSync, statSync } from "node:fs";
import { ask } from "../loopback.ts";
import { AGENT_PORT, RELAY_API_PORT, SERVER_ERRORS, VAR } from "../../render/paths.ts";
import type { SeenPath } from "./metrics.ts";

/** Paths of the MediaMTX on this host, online or not; null when it does not answer. */
export async function lookAtPaths(): Promise<readonly SeenPath[] | null> {
  return (await ask<{ readonly items: readonly SeenPath[] }>(RELAY_API_PORT, "/v3/paths/list?itemsPerPage=1000"))?.items ?? null;
}

/** Speed of every stream's FFmpeg; null when the agent does not answer. */
export async function lookAtSpeeds(): Promise<readonly { readonly name: string; readonly speed: number | null }[] | null> {
  const status = await ask<{ readonly streams: readonly { readonly name: string; readonly ffmpeg: { readonly speed: number | null } }[] }>(AGENT_PORT, "/status");
  return status?.streams.map(({ name, ffmpeg }) => ({ name, speed: ffmpeg.speed })) ?? null;
}

/** Answers with 5xx since nginx's log began; null where there is none. Every line of that log is four bytes: status and newline. */
export function lookAtErrors(path: string = SERVER_ERRORS): number | null {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  return size === undefined ? null : size / 4;
}

/** Fullness of the fullest disk in percent. Memory (tmpfs) is none. */
export function lookAtDisks(folders: readonly string[] = ["/", VAR]): number {
  return Math.max(...folders.map((folder) => {
    try { const { blocks, bfree, bavail } = statfsSync(folder); return 100 * (blocks - bfree) / Math.max(1, blocks - bfree + bavail); } catch { return 0; }
  }));
}

/** Text of a small file; null when it is not there. */
export function textOf(path: string): string | null {
  try { return readFileSync(path, "utf8").trim() || null; } catch { return null; }
}
