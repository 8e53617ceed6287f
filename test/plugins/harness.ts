/** Real pulumi runs over the stand-in plugins: bundled once, on a file backend in a temporary folder. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";

const ROOT = path.resolve(import.meta.dirname, "../..");
const PLUGINS = ["docker", "command", "tls"];

/** The image the test containers run. */
export const IMAGE = process.env["HEADEND_TEST_IMAGE"] ?? "headend/base:try";

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The pulumi command: PULUMI names it, else it is looked for in PATH. */
export const PULUMI = process.env["PULUMI"] ?? "pulumi";
export const HAS_PULUMI = works(PULUMI, ["version"]);
export const HAS_DOCKER = works("docker", ["image", "inspect", IMAGE]);

export interface Sandbox {
  readonly dir: string;
  readonly env: Record<string, string>;
  /** A stack of its own that runs `program`. */
  stack(name: string, program: PulumiFn): Promise<Stack>;
  close(): void;
}

/** A folder with the bundled plugins in PATH and an empty backend. */
export async function sandbox(): Promise<Sandbox> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "hx-plug-"));
  const bin = path.join(dir, "bin");
  for (const sub of ["bin", "state", "home", "work"]) fs.mkdirSync(path.join(dir, sub));
  const bundle = path.join(dir, "plugins.cjs");
  await build({ entryPoints: [path.join(ROOT, "scripts/plugins/main.ts")], bundle: true, platform: "node", target: "node20", outfile: bundle, logLevel: "warning" });
  for (const name of PLUGINS) {
    fs.writeFileSync(path.join(bin, `pulumi-resource-${name}`), `#!/bin/sh\nexec "${process.execPath}" "${bundle}" ${name} "$@"\n`, { mode: 0o755 });
  }
  const pulumiDir = path.isAbsolute(PULUMI) ? `${path.dirname(PULUMI)}:` : "";
  const env: Record<string, string> = {
    PATH: `${bin}:${pulumiDir}${process.env["PATH"] ?? ""}`, PULUMI_HOME: path.join(dir, "home"), PULUMI_BACKEND_URL: `file://${path.join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true", PULUMI_IGNORE_AMBIENT_PLUGINS: "false",
  };
  // The Automation API starts `pulumi` from this process's own PATH.
  process.env["PATH"] = env["PATH"];
  return {
    dir, env,
    stack: (name, program) => LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "hx-plug", program },
      { workDir: path.join(dir, "work"), envVars: env, projectSettings: { name: "hx-plug", runtime: "nodejs", backend: { url: env["PULUMI_BACKEND_URL"] ?? "" } } },
    ),
    close: () => fs.rmSync(dir, { recursive: true, force: true }),
  };
}

/** Runs docker and returns what it printed. */
export function docker(...args: readonly string[]): string {
  return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Every container, network and volume whose name begins with `prefix`. */
export function leftovers(prefix: string): string[] {
  const list = (...args: readonly string[]): string[] => docker(...args).split("\n").filter((name) => name.startsWith(prefix));
  return [...list("ps", "-a", "--format", "{{.Names}}"), ...list("network", "ls", "--format", "{{.Name}}"), ...list("volume", "ls", "--format", "{{.Name}}")];
}

/** Removes what {@link leftovers} finds: after a failed test nothing may stay. */
export function sweep(prefix: string): void {
  for (const name of leftovers(prefix)) {
    for (const kind of [["rm", "-f"], ["network", "rm"], ["volume", "rm"]]) {
      try { docker(...kind, name); break; } catch { /* another kind of thing */ }
    }
  }
}
