/** Configuration of the restream program on a multiplexer, rendered as `restream/restream.json`; it holds the platforms' keys. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const dests = z.array(z.string());

const Config = z.object({
  /** Control API of the multiplexer's MediaMTX. */
  api: z.string(),
  streams: z.array(z.object({
    name: z.string(),
    /** Where whoever is on air is sent to, with keys. */
    platforms: dests,
    /** In order of preference; `pushes` is where a publisher is sent to in any case. */
    publishers: z.array(z.object({ path: z.string(), publisher: z.string(), pushes: dests })).min(2),
  })),
});

export type RestreamConfig = z.infer<typeof Config>;
export type RestreamStream = RestreamConfig["streams"][number];

/** @throws Error that names the file and the key, never a value: values hold keys of platforms */
export function loadConfig(file: string): RestreamConfig {
  let json: unknown;
  try { json = JSON.parse(readFileSync(file, "utf8")); } catch { throw new Error(`${file} cannot be read as JSON`); }
  const result = Config.safeParse(json);
  if (!result.success) throw new Error(`${file}: ${result.error.issues.map((i) => i.path.join(".")).join(", ")} is not what it should be`);
  return result.data;
}
