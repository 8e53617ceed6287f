import { ensureState, pulumiEnv } from "../setup/pulumi-env.ts";
import { print } from "./lib/output.ts";
import { ROOT } from "./lib/places.ts";

/** `headend env`: exports for a POSIX shell. The passphrase itself is not printed, only the file that holds it. */
export function env(): void {
  ensureState(ROOT);
  for (const [name, value] of Object.entries(pulumiEnv(ROOT))) print(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
}
