import type { Architecture } from "../../infra/plan/capacity/sizes.ts";
import { ensureAwsPrograms, ensureToolchain } from "../setup/index.ts";
import { CliError } from "./lib/errors.ts";
import { note } from "./lib/output.ts";
import { ROOT } from "./lib/places.ts";

export interface SetupOptions { readonly aws?: string }

const ARCHITECTURES: Readonly<Record<string, readonly Architecture[]>> = { arm: ["arm"], x86: ["x86"], both: ["arm", "x86"] };

/** `headend setup`: the toolchain, nothing deployed; with `--aws` also what AWS hosts install. */
export async function setup(options: SetupOptions = {}): Promise<void> {
  const architectures = options.aws === undefined ? [] : ARCHITECTURES[options.aws];
  if (architectures === undefined) throw new CliError(`--aws is "${options.aws ?? ""}".`, `Allowed: ${Object.keys(ARCHITECTURES).join(", ")}. Sizes with a "g" after their number (c7g) are arm, the others x86.`);
  const { parts, hostImage } = await ensureToolchain({ root: ROOT, docker: architectures.length === 0 });
  const archives = architectures.length === 0 ? {} : await ensureAwsPrograms({ root: ROOT, architectures });
  const built = Object.entries(archives).map(([architecture, archive]) => `programs of AWS hosts for ${architecture} (${archive.path})`);
  note(`Everything is here: ${[...parts.map((p) => `${p.name} ${p.version}`.trim()), ...(hostImage === null ? [] : [hostImage]), ...built].join(", ")}`);
}
