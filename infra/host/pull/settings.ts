import { readFileSync } from "node:fs";
import { HostFailure } from "../failure.ts";

/** `/etc/headend/store.json`, written by the bootstrap: where this host finds everything else. */
export interface StoreSettings {
  readonly stack: string;
  /** Key of the host in the store: its name, or that of its group. */
  readonly host: string;
  readonly bucket: string;
  readonly bucketRegion: string;
  readonly architecture: string;
}

export const SETTINGS_FILE = "/etc/headend/store.json";
/** SHA-256 of the programs that are installed, written by the installation when it is complete. */
export const INSTALLED_FILE = "/etc/headend/programs";
/** What the bootstrap was started with; only for reading by people and by the update. */
const KEYS = ["stack", "host", "bucket", "bucketRegion", "architecture"] as const;

/** @throws HostFailure when the file is missing or incomplete */
export function readSettings(path: string = SETTINGS_FILE): StoreSettings {
  let value: unknown;
  try { value = JSON.parse(readFileSync(path, "utf8")); } catch (error) {
    throw new HostFailure(`${path} cannot be read (${error instanceof Error ? error.message : String(error)}). The bootstrap writes it: run the host's user data again.`);
  }
  const record = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const missing = KEYS.filter((key) => typeof record[key] !== "string" || record[key] === "");
  if (missing.length > 0) throw new HostFailure(`${path} lacks ${missing.join(", ")}. The bootstrap writes it: run the host's user data again.`);
  return record as unknown as StoreSettings;
}

/** SHA-256 of the installed programs; empty when the installation never ended. */
export function installedPrograms(path: string = INSTALLED_FILE): string {
  try { return readFileSync(path, "utf8").trim(); } catch { return ""; }
}
