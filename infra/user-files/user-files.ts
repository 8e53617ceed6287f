import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { calibrationSchema, type Calibration } from "../plan/capacity/calibration.ts";
import { priceListSchema } from "../plan/cost/price-schema.ts";
import { PRICES, type PriceList } from "../plan/cost/prices.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where headend keeps what belongs to a person and their machines, not to a clone: `$HEADEND_CONFIG`, else the XDG folder. */
export function configDir(env: Env = process.env): string {
  if (env["HEADEND_CONFIG"]) return resolve(env["HEADEND_CONFIG"]);
  return join(env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config"), "headend");
}

/** What `headend bench --calibrate` measured, by machine and host type. */
export const calibrationFile = (env: Env = process.env): string => join(configDir(env), "calibration.json");
/** A price list that `headend prices --refresh` made. */
export const pricesFile = (env: Env = process.env): string => join(configDir(env), "prices.json");

/** The calibration of this person's machines; undefined when nothing was measured. @throws Error that says what to do with a broken file */
export function userCalibration(env: Env = process.env): Calibration | undefined {
  return read(calibrationFile(env), (data) => calibrationSchema.safeParse(data), "Measure again: npx headend bench --calibrate");
}

/** The newest price list: the person's own, or the one that comes with headend. @throws Error that says what to do with a broken file */
export function currentPrices(env: Env = process.env): PriceList {
  const own = read(pricesFile(env), (data) => priceListSchema.safeParse(data), "Get prices again: npx headend prices --refresh");
  return own !== undefined && own.date > PRICES.date ? own : PRICES;
}

function read<T>(file: string, parse: (data: unknown) => { success: true; data: T } | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } }, todo: string): T | undefined {
  let text: string;
  try { text = readFileSync(file, "utf8"); } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new RangeError(`${file} cannot be read (${(error as Error).message}).`);
  }
  let data: unknown;
  try { data = JSON.parse(text); } catch (error) { throw new RangeError(`${file} is not JSON (${(error as Error).message}). Remove it, or: ${todo}`); }
  const result = parse(data);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  throw new RangeError(`${file} is not what headend writes there: ${first?.path.map(String).join(".")}: ${first?.message}. Remove it, or: ${todo}`);
}

/** Writes a file in one step: whoever reads it sees the old text or the new one, never a part. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o644 });
    renameSync(temporary, file);
  } finally { rmSync(temporary, { force: true }); }
}
