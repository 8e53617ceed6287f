// The `headend` command as compiled modules: TypeScript stays the source of truth, but an editor that checks a file on every save
// should not wait for a compiler. Made at the first run, made again when a source has changed, never needed: without it tsx runs
// the sources themselves.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Packages that are compiled in; all others are loaded from node_modules when they are needed. */
const INSIDE = new Set(["cli-table3", "commander", "fastest-levenshtein", "ipaddr.js", "picocolors", "yaml", "zod"]);
/** CommonJS packages inside a module still ask for `require`. */
const BANNER = 'import { createRequire as headendRequire } from "node:module"; const require = headendRequire(import.meta.url);';
/** Sets of modules that no run has used for so long are removed: a command may load a part long after its start. */
const KEPT_MS = 24 * 3_600_000;
const VERSION = 2;

const folder = (root) => join(root, "node_modules/.cache/headend");
const manifestFile = (root) => join(folder(root), "cli.json");
const stampOf = (file) => { const { mtimeMs, size } = statSync(file); return `${mtimeMs} ${size}`; };

/** Path of the compiled entry when it is made of the sources as they are, else null. Looks at times and sizes only: some milliseconds. */
export function currentEntry(root, packages) {
  try {
    const manifest = JSON.parse(readFileSync(manifestFile(root), "utf8"));
    if (manifest.version !== VERSION || manifest.root !== root || manifest.packages !== packages || manifest.node !== process.versions.node) return null;
    for (const [file, stamp] of Object.entries(manifest.sources)) if (stampOf(join(root, file)) !== stamp) return null;
    statSync(manifest.entry);
    return manifest.entry;
  } catch { return null; }
}

/** Compiles the command. @returns the entry's path @throws Error when it cannot be: a mistake in a source, or a folder that must not be written */
export async function compile(root, packages) {
  const { build } = await import("esbuild");
  const result = await build({
    entryPoints: [{ in: join(root, "scripts/headend.ts"), out: "headend" }], absWorkingDir: root, outdir: "/out", write: false, metafile: true,
    bundle: true, splitting: true, format: "esm", platform: "node", target: "node20", charset: "utf8", legalComments: "none", banner: { js: BANNER }, logLevel: "silent",
    outExtension: { ".js": ".mjs" }, plugins: [packagesOutside, sourceAddresses(root)],
  });
  const sources = Object.keys(result.metafile.inputs).filter((file) => !file.includes("node_modules/")).sort();
  const stamps = Object.fromEntries(sources.map((file) => [file, stampOf(join(root, file))]));
  const hash = createHash("sha256").update(JSON.stringify([VERSION, root, packages, result.outputFiles.map(({ path, hash: content }) => [path, content])])).digest("hex").slice(0, 16);
  const place = join(folder(root), `cli-${hash}`);
  publish(place, result.outputFiles);
  const entry = join(place, "headend.mjs");
  // Whoever reads the manifest finds everything that it names.
  const temporary = `${manifestFile(root)}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ version: VERSION, root, packages, node: process.versions.node, entry, sources: stamps }));
  renameSync(temporary, manifestFile(root));
  sweep(root, place);
  return entry;
}

function publish(place, files) {
  const temporary = `${place}.${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  for (const { path, contents } of files) {
    const file = join(temporary, path.slice("/out/".length));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
  }
  // Somebody else may have made the same at the same time: either is right.
  try { renameSync(temporary, place); } catch { rmSync(temporary, { recursive: true, force: true }); statSync(join(place, "headend.mjs")); }
}

function sweep(root, current) {
  for (const name of readdirSync(folder(root))) {
    const path = join(folder(root), name);
    if (path === current || !name.startsWith("cli-")) continue;
    try { if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { recursive: true, force: true }); } catch { /* gone already */ }
  }
}

const packagesOutside = {
  name: "packages-outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
      if (path.startsWith("node:") || importer === "" || importer.includes("/node_modules/")) return null;
      const name = path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/");
      return INSIDE.has(name) ? null : { path, external: true };
    });
  },
};

/** Sources find files of the clone by their own address, which a compiled module does not have. */
const sourceAddresses = (root) => ({
  name: "source-addresses",
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!path.startsWith(root) || path.includes("/node_modules/")) return null;
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta.")) return null;
      // By the parser, not by replacing text: set-up has a banner for other programs that says import.meta.url in a string, and the
      // host image is named by what those programs hold.
      const define = { "import.meta.url": JSON.stringify(pathToFileURL(path).href), "import.meta.dirname": JSON.stringify(dirname(path)) };
      const { code } = await esbuild.transform(text, { loader: "ts", format: "esm", target: "node20", charset: "utf8", define });
      return { contents: code, loader: "js" };
    });
  },
});
