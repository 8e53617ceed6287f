/** The container that is the simulated cloud: started once a simulation, told the whole state at every change. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../../../scripts/setup/programs.ts";
import { BASE_IMAGE } from "../../../scripts/setup/parts/base-image.ts";
import { docker, run } from "../../../scripts/live/docker.ts";
import type { CloudEvent, CloudState } from "../cloud/state.ts";

const ROOT = resolve(fileURLToPath(new URL("../../..", import.meta.url)));
const START_MS = 30_000;

export interface CloudOptions { readonly name: string; readonly network: string; readonly address: string; readonly label: string; readonly scratch: string; readonly speed: number; readonly onEvent: (event: CloudEvent) => void }

export class Cloud {
  private stopped = false;
  private readonly base: string;
  private constructor(private readonly o: CloudOptions) { this.base = `http://${o.address}:9000`; }

  static async start(o: CloudOptions): Promise<Cloud> {
    const folder = join(o.scratch, "cloud");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"type":"module"}\n');
    writeFileSync(join(folder, "cloud.js"), bundle(ROOT, [{ file: "cloud.js", entry: "test/aws-sim/cloud/main.ts" }]).get("cloud.js") ?? "");
    await docker([
      "run", "--detach", "--init", "--name", o.name, "--label", o.label, "--network", o.network, "--ip", o.address, "--cap-add", "NET_ADMIN", "--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "net.ipv4.conf.all.rp_filter=0", "--sysctl", "net.ipv4.conf.default.rp_filter=0",
      "--env", `SIM_ADDRESS=${o.address}`, "--env", `SIM_SPEED=${o.speed}`, "--volume", `${folder}:/sim:ro`, "--workdir", "/sim", BASE_IMAGE, "node", "cloud.js",
    ]);
    const cloud = new Cloud(o);
    for (const end = Date.now() + START_MS; ;) {
      try { if ((await fetch(`${cloud.base}/health`)).ok) break; } catch { /* not yet */ }
      if (Date.now() > end) throw new Error(`the simulated cloud did not start: ${await cloud.log()}`);
      await new Promise((r) => setTimeout(r, 100));
    }
    void cloud.listen();
    return cloud;
  }

  /** Makes a VPC's network reach the cloud at `router`. */
  async connect(network: string, router: string): Promise<void> { await docker(["network", "connect", "--ip", router, network, this.o.name]); }
  async disconnect(network: string): Promise<void> { await run("docker", ["network", "disconnect", "--force", network, this.o.name]); }

  async tell(state: CloudState): Promise<void> {
    const response = await fetch(`${this.base}/state`, { method: "PUT", body: JSON.stringify(state) });
    if (!response.ok) throw new Error(`the simulated cloud refuses its state: ${await response.text()}`);
  }

  /** Health checks by id, and CloudFront's counts. */
  async health(): Promise<{ readonly checks: Readonly<Record<string, boolean>>; readonly cdn: Readonly<Record<string, number>> }> {
    return await (await fetch(`${this.base}/health`)).json() as { checks: Record<string, boolean>; cdn: Record<string, number> };
  }

  async log(): Promise<string> { const r = await run("docker", ["logs", "--tail", "60", this.o.name]); return r.stdout + r.stderr; }

  async stop(): Promise<void> {
    this.stopped = true;
    await run("docker", ["rm", "--force", "--volumes", this.o.name], { timeoutMs: 30_000 });
  }

  private async listen(): Promise<void> {
    for (let next = 0; !this.stopped;) {
      try {
        const got = await (await fetch(`${this.base}/events?after=${next}`)).json() as { next: number; events: CloudEvent[] };
        next = got.next;
        for (const event of got.events) this.o.onEvent(event);
      } catch { await new Promise((r) => setTimeout(r, 300)); }
    }
  }
}
