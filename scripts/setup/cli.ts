import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError } from "./errors.ts";
import { ensureTestTools, ensureToolchain } from "./toolchain.ts";

/** Set-up alone: `node --import tsx scripts/setup/cli.ts [--tests] [--json]`. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
try {
  const toolchain = await ensureToolchain({ root });
  if (process.argv.includes("--tests")) await ensureTestTools({ root });
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(toolchain, null, 2)}\n`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}
