import { resolve } from "node:path";
import { renderPlan } from "../../infra/render/render.ts";
import type { Bundle } from "../../infra/render/bundle.ts";
import { refuseToOverwrite, writeFolder, type FolderKind, type OutputFile } from "./lib/folder.ts";
import { note, printJson } from "./lib/output.ts";
import { shown } from "./lib/places.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface RenderOptions { readonly out: string; readonly force?: boolean; readonly json?: boolean; readonly scale: number }

const KIND: FolderKind = { command: "headend render", mark: ".headend-render", mode: 0o755 };

/** `headend render FILE --out DIR`: every file of every host. The folder appears whole or not at all. */
export function render(file: string, options: RenderOptions): void {
  const out = resolve(options.out);
  refuseToOverwrite(out, KIND, options.force === true);
  const { plan } = loadAndPlan(file, options.scale);
  const bundles = renderPlan(plan);
  writeFolder(out, KIND, bundles.flatMap((bundle) => filesOf(bundle).map((file) => ({ ...file, path: `${bundle.host}/${file.path}` }))));
  const files = bundles.flatMap((bundle) => filesOf(bundle).map((f) => `${bundle.host}/${f.path}`));
  if (options.json) printJson({ out, hosts: bundles.map((b) => b.host), files });
  else note(`${files.length} files for ${bundles.length} hosts in ${shown(out)}\nSecrets are named in them, never written; hashes of keys are those of an empty stack secret.`);
}

function filesOf(bundle: Bundle): OutputFile[] {
  const { files, services, firewall, peers, secrets } = bundle;
  return [
    ...files.map(({ path, content, mode }) => ({ path, content, mode: parseInt(mode, 8) })),
    ...(firewall === null ? [] : [{ path: "firewall.nft", content: firewall, mode: 0o644 }]),
    { path: "bundle.json", mode: 0o644, content: `${JSON.stringify({ version: bundle.version, host: bundle.host, peers, secrets, services }, null, 2)}\n` },
  ];
}
