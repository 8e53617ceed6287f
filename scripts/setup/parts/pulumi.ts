import { existsSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { checksumFor, downloadFile, fetchText, unpack } from "../download.ts";
import { isExecutable } from "../machine.ts";
import { provide, runHere, type Context, type Got, type Part } from "../part.ts";
import { OWN_MARK } from "../pulumi-command.ts";
import { GoModule, compareVersions, goPart, moduleRecipe, type GoProgram } from "./go.ts";

/** A Pulumi command line. */
export interface Pulumi {
  readonly program: string;
  readonly version: string;
}

const VERSION = "3.259.0";
/** The oldest installed one that is taken. */
const OLDEST = "3.200.0";

const PROGRAM: GoProgram = {
  module: "pulumi", package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", output: "pulumi",
  ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${VERSION}`,
};

const LANGUAGE: GoProgram = {
  module: "pulumi-language-nodejs", package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs", output: "pulumi-language-nodejs",
  ldflags: "-s -w",
};
const LANGUAGE_VERSION = "3.68.0";

const key = (ctx: Context): string => `pulumi-${VERSION}-${ctx.machine.arch}-${moduleRecipe(ctx.root, PROGRAM)}`;
const languageKey = (ctx: Context): string => `pulumi-language-nodejs-${LANGUAGE_VERSION}-${ctx.machine.arch}-${moduleRecipe(ctx.root, LANGUAGE)}`;

/** Pulumi programs that the user has, headend's own command left out. */
export function installedPulumis(ctx: Context): string[] {
  const home = ctx.machine.env["HOME"] ?? homedir();
  const candidates = [...ctx.machine.which("pulumi"), join(ctx.machine.env["PULUMI_HOME"] ?? join(home, ".pulumi"), "bin", "pulumi")];
  // `.headend/bin` stands first on PATH when set-up runs inside headend's own environment.
  return [...new Set(candidates)].filter((path) => isExecutable(path) && !path.includes("/.headend/bin/") && !isOwnCommand(path));
}

function isOwnCommand(path: string): boolean {
  try { return readFileSync(path).subarray(0, 400).toString("latin1").includes(OWN_MARK); } catch { return false; }
}

/** The command line itself. */
export const pulumiPart: Part<Pulumi> = {
  name: "Pulumi CLI",
  version: VERSION,
  space: { cache: 2.6e9, docker: 0 },

  async find(ctx) {
    for (const program of installedPulumis(ctx)) {
      const result = await runHere(ctx, [program, "version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" }, timeoutMs: 15_000 });
      const version = /v?(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
      if (result.code === 0 && version !== undefined && compareVersions(version, OLDEST) >= 0) return { value: { program, version }, source: "installed" };
    }
    const cached = ctx.cache.find(key(ctx));
    return cached && { value: { program: join(cached.dir, "pulumi"), version: VERSION }, source: cached.source };
  },

  async download(ctx, step) {
    const file = `pulumi-v${VERSION}-linux-${ctx.machine.arch === "arm64" ? "arm64" : "x64"}.tar.gz`;
    step.phase("official download");
    const list = await fetchText(ctx, `https://github.com/pulumi/pulumi/releases/download/v${VERSION}/pulumi-${VERSION}-checksums.txt`);
    const dir = await ctx.cache.publish(key(ctx), "official", async (into) => {
      const archive = join(into, file);
      await downloadFile(ctx, step, `https://get.pulumi.com/releases/sdk/${file}`, checksumFor(list, file), archive);
      await unpack(ctx, archive, into, "--strip-components=1");
      rmSync(archive);
    });
    return { program: join(dir, "pulumi"), version: VERSION };
  },

  async build(ctx, step) {
    step.waiting("waiting for Go");
    const go = (await provide(goPart, ctx)).value;
    const dir = await ctx.turns.take("go", () => ctx.cache.publish(key(ctx), "registries", (into) => buildProgram(ctx, step, go, PROGRAM, into)));
    return { program: join(dir, "pulumi"), version: VERSION };
  },
};

async function buildProgram(ctx: Context, step: Parameters<typeof GoModule.open>[1], go: Parameters<typeof GoModule.open>[2], program: GoProgram, into: string): Promise<void> {
  await GoModule.open(ctx, step, go, program.module, into).build(program);
}

/** Pulumi's Node language host; null where the command line brings its own, as every official one does. */
export const languagePart: Part<string | null> = {
  name: "Pulumi's Node language host",
  version: LANGUAGE_VERSION,
  space: { cache: 200e6, docker: 0 },

  async find(ctx): Promise<Got<string | null> | null> {
    const pulumi = await pulumiPart.find(ctx);
    if (pulumi && existsSync(join(dirname(pulumi.value.program), LANGUAGE.output))) return { value: null, source: pulumi.source };
    const cached = ctx.cache.find(languageKey(ctx));
    return cached && { value: join(cached.dir, LANGUAGE.output), source: cached.source };
  },

  async build(ctx, step) {
    step.waiting("waiting for Go");
    const go = (await provide(goPart, ctx)).value;
    const dir = await ctx.turns.take("go", () => ctx.cache.publish(languageKey(ctx), "registries", (into) => buildProgram(ctx, step, go, LANGUAGE, into)));
    return join(dir, LANGUAGE.output);
  },
};
