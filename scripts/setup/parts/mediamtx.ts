import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recipeHash } from "../cache.ts";
import { checksumFor, downloadFile, fetchText, unpack } from "../download.ts";
import { SourceError } from "../errors.ts";
import { provide, runHere, type Context, type Part } from "../part.ts";
import { GoModule, goArch, goPart, moduleRecipe, type GoProgram } from "./go.ts";

/** The version whose keys the renderers know: no other is taken. */
export const MEDIAMTX_VERSION = "1.20.1";
/** What upstream embeds; MediaMTX generates the file, so the Go module lacks it. */
const HLS_JS_VERSION = "1.7.0";

const PROGRAM: GoProgram = {
  module: "mediamtx", package: "github.com/bluenviron/mediamtx", output: "mediamtx", ldflags: "-s -w",
};

/** Version and build recipe: what stands for MediaMTX in the host image's tag. */
export function mediamtxRecipe(root: string): string {
  return `${MEDIAMTX_VERSION}-${recipeHash(moduleRecipe(root, PROGRAM), HLS_JS_VERSION)}`;
}

/** Node's names of processors, by Go's. */
const NODE_ARCH = { amd64: "x64", arm64: "arm64" } as const;

/** The media server for this machine's processor: the path of its (static) program, which goes into the host image. */
export const mediamtxPart: Part<string> = mediamtx(null);

/** The media server for either processor, as hosts of a cloud may have another than this machine. */
export function mediamtxFor(arch: "amd64" | "arm64"): Part<string> {
  return process.arch === NODE_ARCH[arch] ? mediamtxPart : mediamtx(arch);
}

/** @param other a processor that is not this machine's; null: this machine's */
function mediamtx(other: "amd64" | "arm64" | null): Part<string> {
  const key = (ctx: Context): string => `mediamtx-${other === null ? ctx.machine.arch : NODE_ARCH[other]}-${mediamtxRecipe(ctx.root)}`;
  return {
    name: other === null ? "MediaMTX" : `MediaMTX for ${other}`,
    version: MEDIAMTX_VERSION,
    space: { cache: 500e6, docker: 0 },

    async find(ctx) {
      const cached = ctx.cache.find(key(ctx));
      if (cached) return { value: join(cached.dir, "mediamtx"), source: cached.source };
      for (const program of other === null ? ctx.machine.which("mediamtx") : []) {
        const result = await runHere(ctx, [program, "--version"], { timeoutMs: 10_000 });
        if (result.code === 0 && result.stdout.trim() === `v${MEDIAMTX_VERSION}`) return { value: program, source: "installed" };
      }
      return null;
    },

    async download(ctx, step) {
      const file = `mediamtx_v${MEDIAMTX_VERSION}_linux_${other ?? goArch(ctx)}.tar.gz`;
      const from = `https://github.com/bluenviron/mediamtx/releases/download/v${MEDIAMTX_VERSION}`;
      step.phase("official download");
      const list = await fetchText(ctx, `${from}/checksums.sha256`);
      const dir = await ctx.cache.publish(key(ctx), "official", async (into) => {
        const archive = join(into, file);
        await downloadFile(ctx, step, `${from}/${file}`, checksumFor(list, file), archive);
        await unpack(ctx, archive, into, "mediamtx");
        rmSync(archive);
      });
      return join(dir, "mediamtx");
    },

    async build(ctx, step) {
      step.waiting("waiting for Go");
      const found = (await provide(goPart, ctx)).value;
      const go = other === null ? found : { ...found, env: { ...found.env, GOARCH: other } };
      const dir = await ctx.turns.take("go", () => ctx.cache.publish(key(ctx), "registries", async (into) => {
        const work = join(into, "work");
        mkdirSync(work);
        const module = GoModule.open(ctx, step, go, PROGRAM.module, work);
        step.phase("fetching Go modules");
        // -e: vendoring complains about the two embedded files that the overlay supplies.
        await module.run(["mod", "vendor", "-e"], undefined, true);
        const overlay = writeOverlay(ctx, work);
        await module.build({ ...PROGRAM, output: join(into, "mediamtx") }, ["-mod=vendor", "-overlay", overlay]);
        if (other === null) await tellsVersion(ctx, join(into, "mediamtx"));
        rmSync(work, { recursive: true, force: true });
      }));
      return join(dir, "mediamtx");
    },
  };
}

async function tellsVersion(ctx: Context, program: string): Promise<void> {
  const told = await runHere(ctx, [program, "--version"]);
  if (told.stdout.trim() !== `v${MEDIAMTX_VERSION}`) throw new SourceError(`the MediaMTX that was built says it is "${told.stdout.trim()}"`, false);
}

function writeOverlay(ctx: Context, work: string): string {
  const hls = join(ctx.root, "node_modules/hls.js");
  const { version } = JSON.parse(readFileSync(join(hls, "package.json"), "utf8")) as { readonly version: string };
  if (version !== HLS_JS_VERSION) throw new SourceError(`MediaMTX ${MEDIAMTX_VERSION} embeds hls.js ${HLS_JS_VERSION}, and this clone has ${version}`, false);
  cpSync(join(hls, "dist/hls.min.js"), join(work, "hls.min.js"));
  writeFileSync(join(work, "VERSION"), `v${MEDIAMTX_VERSION}`);
  // On arm64 upstream embeds programs for the Raspberry Pi's camera, which it downloads when it builds.
  writeFileSync(join(work, "camera.go"), 'package rpicamera\n\nimport "embed"\n\nvar mtxrpicam embed.FS\n');
  const embedded = join(work, "vendor/github.com/bluenviron/mediamtx/internal");
  const overlay = join(work, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: {
    [join(embedded, "core/VERSION")]: join(work, "VERSION"),
    [join(embedded, "staticsources/rpicamera/camera_linux_arm64.go")]: join(work, "camera.go"),
    [join(embedded, "servers/hls/hls.min.js")]: join(work, "hls.min.js"),
  } }));
  return overlay;
}
