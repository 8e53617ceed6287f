/** Debian 13 packages that hosts run, for either architecture: fetched by apt in a root of its own, which installs nothing here. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SourceError, looksOffline } from "./errors.ts";
import { runHere, type Context } from "./part.ts";
import { BASE_PACKAGES, SUITE } from "./parts/base-image.ts";
import { tail } from "./process.ts";
import type { Step } from "./reporter.ts";

export type DebianArch = "amd64" | "arm64";

const SOURCES = [
  `http://deb.debian.org/debian ${SUITE} main`, `http://deb.debian.org/debian ${SUITE}-updates main`, `http://security.debian.org/debian-security ${SUITE}-security main`,
];
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** What every Debian has: asked for, so that it can be left out. */
const EVERYWHERE = ["?essential", "?priority(required)", "apt"];

/** A package file as apt would fetch it. */
export interface PackageFile { readonly url: string; readonly file: string }

/** Lines of `apt-get --print-uris`. */
export function packageFiles(printed: string): readonly PackageFile[] {
  return [...printed.matchAll(/^'([^']+)' (\S+) \d+ /gm)].map((m) => ({ url: m[1] as string, file: m[2] as string }));
}

/** Name of a package from its file, e.g. "nginx" from "nginx_1.26.3-3_arm64.deb". */
export function packageName(file: string): string {
  return file.split("_")[0] ?? file;
}

/**
 * Fetches the packages of the local image, with all they need beyond a minimal Debian, into `folder`. apt checks every file against
 * Debian's signed lists. @throws SourceError
 */
export async function fetchPackages(ctx: Context, step: Step, arch: DebianArch, folder: string): Promise<readonly string[]> {
  const root = ctx.cache.temporary(`apt-${arch}`);
  for (const path of ["state/lists/partial", "cache/archives/partial", "etc/preferences.d"]) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, "state/status"), "");
  writeFileSync(join(root, "sources.list"), SOURCES.map((source) => `deb [signed-by=${KEYRING}] ${source}\n`).join(""));
  const options = Object.entries({
    "Dir::Etc": join(root, "etc"), "Dir::Etc::SourceList": join(root, "sources.list"), "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State": join(root, "state"), "Dir::State::status": join(root, "state/status"), "Dir::Cache": join(root, "cache"),
    "APT::Architecture": arch, "APT::Architectures::": arch, "APT::Sandbox::User": "root", "Acquire::Retries": "2", "Acquire::http::Timeout": "20",
  }).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const apt = async (...args: string[]): Promise<string> => {
    const result = await runHere(ctx, ["apt-get", ...options, ...args], { env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } });
    if (result.code !== 0) throw new SourceError(`apt-get ${args.join(" ").slice(0, 60)} failed:\n${tail(result)}`, looksOffline(result.stdout + result.stderr));
    return result.stdout;
  };
  const install = ["install", "-y", "--no-install-recommends"];
  step.phase(`package lists for ${arch}`);
  await apt("update");
  const everywhere = new Set(packageFiles(await apt(...install, "--print-uris", ...EVERYWHERE)).map(({ file }) => packageName(file)));
  const wanted = packageFiles(await apt(...install, "--print-uris", ...BASE_PACKAGES)).filter(({ file }) => !everywhere.has(packageName(file)));
  step.phase(`fetching ${wanted.length} packages for ${arch}`);
  await apt(...install, "--download-only", ...BASE_PACKAGES);
  mkdirSync(folder, { recursive: true });
  const files = wanted.map(({ file }) => file).sort();
  const moved = await runHere(ctx, ["mv", ...files.map((file) => join(root, "cache/archives", file)), folder]);
  if (moved.code !== 0) throw new SourceError(`packages for ${arch} are not where apt should have put them: ${tail(moved, 2)}`, false);
  await runHere(ctx, ["rm", "-rf", root]);
  return files;
}
