import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { renderPlan } from "../../infra/render/render.ts";
import type { Bundle } from "../../infra/render/bundle.ts";
import { InputError } from "./lib/errors.ts";
import { note, printJson } from "./lib/output.ts";
import { shown } from "./lib/places.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface RenderOptions { readonly out: string; readonly force?: boolean; readonly json?: boolean; readonly scale: number }

/** `headend render FILE --out DIR`: every file of every host. The folder appears whole or not at all. */
export function render(file: string, options: RenderOptions): void {
  const out = resolve(options.out);
  refuseToOverwrite(out, options.force === true);
  const { plan } = loadAndPlan(file, options.scale);
  const bundles = renderPlan(plan);
  const staged = stage(out, bundles);
  replace(staged, out);
  const files = bundles.flatMap((bundle) => filesOf(bundle).map((f) => `${bundle.host}/${f.path}`));
  if (options.json) printJson({ out, hosts: bundles.map((b) => b.host), files });
  else note(`${files.length} files for ${bundles.length} hosts in ${shown(out)}\nSecrets are named in them, never written; hashes of keys are those of an empty stack secret.`);
}

function refuseToOverwrite(out: string, force: boolean): void {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory()) throw new InputError(`${shown(out)} is a file.`, "Give a folder that is empty or does not exist.");
  const inside = readdirSync(out);
  if (inside.length === 0) return;
  if (!force) throw new InputError(`${shown(out)} is not empty.`, "Choose another folder, or replace what is in it with --force.");
  if (!inside.includes(MARK)) throw new InputError(`${shown(out)} was not written by \`headend render\`; --force replaces only such folders.`, "Choose another folder, or empty this one yourself.");
}

/** Shows that a folder is ours to replace. */
const MARK = ".headend-render";

interface OutputFile { readonly path: string; readonly content: string; readonly mode: string }

function filesOf(bundle: Bundle): OutputFile[] {
  const { files, services, firewall, peers, secrets } = bundle;
  return [
    ...files,
    ...(firewall === null ? [] : [{ path: "firewall.nft", content: firewall, mode: "0644" }]),
    { path: "bundle.json", mode: "0644", content: `${JSON.stringify({ version: bundle.version, host: bundle.host, peers, secrets, services }, null, 2)}\n` },
  ];
}

function stage(out: string, bundles: readonly Bundle[]): string {
  mkdirSync(dirname(out), { recursive: true });
  const staged = mkdtempSync(join(dirname(out), `.${basename(out)}-`));
  try {
    writeFileSync(join(staged, MARK), "written by headend render\n");
    for (const bundle of bundles) {
      for (const { path, content, mode } of filesOf(bundle)) {
        const target = join(staged, bundle.host, path);
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, content, { mode: parseInt(mode, 8) });
      }
    }
    return staged;
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error;
  }
}

function replace(staged: string, out: string): void {
  const old = `${staged}-old`;
  if (existsSync(out)) renameSync(out, old);
  renameSync(staged, out);
  rmSync(old, { recursive: true, force: true });
}
