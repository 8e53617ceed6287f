import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { recipeHash } from "./cache.ts";
import { filesBelow } from "./host-image.ts";
import { PLUGINS, type Plugin, type PluginName } from "./parts/plugins.ts";
import { bundle } from "./programs.ts";
import { binDir, stateRoot } from "./pulumi-env.ts";
import { shellQuote } from "./pulumi-command.ts";

export interface BinContent {
  readonly pulumi: string;
  /** Null where the command line brings its own. */
  readonly languageHost: string | null;
  readonly plugins: Readonly<Record<PluginName, Plugin>>;
}

/** Loaded when first asked for by name; a bundle must leave them where they are. */
const EXTERNAL = ["typescript", "ts-node", "cpu-features", "ssh2"];

/** Fills the clone's `.headend/bin`: Pulumi, its language host and its plugins. Replaces each file in one step, and only when it differs. */
export function writeBin(root: string, content: BinContent): string {
  const bin = binDir(root);
  mkdirSync(bin, { recursive: true });
  link(join(bin, "pulumi"), content.pulumi);
  const language = join(bin, "pulumi-language-nodejs");
  if (content.languageHost === null) rmSync(language, { force: true });
  else script(language, languageScript(root, content.languageHost));
  const standIns = PLUGINS.filter((name) => content.plugins[name].kind === "stand-in");
  const file = join(stateRoot(root), "lib", "plugins.mjs");
  if (standIns.length > 0) {
    mkdirSync(join(stateRoot(root), "lib"), { recursive: true });
    writeStandIns(root, file);
  }
  for (const name of PLUGINS) {
    const plugin = content.plugins[name];
    const path = join(bin, `pulumi-resource-${name}`);
    if (plugin.kind === "official") link(path, plugin.program);
    else script(path, nodeScript(`"$node" ${shellQuote(file)} ${name} "$@"`));
  }
  return bin;
}

/** Bundles the stand-ins, unless the bundle there is of the same sources. */
function writeStandIns(root: string, file: string): void {
  const sources = [join(root, "package-lock.json"), join(root, "scripts/setup/programs.ts"), ...filesBelow(join(root, "scripts/plugins"))];
  const mark = `// sources: ${recipeHash(...sources.map((path) => readFileSync(path)))}\n`;
  try { if (readFileSync(file, "utf8").startsWith(mark)) return; } catch { /* not there yet */ }
  const text = bundle(root, [{ file: "plugins.mjs", entry: "scripts/plugins/main.ts" }], { external: EXTERNAL }).get("plugins.mjs") ?? "";
  put(file, mark + text, 0o644);
}

/** The Node that ran set-up, or the one on PATH where that one has gone. */
function nodeScript(command: string): string {
  return `#!/bin/sh\nnode=${shellQuote(process.execPath)}\n[ -x "$node" ] || node=node\nexec ${command}\n`;
}

/** The old language host takes no options from Pulumi.yaml, so TypeScript is loaded by a Node option, for its programs alone. */
function languageScript(root: string, program: string): string {
  const loader = pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href;
  return `#!/bin/sh\nexport NODE_OPTIONS="--import ${loader}\${NODE_OPTIONS:+ $NODE_OPTIONS}"\nexec ${shellQuote(program)} "$@"\n`;
}

function script(path: string, text: string): void {
  put(path, text, 0o755);
}

function put(path: string, text: string, mode: number): void {
  try {
    if (lstatSync(path).isFile() && readFileSync(path, "utf8") === text) return;
  } catch { /* not there yet */ }
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}

function link(path: string, target: string): void {
  try {
    if (lstatSync(path).isSymbolicLink() && readlinkSync(path) === target) return;
  } catch { /* not there yet */ }
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, path);
}
