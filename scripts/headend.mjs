#!/usr/bin/env node
// The `headend` command. Plain Node, so that it can say what is missing before anything is installed.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dependenciesReady, nodeProblem } from "./bootstrap.mjs";
import { compile, currentEntry } from "./compiled.mjs";

const scripts = dirname(fileURLToPath(import.meta.url));
const root = dirname(scripts);
const problem = nodeProblem(process.version);
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else {
  const { ready, stamp } = dependenciesReady(root);
  if (ready) await import((await compiled(stamp)) ?? await sources());
  else {
    // A clone without its npm packages: the bootstrap brings them and runs the same command.
    const { status } = spawnSync(process.execPath, [join(scripts, "bootstrap.mjs"), "headend", ...process.argv.slice(2)], { stdio: "inherit" });
    process.exitCode = status ?? 1;
  }
}

/** Address of the compiled command, or null where it cannot be had. HEADEND_DEBUG runs the sources, so that stacks name their lines. */
async function compiled(packages) {
  if (process.env.HEADEND_DEBUG) return null;
  try { return pathToFileURL(currentEntry(root, packages) ?? await compile(root, packages)).href; } catch { return null; }
}

async function sources() {
  const { register } = await import("tsx/esm/api");
  register();
  return "./headend.ts";
}
