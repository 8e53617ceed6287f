/** A real stack for a test: its own topology, backend, ports and names; everything through the real Pulumi CLI. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { deriveKey } from "../../../infra/plan/keys.ts";
import type { Deployed } from "../../../infra/targets/target.ts";
import { pulumiEnv } from "../../../scripts/setup/index.ts";
import { cleanUp, type ExecResult } from "../../../scripts/live/docker.ts";

const ROOT = resolve(fileURLToPath(new URL("../../..", import.meta.url)));
/** Test stacks publish their ports this much higher than a person's own stack. */
const PORT_OFFSET = Number(process.env.HEADEND_TEST_PORT_OFFSET ?? 20_000);
const STACK_SECRET = "end-to-end-test-stack-secret-0123456789";

export type Outputs = Omit<Deployed, "ca"> & { readonly ca: string | null };

export interface StackOptions {
  /** Docker-safe name; one stack of a name at a time. */
  readonly name: string;
  /** Lines of the topology after `headend: 1` and `name:`. */
  readonly topology: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** For Pulumi, over everything else. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A step of a preview: what Pulumi would do to one resource. */
export interface PreviewStep { readonly op: string; readonly urn: string }

export class TestStack {
  readonly dir: string;
  readonly topologyFile: string;
  /** Variables that lead every command to this stack. */
  readonly env: NodeJS.ProcessEnv;

  constructor(readonly options: StackOptions) {
    this.dir = mkdtempSync(join(tmpdir(), `headend-test-${options.name}-`));
    this.topologyFile = join(this.dir, "topology.yaml");
    mkdirSync(join(this.dir, "state"));
    this.env = {
      ...process.env, ...pulumiEnv(ROOT), PULUMI_BACKEND_URL: `file://${join(this.dir, "state")}`, PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_CONFIG_PASSPHRASE_FILE: "", ...options.env,
    };
    delete this.env.PULUMI_CONFIG_PASSPHRASE_FILE;
    this.write(options.topology);
  }

  /** Replaces the topology; nothing happens to the stack until {@link up}. */
  write(topology: string): void {
    writeFileSync(this.topologyFile, `headend: 1\nname: ${this.options.name}\n${topology}`);
  }

  /** Makes the stack and its config. Removes what an earlier, killed run of the same test left. */
  async init(): Promise<void> {
    cleanUp(`headend.stack=${this.options.name}`);
    await this.must(["stack", "init", this.options.name]);
    const config: Record<string, string> = {
      topology: this.topologyFile, target: "local", portOffset: String(PORT_OFFSET), recordings: join(this.dir, "recordings"), ...this.options.config,
    };
    for (const [key, value] of Object.entries(config)) await this.must(["config", "set", `headend:${key}`, value]);
    await this.must(["config", "set", "--secret", "headend:stackSecret", STACK_SECRET]);
    for (const [name, value] of Object.entries(this.options.secrets ?? {})) await this.must(["config", "set", "--secret", "--path", `headend:secrets.${name}`, value]);
  }

  /** `pulumi up`; its output. @throws with Pulumi's words when it fails */
  async up(...args: string[]): Promise<string> {
    return this.must(["up", "--yes", "--skip-preview", "--suppress-outputs", ...args]);
  }

  /** An `up` that cuts off who publishes now: refused at first, then done, because exactly that was accepted. */
  async upCutting(): Promise<string> {
    await this.acceptCut();
    return this.up();
  }

  /** The next `up` may cut off who publishes now: it is refused once, and exactly that is accepted. */
  async acceptCut(): Promise<void> {
    const refused = await this.tryUp();
    const impact = /headend:duringEvent (\S+) --stack/.exec(refused.stdout)?.[1];
    if (refused.code === 0 || impact === undefined || !refused.stdout.includes("Somebody is publishing right now")) throw new Error(`not refused:\n${refused.stdout}`);
    await this.must(["config", "set", "headend:duringEvent", impact]);
  }

  /** `pulumi up` that may fail. */
  tryUp(): Promise<ExecResult> { return this.pulumi(["up", "--yes", "--skip-preview", "--suppress-outputs"]); }

  /** `pulumi preview --diff` as text. */
  previewText(): Promise<string> { return this.must(["preview", "--diff"]); }

  /** Steps of a preview that are not "same". */
  async previewSteps(): Promise<PreviewStep[]> {
    const { steps } = JSON.parse(await this.must(["preview", "--json"])) as { steps: PreviewStep[] };
    return steps.filter((s) => s.op !== "same");
  }

  async outputs(): Promise<Outputs> {
    return JSON.parse(await this.must(["stack", "output", "--json", "--show-secrets"])) as Outputs;
  }

  /** Everything Pulumi keeps of the stack, as it stands on disk. */
  export(): Promise<string> { return this.must(["stack", "export"]); }

  /** Stream key of a publisher. */
  key(stream: string, publisher: string, rotation = 1): string { return deriveKey(STACK_SECRET, `publish/${stream}/${publisher}`, rotation); }

  /** SRT passphrase of a publisher. */
  passphrase(stream: string, publisher: string, rotation = 1): string { return deriveKey(STACK_SECRET, `srt/${stream}/${publisher}`, rotation); }

  /** Container of a host. */
  container(host: string): string { return `headend-${this.options.name}-${host}`; }

  /** Address to publish to, and the host's port, for the first multiplexer or a named one. */
  async ingestUrl(stream: string, publisher: string, via: "rtmp" | "rtmps" | "srt" | "whip", o: { mux?: string; key?: string; path?: string; rotation?: number } = {}): Promise<string> {
    const { publish } = await this.outputs();
    const at = publish.find((p) => p.stream === stream && p.publisher === publisher && p.protocol === via && (!o.mux || p.multiplexer === o.mux));
    if (!at) throw new Error(`no ${via} for ${stream}/${publisher}`);
    const user = `${stream}.${publisher}`, key = o.key ?? this.key(stream, publisher, o.rotation), path = o.path ?? `${stream}/${publisher}`;
    switch (via) {
      case "srt": return `srt://127.0.0.1:${at.port}?streamid=publish:${path}:${user}:${key}&passphrase=${this.passphrase(stream, publisher, o.rotation)}&pkt_size=1316&latency=200000`;
      case "whip": return `https://localhost:${at.port}/${path}/whip`;
      default: return `${via}://127.0.0.1:${at.port}/${path}?user=${user}&pass=${key}`;
    }
  }

  /** Removes the stack and all of it; safe to call twice. */
  async destroy(): Promise<void> {
    await this.pulumi(["destroy", "--yes", "--skip-preview"]);
    await this.pulumi(["stack", "rm", "--yes", "--force", this.options.name]);
    cleanUp(`headend.stack=${this.options.name}`);
    rmSync(join(ROOT, "stacks", `Pulumi.${this.options.name}.yaml`), { force: true });
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Starts `pulumi …` and gives the process, e.g. to interrupt it. */
  start(args: readonly string[]): ReturnType<typeof spawn> {
    return spawn("pulumi", [...args, "--non-interactive", ...(args[0] === "stack" && args[1] !== "output" && args[1] !== "export" ? [] : ["--stack", this.options.name])], { cwd: ROOT, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Runs `pulumi …` to its end. */
  pulumi(args: readonly string[]): Promise<ExecResult> {
    return new Promise((done, fail) => {
      const child = this.start(args);
      let stdout = "", stderr = "";
      child.stdout?.on("data", (b: Buffer) => { stdout += b.toString(); });
      child.stderr?.on("data", (b: Buffer) => { stderr += b.toString(); });
      child.on("error", fail);
      child.on("close", (code) => done({ code: code ?? 137, stdout, stderr }));
    });
  }

  private async must(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.pulumi(args);
    if (code !== 0) throw new Error(`pulumi ${args.slice(0, 2).join(" ")} exited ${code}:\n${stderr.slice(-2000)}\n${diagnosed(stdout)}`);
    return stdout;
  }
}

/** Pulumi's diagnostics with those of failed resources last: a log that is cut is cut at its beginning. */
function diagnosed(stdout: string): string {
  const told = stdout.slice(Math.max(0, stdout.indexOf("Diagnostics:"))).split(/\n(?=  \S)/);
  const [failed, others] = [told.filter((t) => /^\s+error: /m.test(t)), told.filter((t) => !/^\s+error: /m.test(t))];
  return [...others.map((t) => t.slice(0, 800)), ...failed.map((t) => t.slice(0, 1500))].slice(-12).join("\n");
}
