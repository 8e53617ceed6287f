import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contextFiles, tagOf } from "../host-image.ts";
import { provide, type Part } from "../part.ts";
import { packFolder } from "../tar.ts";
import { baseImagePart } from "./base-image.ts";
import { dockerPart, engineWork } from "./docker.ts";
import { mediamtxPart } from "./mediamtx.ts";

/** The image that every host of this clone runs. */
export function hostImagePart(root: string): Part<string> {
  const files = contextFiles(root);
  const tag = tagOf(root, files);
  return {
    name: "host image",
    version: tag.split(":")[1] ?? "",
    space: { cache: 50e6, docker: 100e6 },

    async find(ctx) {
      const docker = await dockerPart.find(ctx);
      return docker && await docker.value.hasImage(tag) ? { value: tag, source: "installed" } : null;
    },

    async build(ctx, step) {
      step.waiting("waiting for Docker, the base image and MediaMTX");
      const engine = (await provide(dockerPart, ctx)).value;
      const [base, mediamtx] = await Promise.all([provide(baseImagePart, ctx), provide(mediamtxPart, ctx)]);
      const folder = ctx.cache.temporary("host-image");
      try {
        for (const file of files) {
          const path = join(folder, file.path);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, file.content);
          chmodSync(path, file.mode);
        }
        cpSync(mediamtx.value, join(folder, "mediamtx"), { dereference: true });
        chmodSync(join(folder, "mediamtx"), 0o755);
        step.phase("building");
        await engineWork("the host image could not be built", () =>
          engine.build(tag, packFolder(folder), { args: { BASE: base.value }, network: false }, (line) => step.detail(line.slice(0, 60)), ctx.signal));
      } finally { rmSync(folder, { recursive: true, force: true }); }
      return tag;
    },
  };
}
