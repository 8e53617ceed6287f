import { ensureToolchain } from "../setup/index.ts";
import { ROOT } from "./lib/places.ts";
import { openStack } from "./lib/stack.ts";

/** `headend preview`: what `up` would change. @returns Pulumi's exit code */
export async function preview(options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  await ensureToolchain({ root: ROOT });
  const stack = await openStack(options.stack);
  return await stack.interactive(["preview", "--diff", ...(options.json ? ["--json"] : [])]) === 0 ? 0 : 1;
}
