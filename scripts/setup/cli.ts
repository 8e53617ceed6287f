import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError } from "./errors.ts";
import type { Architecture } from "../../infra/plan/capacity/sizes.ts";
import { ensureAwsPrograms, ensureTestTools, ensureToolchain } from "./toolchain.ts";

/** Set-up alone: `node --import tsx scripts/setup/cli.ts [--tests] [--json]`; `--aws x86|arm` builds only what AWS hosts of that processor install. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
try {
  const aws = process.argv[process.argv.indexOf("--aws") + 1];
  if (process.argv.includes("--aws")) {
    if (aws !== "x86" && aws !== "arm") throw new SetupError("unsupported", `--aws takes x86 or arm, not "${aws ?? ""}".`, "For example: --aws arm");
    const built = await ensureAwsPrograms({ root, architectures: [aws satisfies Architecture] });
    process.stdout.write(`${JSON.stringify(built)}\n`);
    process.exit(0);
  }
  const toolchain = await ensureToolchain({ root });
  if (process.argv.includes("--tests")) await ensureTestTools({ root });
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(toolchain, null, 2)}\n`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}
