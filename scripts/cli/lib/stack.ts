import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { ensureState, pulumiEnv } from "../../setup/pulumi-env.ts";
import { CliError, InputError } from "./errors.ts";
import { lastLines, run, runInteractive, type RunResult } from "./exec.ts";
import { ROOT } from "./places.ts";

/** Stack outputs as `pulumi stack output --json` gives them (infra/targets/target.ts `Deployed`). */
export interface StackOutputs {
  readonly viewer: string;
  readonly streams: Readonly<Record<string, { readonly playlist: string | null; readonly watch: string; readonly whep: string | null; readonly dash: string | null }>>;
  readonly publish: readonly { readonly stream: string; readonly publisher: string; readonly multiplexer: string; readonly protocol: string; readonly host: string; readonly port: number }[];
  readonly hosts: Readonly<Record<string, { readonly role: string; readonly container?: string; readonly region?: string; readonly ports: Readonly<Record<string, number>> }>>;
  readonly ca: string | null;
  /** On AWS, where viewers need a signed cookie. */
  readonly signing?: { readonly keyPairId: string };
  /** On AWS: the bucket with hosts' pointers and reports. */
  readonly store?: { readonly bucket: string; readonly region: string };
}

/** Values of the namespace `headend:`, without it; secrets in clear. */
export type StackConfig = Readonly<Record<string, string>>;

export const DEFAULT_TOPOLOGY = "stacks/studio.yaml";

/** A Pulumi stack, worked on through the real command line. */
export class Stack {
  constructor(readonly name: string, private readonly env: NodeJS.ProcessEnv) {}

  /** Runs pulumi quietly. @throws CliError with Pulumi's own words when it fails */
  async pulumi(args: readonly string[], what: string, input?: string): Promise<string> {
    const result = await this.try(args, input);
    if (result.code !== 0) throw new CliError(`Pulumi could not ${what}.`, lastLines(result));
    return result.stdout;
  }

  try(args: readonly string[], input?: string): Promise<RunResult> {
    return run("pulumi", ["--non-interactive", ...args], { env: this.env, cwd: ROOT, ...(input === undefined ? {} : { input }) });
  }

  /** Runs pulumi before the user's eyes. @returns its exit code */
  interactive(args: readonly string[]): Promise<number> {
    return runInteractive("pulumi", [...args, "--stack", this.name], { env: this.env, cwd: ROOT });
  }

  async exists(): Promise<boolean> {
    return (await this.all()).some((name) => name === this.name || name.endsWith(`/${this.name}`));
  }

  /** Names of all stacks in the same state. */
  async all(): Promise<string[]> {
    const stacks = JSON.parse(await this.pulumi(["stack", "ls", "--json"], "list the stacks")) as { readonly name: string }[];
    return stacks.map(({ name }) => name);
  }

  async config(): Promise<StackConfig> {
    const text = await this.pulumi(["config", "--show-secrets", "--json", "--stack", this.name], `read the config of ${this.name}`);
    const all = JSON.parse(text) as Record<string, { readonly value?: string }>;
    return Object.fromEntries(Object.entries(all).flatMap(([key, { value }]) => (key.startsWith("headend:") && value !== undefined ? [[key.slice("headend:".length), value]] : [])));
  }

  /** Stores a value; a secret goes through standard input, so that no process list shows it. */
  async setConfig(key: string, value: string, { secret = false, path = false } = {}): Promise<void> {
    const args = ["config", "set", ...(secret ? ["--secret"] : ["--plaintext"]), ...(path ? ["--path"] : []), "--stack", this.name, key];
    if (secret) await this.pulumi(args, `store ${key}`, value);
    else await this.pulumi([...args, "--", value], `store ${key}`);
  }

  /** Null when nothing is deployed. */
  async outputs(): Promise<StackOutputs | null> {
    const text = await this.pulumi(["stack", "output", "--json", "--show-secrets", "--stack", this.name], `read the outputs of ${this.name}`);
    const outputs = JSON.parse(text) as Partial<StackOutputs>;
    return outputs.viewer === undefined ? null : (outputs as StackOutputs);
  }

  topologyFile(config: StackConfig): string {
    return resolve(ROOT, config["topology"] ?? DEFAULT_TOPOLOGY);
  }

  scale(config: StackConfig): number {
    return Number(config["scale"] ?? 1);
  }
}

/** @throws InputError for a name that Pulumi would refuse or that could leave the stacks folder */
export function checkStackName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) throw new InputError(`"${name}" is not a stack name.`, "Allowed: letters, digits, `-`, `_` and `.`, beginning with a letter or digit.");
}

/** The handle of a stack that may not exist yet. */
export function stackNamed(name: string): Stack {
  checkStackName(name);
  ensureState(ROOT);
  return new Stack(name, { ...process.env, ...pulumiEnv(ROOT) });
}

/** A stack that must exist. @throws CliError when it does not */
export async function openStack(name: string): Promise<Stack> {
  const stack = stackNamed(name);
  const all = await stack.all();
  if (!all.some((known) => known === name || known.endsWith(`/${name}`))) {
    throw new CliError(`There is no stack named ${name}.`, `Make and start it: npx headend up --stack ${name}${all.length === 0 ? "" : `\nStacks that there are: ${all.join(", ")}.`}`);
  }
  return stack;
}

/** A plain (not secret) config value read from the stack's file, without starting Pulumi. */
export function plainConfig(stack: string, key: string): string | null {
  const file = join(ROOT, "stacks", `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) return null;
  const data = parse(readFileSync(file, "utf8")) as { readonly config?: Record<string, unknown> } | null;
  const value = data?.config?.[`headend:${key}`];
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

/** True for a stack on AWS. One named aws is, also before it exists. */
export function onAws(stack: string): boolean {
  return (plainConfig(stack, "target") ?? (stack === "aws" ? "aws" : "local")) === "aws";
}
