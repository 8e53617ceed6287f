import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { recipeHash } from "./cache.ts";
import { BASE_IMAGE } from "./parts/base-image.ts";
import { mediamtxRecipe } from "./parts/mediamtx.ts";
import { HOST_PROGRAMS, type Program, bundle } from "./programs.ts";

/** A file of the image's build context. */
export interface ContextFile {
  readonly path: string;
  readonly content: string | Buffer;
  readonly mode: number;
}

/** Every file of the build context but the MediaMTX program, which its recipe stands for. `more`: further programs, bundled in the same go. */
export function contextFiles(root: string, more: readonly Program[] = []): ContextFile[] {
  const image = join(root, "templates/image");
  const player = join(root, "templates/player");
  const programs = bundle(root, [...HOST_PROGRAMS, ...more]);
  return [
    { path: "Dockerfile", content: readFileSync(join(image, "Dockerfile")), mode: 0o644 },
    { path: "headend-host", content: readFileSync(join(image, "headend-host")), mode: 0o755 },
    { path: "lib/package.json", content: '{"type":"module"}\n', mode: 0o644 },
    ...[...programs].map(([file, content]) => ({ path: `lib/${file}`, content, mode: 0o644 })),
    { path: "player/hls.min.js", content: readFileSync(join(root, "node_modules/hls.js/dist/hls.min.js")), mode: 0o644 },
    ...filesBelow(player).map((file) => ({ path: `player/${relative(player, file)}`, content: readFileSync(file), mode: 0o644 })),
  ];
}

/** Every file below a folder, in a fixed order. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

/** The image's name for these files. */
export function tagOf(root: string, files: readonly ContextFile[]): string {
  return `headend/host:${recipeHash(BASE_IMAGE, mediamtxRecipe(root), ...files.flatMap((file) => [file.path, file.content]))}`;
}

/**
 * Name of the image that every host of this clone runs: a pure function of the clone's files, so that it is known at preview
 * and the same on every machine. Takes about a tenth of a second (it bundles the host programs).
 */
export function hostImageTag(root: string): string {
  return tagOf(root, contextFiles(root));
}
