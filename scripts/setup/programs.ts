import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildSync, type BuildOptions } from "esbuild";

/** CommonJS packages inside a module bundle still ask for `require`. */
const BANNER = 'import { createRequire as headendRequire } from "node:module"; const require = headendRequire(import.meta.url);';

export interface Program {
  /** Name of the bundle, e.g. "host.js". */
  readonly file: string;
  /** Entry, relative to the clone. */
  readonly entry: string;
}

/** What runs inside hosts. */
export const HOST_PROGRAMS: readonly Program[] = [
  { file: "host.js", entry: "infra/host/main.ts" },
  { file: "agent.js", entry: "infra/agent/main.ts" },
];

/** Bundles a program into one readable module for Node 20; the same source gives the same text in every clone. */
export function bundle(root: string, program: Program, extra: Pick<BuildOptions, "external"> = {}): string {
  const source: BuildOptions = existsSync(join(root, program.entry)) ? { entryPoints: [program.entry] } : { stdin: { contents: placeholder(program) } };
  const result = buildSync({
    ...source, ...extra, absWorkingDir: root, bundle: true, write: false, platform: "node", target: "node20", format: "esm", minify: false,
    legalComments: "none", charset: "utf8", banner: { js: BANNER }, logLevel: "silent",
  });
  const text = result.outputFiles?.[0]?.text;
  if (text === undefined) throw new Error(`${program.entry} was bundled to nothing`);
  return text;
}

function placeholder(program: Program): string {
  return `console.error(${JSON.stringify(`${program.file}: this version of headend does not have ${program.entry} yet`)}); process.exit(1);`;
}
