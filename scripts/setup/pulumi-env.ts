import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheDir } from "./cache.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Folder of a clone with everything headend puts there. */
export const stateRoot = (root: string): string => join(root, ".headend");
/** Folder that stands first on PATH for Pulumi. */
export const binDir = (root: string): string => join(stateRoot(root), "bin");

const isSet = (value: string | undefined): value is string => value !== undefined && value !== "";

/** Pulumi's home where the user has none of their own to keep: in the cache, shared by all clones. */
export function pulumiHome(env: Env = process.env): string {
  return isSet(env["PULUMI_HOME"]) ? env["PULUMI_HOME"] : join(cacheDir(env), "pulumi-home");
}

/** True when the user has said where Pulumi keeps state: a backend, a token, or a login. That wins over the embedded state. */
export function userBackend(env: Env = process.env): boolean {
  if (isSet(env["PULUMI_BACKEND_URL"]) || isSet(env["PULUMI_ACCESS_TOKEN"])) return true;
  const home = isSet(env["PULUMI_HOME"]) ? env["PULUMI_HOME"] : join(env["HOME"] || homedir(), ".pulumi");
  const file = join(home, "credentials.json");
  if (!existsSync(file)) return false;
  try { return isSet((JSON.parse(readFileSync(file, "utf8")) as { readonly current?: string }).current); } catch { return false; }
}

/**
 * The variables to run the real Pulumi command line with in this clone; what the user has set already is kept. Used by the
 * CLI, by `headend env`, and mirrored by the `pulumi` command that set-up installs.
 */
export function pulumiEnv(root: string, env: Env = process.env): Record<string, string> {
  const bin = binDir(root);
  const path = (env["PATH"] ?? "").split(":").filter((folder) => folder !== bin).join(":");
  const common = {
    PATH: path === "" ? bin : `${bin}:${path}`,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  if (userBackend(env)) return common;
  const passphrase = isSet(env["PULUMI_CONFIG_PASSPHRASE"]) || isSet(env["PULUMI_CONFIG_PASSPHRASE_FILE"]) ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: join(stateRoot(root), "passphrase") };
  return { ...common, ...passphrase, PULUMI_BACKEND_URL: pathToFileURL(join(stateRoot(root), "state")).href, PULUMI_HOME: pulumiHome(env) };
}

/** Makes the embedded state's folder and its passphrase (random, 0600) where they are missing; never changes what is there. */
export function ensureState(root: string): void {
  mkdirSync(stateRoot(root), { recursive: true, mode: 0o700 });
  mkdirSync(join(stateRoot(root), "state"), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(join(stateRoot(root), "passphrase"), `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
