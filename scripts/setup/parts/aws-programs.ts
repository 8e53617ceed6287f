import { createHash } from "node:crypto";
import { chmodSync, createReadStream, createWriteStream, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Architecture } from "../../../infra/plan/capacity/sizes.ts";
import { ARCHIVE, archiveFiles, archiveIn, archiveKey, DEBIAN_ARCH, olderArchives, packagesKey, type BuiltArchive } from "../aws-programs.ts";
import { fetchPackages, type DebianArch } from "../debian-packages.ts";
import { provide, type Part } from "../part.ts";
import { packFolder } from "../tar.ts";
import { mediamtxFor } from "./mediamtx.ts";

/** How many earlier archives stay, for a step back. */
const KEPT = 1;

/** The folder of packages for an architecture. */
export function packagesPart(arch: DebianArch): Part<string> {
  return {
    name: `Debian packages for ${arch}`,
    version: "",
    space: { cache: 400e6, docker: 0 },
    async find(ctx) {
      const cached = ctx.cache.find(packagesKey(arch));
      return cached && { value: join(cached.dir, "packages"), source: cached.source };
    },
    async build(ctx, step) {
      const dir = await ctx.turns.take("apt", () => ctx.cache.publish(packagesKey(arch), "registries", async (into) => { await fetchPackages(ctx, step, arch, join(into, "packages")); }));
      return join(dir, "packages");
    },
  };
}

/** The programs archive of AWS hosts: equal content gives equal bytes. */
export function awsProgramsPart(root: string, architecture: Architecture): Part<BuiltArchive> {
  const arch = DEBIAN_ARCH[architecture];
  const files = archiveFiles(root);
  const key = archiveKey(root, arch, files);
  return {
    name: `programs of AWS hosts for ${arch}`,
    version: key.split("-").pop() ?? "",
    space: { cache: 700e6, docker: 0 },

    async find(ctx) {
      const found = archiveIn(ctx.cache, key);
      return found && { value: found, source: "registries" };
    },

    async build(ctx, step) {
      step.waiting("waiting for MediaMTX and Debian packages");
      const [packages, mediamtx] = await Promise.all([provide(packagesPart(arch), ctx), provide(mediamtxFor(arch), ctx)]);
      const dir = await ctx.cache.publish(key, "registries", async (into) => {
        const tree = join(into, "tree");
        for (const file of files) put(join(tree, file.path), file.content, file.mode);
        put(join(tree, "root/usr/local/bin/mediamtx"), readFileSync(mediamtx.value), 0o755);
        const debs = readdirSync(packages.value).filter((name) => name.endsWith(".deb")).sort();
        mkdirSync(join(tree, "packages"));
        for (const deb of debs) { cpSync(join(packages.value, deb), join(tree, "packages", deb)); chmodSync(join(tree, "packages", deb), 0o644); }
        put(join(tree, "packages.sha256"), debs.map((deb) => `${hashOf(readFileSync(join(packages.value, deb)))}  ${deb}\n`).join(""), 0o644);
        fixModes(tree);
        step.phase("packing");
        // Packages are compressed already: the least effort is enough for the rest.
        await pipeline(packFolder(tree), createGzip({ level: 1 }), createWriteStream(join(into, ARCHIVE)), { signal: ctx.signal });
        writeFileSync(join(into, "sha256"), `${await hashOfFile(join(into, ARCHIVE))}\n`);
        rmSync(tree, { recursive: true, force: true });
      });
      const byAge = olderArchives(ctx.cache, arch, key).map((name) => ctx.cache.path(name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
      for (const old of byAge.slice(KEPT)) rmSync(old, { recursive: true, force: true });
      return { path: join(dir, ARCHIVE), sha256: readFileSync(join(dir, "sha256"), "utf8").trim() };
    },
  };
}

function put(path: string, content: string | Buffer, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** Folders get the mode that the umask of this machine happens to give. */
function fixModes(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) fixModes(join(folder, entry.name));
}

function hashOf(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
