import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { AgentConfig } from "./config.ts";

/** A name that is also a folder and a part of an address. */
const part = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const path = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/).refine((s) => !s.split("/").includes(".."), "must not contain ..");

const Config = z.object({
  host: z.string(),
  relay: z.object({ api: z.string(), rtsp: z.string(), rtmp: z.string(), file: path }),
  port: z.number().int().min(1).max(65_535),
  workDir: z.string().startsWith("/"),
  streams: z.array(z.object({
    name: part,
    latency: z.enum(["standard", "low", "ultra"]),
    segmentSeconds: z.number().positive(),
    fps: z.number().positive(),
    inputs: z.array(z.object({ path, publisher: z.string(), multiplexer: z.string() })),
    air: path,
    out: path.nullable(),
    renditions: z.array(z.object({ name: z.string(), dir: part, width: z.number(), height: z.number(), peakBps: z.number(), averageBps: z.number() })),
    audio: z.object({ dir: part, channels: z.union([z.literal(1), z.literal(2)]), bitrateKbps: z.number() }),
    dash: z.boolean(),
    ffmpegArgs: path,
  })),
});

export interface Loaded {
  readonly config: AgentConfig;
  /** FFmpeg's arguments by stream name. */
  readonly args: ReadonlyMap<string, string>;
  /** The relay's configuration. */
  readonly relayFile: string;
  /** Everything read, to see whether it changed. */
  readonly text: string;
}

/** Reads the configuration and FFmpeg's arguments. Throws an Error whose message names the file and what is wrong. */
export function load(file: string): Loaded {
  const text = read(file);
  let json: unknown;
  try { json = JSON.parse(text); } catch (error) { throw new Error(`${file} is not JSON: ${(error as Error).message}`); }
  const result = Config.safeParse(json);
  if (!result.success) throw new Error(`${file}: ${result.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`).join("; ")}`);
  const config = result.data as AgentConfig;
  const live = dirname(dirname(file));
  const args = new Map(config.streams.map((s) => [s.name, read(join(live, s.ffmpegArgs))]));
  return { config, args, relayFile: join(live, config.relay.file), text: JSON.stringify([text, ...args]) };
}

/** Changes when one of the files is replaced; far cheaper than reading them. */
export function stampOf(file: string, { config }: Loaded): string {
  const live = dirname(dirname(file));
  return [file, ...config.streams.map((s) => join(live, s.ffmpegArgs))].map(stampOfFile).join();
}

/** Changes when a file is replaced or written. */
export function stampOfFile(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "none";
}

function read(file: string): string {
  try { return readFileSync(file, "utf8"); } catch (error) { throw new Error(`cannot read ${file}: ${(error as Error).message}`); }
}
