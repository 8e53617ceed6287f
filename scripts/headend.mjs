#!/usr/bin/env node
// The `headend` command. Plain Node, so that it can say what is missing before anything is installed.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dependenciesReady, nodeProblem } from "./bootstrap.mjs";

const scripts = dirname(fileURLToPath(import.meta.url));
const problem = nodeProblem(process.version);
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else if (!dependenciesReady(dirname(scripts)).ready) {
  // A clone without its npm packages: the bootstrap brings them and runs the same command.
  const { status } = spawnSync(process.execPath, [join(scripts, "bootstrap.mjs"), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  const { register } = await import("tsx/esm/api");
  register();
  await import("./headend.ts");
}
