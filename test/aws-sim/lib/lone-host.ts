/** One instance in a container and the few calls it makes: what user data, bootstrap, hostd and pull mode do, without the rest of a cloud. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { containerExec, docker, run, testName, type ExecResult } from "../../../scripts/live/docker.ts";
import type { BuiltArchive } from "../../../scripts/setup/index.ts";
import type { Bundle } from "../../../infra/render/bundle.ts";
import { logGroupName, metricNamespace, parameterName, secretsPath, STORE, type HostPointer, type Report } from "../../../infra/targets/aws/contract.ts";
import { bootstrapScript } from "../../../infra/targets/aws/host-side.ts";
import { userData } from "../../../infra/targets/aws/user-data.ts";
import { AMI, systemdArgs } from "../world/ami.ts";
import { MiniCloud } from "./mini-cloud.ts";

export const BUCKET = "headend-lone-store";
export const INSTANCE = "i-0123456789abcdef0";
const REGION = "eu-central-1";

export function sha256(content: string | Buffer): string { return createHash("sha256").update(content).digest("hex"); }

/** Waits until `look` gives something; @throws Error with `what` after `ms` */
export async function until<T>(what: string, ms: number, look: () => T | null | undefined | false | Promise<T | null | undefined | false>): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms / 1000} s`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

export class LoneHost {
  readonly cloud = new MiniCloud();
  readonly container = testName("aws-host");
  readonly stack = "lone";
  pointer!: HostPointer;
  private port = 0;
  private pointedAt = 0;

  constructor(readonly host: string, readonly role: string, private readonly programs: BuiltArchive) {}

  /** Puts what a deployment puts before it makes an instance. */
  async prepare(bundle: Bundle, secrets: Readonly<Record<string, string>>, more: Partial<HostPointer> = {}): Promise<void> {
    const gateway = (await docker(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"])).trim();
    this.port = await this.cloud.start(gateway);
    const bootstrap = bootstrapScript();
    this.cloud.put(`${BUCKET}/${STORE.bootstrap(sha256(bootstrap))}`, bootstrap);
    this.cloud.put(`${BUCKET}/${STORE.programs(this.programs.sha256)}`, readFileSync(this.programs.path));
    this.cloud.put(`${BUCKET}/${STORE.programsPointer("x86")}`, JSON.stringify({ format: 1, programs: this.programs.sha256 }));
    const path = secretsPath(this.stack, this.host);
    for (const [name, value] of Object.entries(secrets)) this.cloud.parameters.set(parameterName(path, name), value);
    this.pointer = {
      format: 1, host: this.host, bundle: "", programs: this.programs.sha256, secrets: { path, version: "1" }, publicAddress: null, recordings: null,
      watch: { logGroup: logGroupName(this.stack, this.role), namespace: metricNamespace(this.stack) }, group: null, acme: null, ...more,
    };
    this.cloud.userData = userData({
      HEADEND_STACK: this.stack, HEADEND_HOST: this.host, HEADEND_BUCKET: BUCKET, HEADEND_BUCKET_REGION: REGION, HEADEND_ARCH: "x86",
      HEADEND_BOOTSTRAP: sha256(bootstrap), AWS_ENDPOINT_URL: `http://${gateway}:${this.port}`,
    });
    this.deploy(bundle);
  }

  /** Writes a bundle and the pointer to it. Returns the bundle's hash. */
  deploy(bundle: Bundle, change: Partial<HostPointer> = {}): string {
    const text = JSON.stringify(bundle);
    this.cloud.put(`${BUCKET}/${STORE.bundle(this.host, sha256(text))}`, text);
    return this.point({ bundle: sha256(text), ...change });
  }

  point(change: Partial<HostPointer>): string {
    this.pointer = { ...this.pointer, ...change };
    this.pointedAt = Date.now();
    this.cloud.put(`${BUCKET}/${STORE.pointer(this.host)}`, JSON.stringify(this.pointer));
    return this.pointer.bundle;
  }

  /** Starts the instance: an empty Debian, which runs its user data. */
  async start(): Promise<void> {
    const { before, command } = await systemdArgs();
    await docker(["run", "--detach", "--name", this.container, ...before, AMI, ...command]);
    await this.reachMetadata();
  }

  /** Metadata at its link-local address; nothing else of the host's network is changed. */
  async reachMetadata(): Promise<void> {
    const gateway = (await docker(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"])).trim();
    const rules = `table ip metadata {\n chain out { type nat hook output priority -100; ip daddr 169.254.169.254 tcp dport 80 dnat to ${gateway}:${this.port}; }\n}\n`;
    await until("a packet filter", 10_000, async () => (await containerExec(this.container, ["nft", "-f", "-"], { input: rules })).code === 0);
  }

  report(): Report | null { return this.cloud.json(`${BUCKET}/${STORE.report(this.host, INSTANCE)}`) as Report | null; }

  /** The report about the pointer that was written last: one that came after it. */
  reported(ms = 10_000): Promise<Report> {
    return until(`a report about ${this.pointer.bundle.slice(0, 12)}`, ms, () => {
      const found = this.report();
      const written = this.cloud.objects.get(`${BUCKET}/${STORE.report(this.host, INSTANCE)}`)?.modified.getTime() ?? 0;
      return found?.bundle === this.pointer.bundle && written > this.pointedAt ? found : null;
    });
  }

  sh(command: string, timeoutMs = 60_000): Promise<ExecResult> { return containerExec(this.container, ["bash", "-c", command], { timeoutMs }); }

  async end(): Promise<void> {
    await run("docker", ["rm", "--force", "--volumes", this.container]);
    await this.cloud.stop();
  }
}
