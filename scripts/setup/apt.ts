import { SetupError, SourceError, looksOffline } from "./errors.ts";
import { runHere, type Context } from "./part.ts";
import { tail } from "./process.ts";
import type { Step } from "./reporter.ts";

const QUIET = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } as const;
const OPTIONS = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20"] as const;
let refreshed = false;

/** @throws SetupError when this user may not install packages */
export function requireRoot(ctx: Context, why: string): void {
  if (ctx.machine.uid === 0) return;
  throw new SetupError("not-root", `${why}, and this user is not root.`,
    "Run the same command as root (sudo npm run up), or have an administrator do this once; after that a user of the docker group can go on without root.");
}

/**
 * Installs Debian packages, without their recommendations. @throws SourceError when apt cannot get them
 * @throws SetupError when not root, or on a system without apt
 */
export async function installPackages(ctx: Context, step: Step, packages: readonly string[]): Promise<void> {
  requireRoot(ctx, `${packages.join(", ")} must be installed with apt`);
  if (ctx.machine.which("apt-get").length === 0) {
    throw new SetupError("unsupported", `${packages.join(", ")} must be installed, and this system has no apt.`,
      "headend is made for Debian 12 and 13. On another Linux, install these with its own package manager and run the same command again.");
  }
  await ctx.turns.take("apt", async () => {
    if (!refreshed) {
      step.phase("refreshing the package lists");
      // A broken-off installation stops every later one until dpkg has finished it.
      await runHere(ctx, ["dpkg", "--configure", "-a"], { env: QUIET });
      await runHere(ctx, ["apt-get", ...OPTIONS, "update"], { env: QUIET });   // one dead source must not stop us: the install decides
      refreshed = true;
    }
    step.phase(`installing ${packages.join(", ")} with apt`);
    const result = await runHere(ctx, ["apt-get", ...OPTIONS, "install", "-y", "--no-install-recommends", ...packages], {
      env: QUIET, stopSignal: "SIGINT",
      onLine: (line) => { if (/^(Unpacking|Setting up|Get:\d+)/.test(line)) step.detail(line.slice(0, 60)); },
    });
    if (result.code !== 0) throw new SourceError(`apt-get install ${packages.join(" ")} failed:\n${tail(result)}`, looksOffline(result.stdout + result.stderr));
  });
}

/** True when apt knows the package. */
export async function packageKnown(ctx: Context, name: string): Promise<boolean> {
  const result = await runHere(ctx, ["apt-cache", "show", "--no-all-versions", name], { env: QUIET });
  return result.code === 0 && result.stdout.includes("Package:");
}
