/** The stack of a rehearsal: state, ports and names of its own, through the real Pulumi, gone afterwards. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plan } from "../../infra/plan/model.ts";
import { cdnPorts, publishedPorts } from "../../infra/targets/local/ports.ts";
import { labelled, remove, stackContainers } from "../cli/lib/docker.ts";
import { CliError } from "../cli/lib/errors.ts";
import { ROOT } from "../cli/lib/places.ts";
import { Stack, type StackConfig, type StackOutputs } from "../cli/lib/stack.ts";
import { prepareStack } from "../cli/up/configure.ts";
import { waitUntilPlayable } from "../cli/up/wait.ts";
import { checkPorts, pulumiEnv, stateRoot } from "../setup/index.ts";
import { Interrupted } from "./ends.ts";
import { unmountLeft } from "./small-disk.ts";

/** Offsets that are tried when none is asked for. What they lead to stays below Linux's ephemeral ports (32768 and up). */
const OFFSETS = Array.from({ length: 14 }, (_, i) => 12_500 + 500 * i);
const RECORDINGS = "recordings";
const PLAYABLE_WITHIN_MS = 150_000;

/** @returns the first offset at which every port of the plan is free @throws CliError when none is */
export async function freeOffset(plan: Plan, asked: number | null): Promise<number> {
  for (const offset of asked === null ? OFFSETS : [asked]) {
    const wanted = [...plan.hosts.flatMap((h) => publishedPorts(h, offset)), ...cdnPorts(offset)].map(({ external, protocol }) => ({ port: external, protocol, address: "127.0.0.1" }));
    if (wanted.some(({ port }) => port > 65_535)) throw new CliError(`--port-offset ${offset} leads to ports that do not exist.`, "Allowed: 0 to 50000.", 2);
    const [taken] = await checkPorts(wanted);
    if (!taken) return offset;
    if (asked !== null) throw new CliError(`Port ${taken.port} is taken.`, "Leave --port-offset out: free ports are found then.");
  }
  throw new CliError("No free range of ports for the rehearsal.", "Stop what listens there, or choose one: --port-offset NUMBER");
}

export interface RehearsalStackOptions { readonly name: string; readonly plan: Plan; readonly topology: string; readonly portOffset: number; readonly signal: AbortSignal }

export class RehearsalStack {
  readonly dir: string;
  readonly topologyFile: string;
  readonly recordings: string;
  private readonly stack: Stack;
  private readonly env: NodeJS.ProcessEnv;
  private config: StackConfig = {};

  constructor(readonly options: RehearsalStackOptions) {
    this.dir = rehearsalDir(options.name);
    this.topologyFile = join(this.dir, "topology.yaml");
    this.recordings = join(this.dir, RECORDINGS);
    this.env = { ...process.env, ...pulumiEnv(ROOT), PULUMI_BACKEND_URL: pathToFileURL(join(this.dir, "state")).href, PULUMI_CONFIG_PASSPHRASE_FILE: join(this.dir, "passphrase") };
    delete this.env["PULUMI_CONFIG_PASSPHRASE"];
    delete this.env["PULUMI_ACCESS_TOKEN"];
    this.stack = new Stack(options.name, this.env);
  }

  get name(): string { return this.options.name; }
  get secret(): string { return this.config["stackSecret"] ?? ""; }

  /** Makes an empty stack; nothing of the name may be left ({@link clear}). */
  async create(): Promise<void> {
    mkdirSync(join(this.dir, "state"), { recursive: true, mode: 0o700 });
    mkdirSync(this.recordings, { recursive: true });
    writeFileSync(join(this.dir, "passphrase"), `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    writeFileSync(join(this.dir, "pid"), String(process.pid));
    this.write(this.options.topology);
    this.config = await prepareStack(this.stack, null, new Map([
      ["topology", this.topologyFile], ["target", "local"], ["scale", String(this.options.plan.scale)], ["portOffset", String(this.options.portOffset)], ["recordings", this.recordings],
    ]));
  }

  /** Replaces the topology; nothing happens to the stack until {@link up}. */
  write(topology: string): void { writeFileSync(this.topologyFile, topology); }

  /** `pulumi up`; that an edit of the rehearsal cuts off who publishes is accepted, since that is what is rehearsed. @throws CliError with Pulumi's words, or Interrupted */
  async up(): Promise<void> {
    const up = (): Promise<void> => this.pulumi(["up", "--yes", "--skip-preview", "--suppress-outputs"], "bring the topology up", this.options.signal);
    try { await up(); } catch (error) {
      const impact = error instanceof CliError ? /headend:duringEvent (\S+) --stack/.exec(error.fix ?? "")?.[1] : undefined;
      if (impact === undefined) throw error;
      await this.pulumi(["config", "set", "headend:duringEvent", impact], "accept its impact", this.options.signal);
      await up();
    }
  }

  async outputs(): Promise<StackOutputs> {
    const outputs = await this.stack.outputs();
    if (outputs === null) throw new CliError("Pulumi finished, but the stack has no outputs.");
    return outputs;
  }

  /** Until every stream plays from every distributor's name. @throws CliError with what does not */
  async playable(outputs: StackOutputs, tell: (text: string) => void): Promise<void> {
    let last = Date.now();
    const missing = await waitUntilPlayable(outputs, Date.now() + PLAYABLE_WITHIN_MS, (waiting) => {
      if (this.options.signal.aborted) throw new Interrupted();
      if (Date.now() - last < 5000) return;
      last = Date.now();
      tell(`waiting for ${[...waiting].map(([name, why]) => `${name} (${why})`).join(", ")}`);
    });
    if (missing.size > 0) throw new CliError("The topology came up, but does not play:", [...missing].map(([name, why]) => `${name}: ${why}`).join("\n"));
  }

  /** Removes the stack and all of it. */
  async destroy(): Promise<void> {
    try { await this.pulumi(["destroy", "--yes", "--skip-preview", "--suppress-outputs"], "take the rehearsal down", null); } finally { await clear(this.name); }
  }

  /** In a process group of its own, so that a terminal's Ctrl-C reaches it through us, once and politely. */
  private pulumi(args: readonly string[], what: string, signal: AbortSignal | null): Promise<void> {
    return new Promise((done, fail) => {
      if (signal?.aborted) return fail(new Interrupted());
      const child = spawn("pulumi", [...args, "--non-interactive", "--stack", this.name], { cwd: ROOT, env: this.env, stdio: ["ignore", "pipe", "pipe"], detached: true });
      let text = "";
      const keep = (b: Buffer): void => { text = (text + b.toString()).slice(-20_000); };
      child.stdout.on("data", keep);
      child.stderr.on("data", keep);
      const interrupt = (): void => { child.kill("SIGINT"); };
      signal?.addEventListener("abort", interrupt, { once: true });
      child.on("error", fail);
      child.on("close", (code) => {
        signal?.removeEventListener("abort", interrupt);
        if (signal?.aborted) return fail(new Interrupted());
        if (code === 0) return done();
        const at = text.indexOf("Diagnostics:");
        fail(new CliError(`Pulumi could not ${what}.`, (at < 0 ? text : text.slice(at)).trim().split("\n").slice(0, 40).join("\n")));
      });
    });
  }
}

const rehearsalDir = (name: string): string => join(stateRoot(ROOT), "rehearse", name);

/** Process of another rehearsal that uses the name now; null when none does. */
export function runningRehearsal(name: string): number | null {
  try {
    const pid = Number(readFileSync(join(rehearsalDir(name), "pid"), "utf8"));
    process.kill(pid, 0);
    return pid === process.pid || !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("headend") ? null : pid;
  } catch { return null; }
}

/** True when containers of this name run that no rehearsal made: somebody's real stack. */
export async function isRealStack(name: string): Promise<boolean> {
  if (existsSync(rehearsalDir(name))) return false;
  return (await stackContainers(name)).length > 0 || existsSync(join(ROOT, "stacks", `Pulumi.${name}.yaml`));
}

/** Removes everything of a rehearsal's stack without Pulumi: containers first, since networks and volumes are held by them. */
export async function clear(name: string): Promise<void> {
  for (const thing of await labelled(name)) await remove(thing);
  rmSync(join(ROOT, "stacks", `Pulumi.${name}.yaml`), { force: true });
  unmountLeft(join(rehearsalDir(name), RECORDINGS));
  rmSync(rehearsalDir(name), { recursive: true, force: true });
}
