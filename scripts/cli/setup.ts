import { ensureToolchain } from "../setup/index.ts";
import { note } from "./lib/output.ts";
import { ROOT } from "./lib/places.ts";

/** `headend setup`: the toolchain, nothing deployed. */
export async function setup(): Promise<void> {
  const { parts, hostImage } = await ensureToolchain({ root: ROOT });
  note(`Everything is here: ${[...parts.map((p) => `${p.name} ${p.version}`.trim()), ...(hostImage === null ? [] : [hostImage])].join(", ")}`);
}
