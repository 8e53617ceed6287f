/** What goes into the programs archive of AWS hosts: the same programs as in the local image, as files of a Debian 13. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Architecture } from "../../infra/plan/capacity/sizes.ts";
import { Cache, cacheDir, recipeHash } from "./cache.ts";
import type { DebianArch } from "./debian-packages.ts";
import { contextFiles, filesBelow, type ContextFile } from "./host-image.ts";
import { BASE_PACKAGES, SUITE } from "./parts/base-image.ts";
import { mediamtxRecipe } from "./parts/mediamtx.ts";
import { AWS_PROGRAMS } from "./programs.ts";

export const DEBIAN_ARCH: Readonly<Record<Architecture, DebianArch>> = { x86: "amd64", arm: "arm64" };

/** Where files of the local image's build context lie on a host. */
const PLACES: readonly (readonly [from: string, to: string])[] = [
  ["lib/", "root/usr/lib/headend/"], ["player/", "root/usr/share/headend/player/"], ["headend-host", "root/usr/local/bin/headend-host"],
];

/** Every file of the archive but MediaMTX and the packages, which their recipes stand for. */
export function archiveFiles(root: string): readonly ContextFile[] {
  const image = contextFiles(root, AWS_PROGRAMS).flatMap((file) => {
    const place = PLACES.find(([from]) => file.path.startsWith(from));
    return place ? [{ ...file, path: file.path.replace(...place) }] : [];
  });
  const aws = join(root, "templates/aws");
  return [
    ...image,
    ...filesBelow(join(aws, "root")).map((file) => ({ path: relative(aws, file), content: readFileSync(file), mode: 0o644 })),
    { path: "install.sh", content: readFileSync(join(aws, "install.sh")), mode: 0o755 },
  ];
}

export function packagesKey(arch: DebianArch): string {
  return `debian-${arch}-${recipeHash(SUITE, ...BASE_PACKAGES, "1")}`;
}

/** Cache key of the archive; the packages' own versions are fixed by what the cache holds. */
export function archiveKey(root: string, arch: DebianArch, files: readonly ContextFile[]): string {
  return `aws-programs-${arch}-${recipeHash(packagesKey(arch), mediamtxRecipe(root), ...files.flatMap((file) => [file.path, String(file.mode), file.content]))}`;
}

/** An archive as built: its file and the SHA-256 of its bytes. */
export interface BuiltArchive { readonly path: string; readonly sha256: string }

export const ARCHIVE = "programs.tar.gz";

/** The archive of this clone's files for an architecture; null while it is not built. Takes about a second (it bundles programs). */
export function findArchive(root: string, architecture: Architecture): BuiltArchive | null {
  const arch = DEBIAN_ARCH[architecture];
  return archiveIn(new Cache(cacheDir()), archiveKey(root, arch, archiveFiles(root)));
}

export function archiveIn(cache: Cache, key: string): BuiltArchive | null {
  const found = cache.find(key);
  return found && { path: join(found.dir, ARCHIVE), sha256: readFileSync(join(found.dir, "sha256"), "utf8").trim() };
}

/** Keys of archives for the architecture that are not `keep`: each is 150 MB, and every edit of a program makes one. */
export function olderArchives(cache: Cache, arch: DebianArch, keep: string): readonly string[] {
  return readdirSync(cache.dir).filter((name) => name.startsWith(`aws-programs-${arch}-`) && name !== keep);
}
