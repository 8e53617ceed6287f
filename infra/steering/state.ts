/** Weights set by `headend steer`; they outlive a restart. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

const Weights = z.record(z.string(), z.number().min(0).max(1000));
export type Weights = Readonly<Record<string, number>>;

/** Reads the file; anything unreadable is no weights. */
export function readWeights(file: string): Weights {
  try { return Weights.parse(JSON.parse(readFileSync(file, "utf8"))); } catch { return {}; }
}

/** Whole or not at all. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Checks weights as sent. @throws Error with a message for the user */
export function parseWeights(text: string, ids: readonly string[]): Weights {
  let json: unknown;
  try { json = JSON.parse(text); } catch { throw new Error('send {"NAME": WEIGHT, …}, or {} for the declared weights'); }
  const result = Weights.safeParse(json);
  if (!result.success) throw new Error("weights are numbers from 0 to 1000");
  const unknown = Object.keys(result.data).filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`there is no way named ${unknown.join(", ")}; there are: ${ids.join(", ")}`);
  return result.data;
}
