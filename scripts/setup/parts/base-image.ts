import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages } from "../apt.ts";
import { recipeHash } from "../cache.ts";
import { SourceError, looksOffline } from "../errors.ts";
import { provide, runHere, type Context, type Part } from "../part.ts";
import { tail } from "../process.ts";
import { packFolder } from "../tar.ts";
import { dockerPart, engineWork } from "./docker.ts";

export const SUITE = "trixie";
/** What hosts run. On AWS the same packages come from the programs archive. */
export const BASE_PACKAGES = ["ca-certificates", "curl", "ffmpeg", "fonts-dejavu-core", "iproute2", "nftables", "nginx", "nodejs"] as const;
/** Nobody reads manuals inside a host: 60 MB less. Copyright files stay. */
const LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*"] as const;
const KEPT = "/usr/share/doc/*/copyright";
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PULL_MS = 20_000;

/** The image every host image is built on. */
export const BASE_IMAGE = `headend/base:${recipeHash(SUITE, BASE_PACKAGES.join(" "), LEFT_OUT.join(" "), "1")}`;

/** Debian 13 with what hosts run: FFmpeg, nginx, Node, nftables. */
export const baseImagePart: Part<string> = {
  name: "base image",
  version: `Debian ${SUITE}`,
  space: { cache: 700e6, docker: 800e6 },

  async find(ctx) {
    const docker = await dockerPart.find(ctx);
    return docker && await docker.value.hasImage(BASE_IMAGE) ? { value: BASE_IMAGE, source: "installed" } : null;
  },

  async download(ctx, step) {
    const engine = (await provide(dockerPart, ctx)).value;
    const image = `debian:${SUITE}-slim`;
    step.phase(`pulling ${image}`);
    const limit = AbortSignal.any([ctx.signal, AbortSignal.timeout(PULL_MS * 15)]);
    await engineWork(`${image} could not be pulled`, () => engine.pull(image, (line) => step.detail(line.slice(0, 60)), limit));
    step.phase("installing its packages");
    const folder = mkdtempSync(join(tmpdir(), "headend-base-"));
    try {
      writeFileSync(join(folder, "Dockerfile"), [
        `FROM ${image}`,
        `RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${BASE_PACKAGES.join(" ")} && rm -rf /var/lib/apt/lists/* /var/cache/apt/*`,
        "",
      ].join("\n"));
      await engineWork("the packages could not be installed", () =>
        engine.build(BASE_IMAGE, packFolder(folder), { args: {}, network: true }, (line) => step.detail(line.slice(0, 60)), ctx.signal));
    } finally { rmSync(folder, { recursive: true, force: true }); }
    return BASE_IMAGE;
  },

  async build(ctx, step) {
    const engine = (await provide(dockerPart, ctx)).value;
    if (ctx.machine.which("mmdebstrap").length === 0) await installPackages(ctx, step, ["mmdebstrap"]);
    const folder = ctx.cache.temporary("base-image");
    try {
      const tar = join(folder, "root.tar");
      step.phase("installing its packages into a fresh root");
      await mmdebstrap(ctx, tar, (line) => step.detail(line));
      step.phase("importing it into Docker");
      await engineWork("the base image could not be imported", () =>
        engine.importImage(BASE_IMAGE, createReadStream(tar), [`ENV ${PATH}`, 'CMD ["bash"]'], () => {}, ctx.signal));
    } finally { rmSync(folder, { recursive: true, force: true }); }
    return BASE_IMAGE;
  },
};

async function mmdebstrap(ctx: Context, tar: string, onDetail: (text: string) => void): Promise<void> {
  const options = [...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`), `--dpkgopt=path-include=${KEPT}`];
  const result = await runHere(ctx, ["mmdebstrap", "--variant=minbase", `--include=${BASE_PACKAGES.join(",")}`, ...options, SUITE, tar], {
    env: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", TMPDIR: ctx.cache.scratch },
    onLine: (line) => { if (line.startsWith("I: ")) onDetail(line.slice(3, 60)); },
  });
  if (result.code !== 0) throw new SourceError(`mmdebstrap could not assemble Debian ${SUITE}:\n${tail(result)}`, looksOffline(result.stderr));
}
