/** Instances as systemd containers: started on the VPC's network with the router as only way out, filtered by their security groups. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containerExec, docker, run } from "../../../scripts/live/docker.ts";
import { AMI, systemdArgs } from "./ami.ts";

export interface Machine {
  readonly id: string;
  readonly vpc: string;
  readonly subnet: string;
  readonly region: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly privateIp: string;
  readonly networkInterface: string;
  /** Given at the start where the subnet or the request says so; an Elastic IP takes its place. */
  readonly ownPublicIp: string | null;
  readonly type: string;
  readonly image: string;
  readonly profile: string | null;
  readonly groups: readonly string[];
  readonly tokensRequired: boolean;
  readonly tagsShown: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly container: string;
  /** Auto Scaling group that it belongs to. */
  readonly group: string | null;
  userData: string | null;
  firewall: string;
  running: boolean;
}

export interface Wire { readonly network: string; readonly router: string; readonly dns: string }

let arguments_: Promise<Awaited<ReturnType<typeof systemdArgs>>> | null = null;

/** Starts the container. It boots by itself; its user data waits for metadata, so the cloud must know it by then. */
export async function startMachine(m: Machine, wire: Wire, scratch: string, label: string): Promise<void> {
  const { before, command } = await (arguments_ ??= systemdArgs());
  const folder = join(scratch, m.id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "resolv.conf"), `nameserver ${wire.dns}\noptions timeout:1 attempts:3\n`);
  await docker([
    "run", "--detach", "--name", m.container, "--label", label, "--hostname", `ip-${m.privateIp.replaceAll(".", "-")}`, "--network", wire.network, "--ip", m.privateIp,
    "--volume", `${join(folder, "resolv.conf")}:/etc/resolv.conf:ro`, ...before, AMI, ...command,
  ], { timeoutMs: 60_000 });
  await setRoutes(m, wire);
}

async function setRoutes(m: Machine, wire: Wire): Promise<void> {
  const r = await containerExec(m.container, ["ip", "route", "replace", "default", "via", wire.router]);
  if (r.code !== 0) throw new Error(`${m.id}: cannot set its route: ${r.stderr.trim()}`);
}

/** Loads an instance's filter. Nothing inside may take it away: see {@link firewallStands}. */
export async function setFirewall(m: Machine, text: string): Promise<void> {
  if (m.firewall === text || !m.running) return;
  const r = await containerExec(m.container, ["nft", "-f", "-"], { input: text });
  if (r.code !== 0) throw new Error(`${m.id}: its security groups cannot be set: ${r.stderr.trim().slice(0, 600)}`);
  m.firewall = text;
}

/** Whether the filter is still there; a host that flushes its ruleset would look safer or more open than it is. */
export async function firewallStands(m: Machine): Promise<boolean> {
  const r = await containerExec(m.container, ["nft", "list", "table", "inet", "aws"]);
  return r.code === 0 && r.stdout.includes("policy drop");
}

/** Shuts down as EC2 does (the system stops its services first), then removes. */
export async function endMachine(m: Machine, graceSeconds = 8): Promise<void> {
  m.running = false;
  await run("docker", ["stop", "--time", String(graceSeconds), m.container], { timeoutMs: (graceSeconds + 20) * 1000 });
  await run("docker", ["rm", "--force", "--volumes", m.container], { timeoutMs: 30_000 });
}

/** Stop and start, as a change of user data or size does; the disk stays. */
export async function restartMachine(m: Machine, wire: Wire): Promise<void> {
  await docker(["restart", "--time", "8", m.container], { timeoutMs: 60_000 });
  m.firewall = "";
  await setRoutes(m, wire);
}
