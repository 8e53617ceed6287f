import { join, parse } from "node:path";
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
  { file: "steering.js", entry: "infra/steering/main.ts" },
  { file: "forwarder.js", entry: "infra/forwarder/main.ts" },
];

/** What AWS hosts run besides: a bundle of its own, so that hostd starts as fast as everywhere. */
export const AWS_PROGRAMS: readonly Program[] = [{ file: "aws.js", entry: "infra/host/aws/main.ts" }];

/**
 * Bundles programs into one readable module each for Node 20; the same source gives the same text in every clone. All in one
 * go, since starting the bundler is most of the time it takes.
 */
export function bundle(root: string, programs: readonly Program[], extra: Pick<BuildOptions, "external"> = {}): Map<string, string> {
  const result = buildSync({
    entryPoints: programs.map(({ entry, file }) => ({ in: join(root, entry), out: parse(file).name })), outdir: "/bundles",
    ...extra, absWorkingDir: root, bundle: true, write: false, platform: "node", target: "node20", format: "esm", minify: false,
    legalComments: "none", charset: "utf8", banner: { js: BANNER }, logLevel: "silent",
  });
  const stem = (path: string): string => parse(path).name;
  const texts = new Map(result.outputFiles.map((out) => [stem(out.path), out.text]));
  return new Map(programs.map(({ file }) => [file, texts.get(stem(file)) ?? ""]));
}
