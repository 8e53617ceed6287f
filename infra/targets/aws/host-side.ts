/** What the hosts' side gives to the infrastructure: the programs, the bootstrap and the command that waits for reports. */
import { join } from "node:path";
import type { Architecture } from "../../plan/capacity/sizes.ts";

export interface ProgramsArchive { readonly architecture: Architecture; readonly sha256: string; readonly path: string }

/** The archive for an architecture, as built by set-up; null while it is not built (a preview does without, `up` does not). */
export function findPrograms(_root: string, _architecture: Architecture): ProgramsArchive | null {
  return null;
}

/** The script that user data fetches, verifies and runs with the values of `UserDataValues` in its environment. Pure text. */
export function bootstrapScript(): string {
  return "#!/bin/sh\nset -eu\n";
}

/** Shell command that reads `Expectations` from standard input and ends with 0 when every host reported success. */
export function waitCommand(root: string): string {
  return `node --import tsx ${join(root, "infra/host/pull/wait-main.ts")}`;
}
