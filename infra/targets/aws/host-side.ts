/** What the hosts' side gives to the infrastructure: the programs, the bootstrap and the command that waits for reports. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findArchive } from "../../../scripts/setup/aws-programs.ts";
import type { Architecture } from "../../plan/capacity/sizes.ts";

export interface ProgramsArchive { readonly architecture: Architecture; readonly sha256: string; readonly path: string }

/**
 * The archive for an architecture, as built by set-up (`ensureAwsPrograms`); null while it is not built (a preview does without, `up`
 * does not). Takes about a second: ask once for each architecture.
 */
export function findPrograms(root: string, architecture: Architecture): ProgramsArchive | null {
  const found = findArchive(root, architecture);
  return found && { architecture, ...found };
}

/** The script that user data fetches, verifies and runs with the values of `UserDataValues` in its environment. Pure text. */
export function bootstrapScript(): string {
  return readFileSync(fileURLToPath(new URL("../../../templates/aws/bootstrap.sh", import.meta.url)), "utf8");
}

/** Shell command that reads `Expectations` from standard input and ends with 0 when every host reported success. */
export function waitCommand(root: string): string {
  return `node --import tsx ${join(root, "scripts/aws/await-reports.ts")}`;
}
