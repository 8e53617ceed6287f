/** Configuration of the forwarder on a multiplexer, rendered as `forwarder/forwarder.json`; it holds the platforms' keys. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const dests = z.array(z.string());

const Config = z.object({
  /** Control API of the multiplexer's MediaMTX. */
  api: z.string(),
  /** Loopback port on which it is told what to send by hand. */
  port: z.number().int(),
  /** Where that is kept over a restart. */
  workDir: z.string(),
  /** Those with other platforms. */
  streams: z.array(z.object({
    name: z.string(),
    /** Where whoever is on air is sent to, with keys. */
    platforms: dests,
    /** In order of preference. */
    publishers: z.array(z.object({ path: z.string(), publisher: z.string() })).min(1),
  })),
});

export type ForwarderConfig = z.infer<typeof Config>;
export type RestreamStream = ForwarderConfig["streams"][number];

/** @throws Error that names the file and the key, never a value: values hold keys of platforms */
export function loadConfig(file: string): ForwarderConfig {
  let json: unknown;
  try { json = JSON.parse(readFileSync(file, "utf8")); } catch { throw new Error(`${file} cannot be read as JSON`); }
  const result = Config.safeParse(json);
  if (!result.success) throw new Error(`${file}: ${result.error.issues.map((i) => i.path.join(".")).join(", ")} is not what it should be`);
  return result.data;
}
