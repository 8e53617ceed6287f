/** Configuration of the steering program on a distributor, rendered as `steering/steering.json`. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const Config = z.object({
  /** Name of this distributor. */
  self: z.string(),
  /** Loopback port that answers /healthz, /status and /weights. */
  port: z.number().int(),
  /** Where manifests are written for nginx. */
  outDir: z.string().startsWith("/"),
  /** Weights set by hand, kept over a restart. */
  stateFile: z.string().startsWith("/"),
  /** While this file exists the distributor is being emptied. */
  drainingFile: z.string().startsWith("/"),
  /** Seconds until a player asks again. */
  ttl: z.number().int().min(1),
  /** Ways to the streams: this distributor first. */
  ways: z.array(z.object({
    id: z.string(),
    kind: z.enum(["distributor", "cdn", "external"]),
    /** "https://host:port"; empty where the target knows none. */
    base: z.string(),
    /** Address asked for its health; empty for this distributor itself. */
    probe: z.string(),
    priority: z.number(), weight: z.number(),
  })),
  /** Health addresses of the transcoders; a distributor that reaches none of them is of no use. */
  origins: z.array(z.string()),
});

export type SteeringConfig = z.output<typeof Config>;
export type ConfiguredWay = SteeringConfig["ways"][number];

/** Reads the file. Throws an Error whose message names the file and what is wrong. Ways without a known address are left out. */
export function loadConfig(file: string): SteeringConfig {
  let json: unknown;
  try { json = JSON.parse(readFileSync(file, "utf8")); } catch (error) { throw new Error(`cannot read ${file}: ${(error as Error).message}`); }
  const result = Config.safeParse(json);
  if (!result.success) throw new Error(`${file}: ${result.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`).join("; ")}`);
  const { ways } = result.data;
  return { ...result.data, ways: ways.filter((way, index) => index === 0 || (way.base !== "" && ways.findIndex((w) => w.base === way.base) === index)) };
}
