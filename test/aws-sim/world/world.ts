/**
 * A simulated AWS account for one test: takes resources from Pulumi (through plugin.ts), puts their arguments to moto, runs instances as
 * systemd containers on a network of each VPC, and tells the cloud container what is true. Lives in the test's process.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { TEST_LABEL, docker, run } from "../../../scripts/live/docker.ts";
import { makeCa } from "../../e2e/lib/ca.ts";
import type { KeyPairPem, TestCa } from "../../e2e/lib/ca.ts";
import type { CloudEvent } from "../cloud/state.ts";
import { within } from "../cloud/wiring.ts";
import { ensureAmi } from "./ami.ts";
import { clientsAt } from "./clients.ts";
import type { Clients } from "./clients.ts";
import { Cloud } from "./cloud.ts";
import { COMPUTE } from "./compute.ts";
import { EDGE } from "./edge.ts";
import { firewallText } from "./firewall.ts";
import { GROUPS, ScalingGroup } from "./groups.ts";
import { endMachine, firewallStands, setFirewall, startMachine } from "./machines.ts";
import type { Machine, Wire } from "./machines.ts";
import { ACCOUNT, startMoto } from "./moto.ts";
import type { Moto } from "./moto.ts";
import { NAMES } from "./names.ts";
import { NETWORK } from "./network.ts";
import { stripped, text } from "./resource.ts";
import type { Handler, Resource } from "./resource.ts";
import { pretendHosts } from "./pretend.ts";
import { rulesOf } from "./rules.ts";
import { serveAsks } from "./server.ts";
import type { Ask } from "./server.ts";
import { cloudState } from "./state.ts";
import { STORAGE } from "./storage.ts";

const HANDLERS: Readonly<Record<string, Handler>> = { ...NETWORK, ...STORAGE, ...COMPUTE, ...GROUPS, ...NAMES, ...EDGE };
/** Key of a resource. Log groups of two regions may have the same name, which is their id. */
const kept = (type: string, id: string, region = "us-east-1"): string => (type === "cloudwatch/LogGroup" ? `${type} ${region} ${id}` : `${type} ${id}`);
/** In the internet's /24: the cloud itself, Route 53's checkers, then public addresses; Docker gives the machine's own containers the upper half. */
const OWN = 2, CHECKERS = 3, FIRST_PUBLIC = 10, LAST_PUBLIC = 127;

export interface Launch {
  readonly id: string; readonly subnet: Resource; readonly publicIp: boolean; readonly type: string; readonly image: string; readonly profile: string | null; readonly groups: readonly string[];
  readonly tokensRequired: boolean; readonly tagsShown: boolean; readonly tags: Readonly<Record<string, string>>; readonly userData: string | null; readonly group: string | null;
}

export interface WorldOptions {
  /** Prefix of everything in Docker. */
  readonly name: string;
  /** Third number of the simulated internet, 198.18.N.0/24. */
  readonly octet: number;
  /** Health checks come so many times faster than declared. @default 1 */
  readonly speed?: number;
  /** `reports`: no instance runs; each is taken to have applied what it was told, at once. For tests of arguments alone. @default "containers" */
  readonly hosts?: "containers" | "reports";
  readonly say?: (line: string) => void;
}

export class World {
  readonly groups = new Map<string, ScalingGroup>();
  readonly machines = new Map<string, Machine>();
  readonly balancerAddresses = new Map<string, { readonly public: string; readonly private: string }[]>();
  readonly certificates = new Map<string, KeyPairPem>();
  /** PEM of authorities that CloudFront trusts for origins. */
  readonly originAuthorities: string[] = [];
  /** Distributions that answer 503 to everything; `tell` says so to the cloud. */
  readonly outages = new Set<string>();
  /** Everything the cloud said: refused calls, lifecycle actions, health. */
  readonly events: CloudEvent[] = [];
  /** When Pulumi last put an object, epoch ms by key. */
  readonly puts = new Map<string, number>();
  readonly account = ACCOUNT;
  url = "";
  private readonly resources = new Map<string, Resource>();
  private readonly publicAddresses = new Map<string, string>();
  private readonly privateAddresses = new Set<string>();
  private readonly wires = new Map<string, Wire>();
  private readonly clientsByRegion = new Map<string, Clients>();
  private timer: NodeJS.Timeout | null = null;
  private ticker: NodeJS.Timeout | null = null;
  private telling: Promise<void> = Promise.resolve();
  /** A telling that has not begun: it will tell what is true by then. */
  private next: Promise<void> | null = null;
  private closing: (() => void)[] = [];

  private constructor(readonly options: WorldOptions, readonly scratch: string, readonly ca: TestCa, readonly moto: Moto, readonly cloud: Cloud) {}

  /** Starts moto and the cloud. @throws Error that says what is missing */
  static async start(options: WorldOptions): Promise<World> {
    const say = options.say ?? (() => undefined);
    const net = `198.18.${options.octet}`, scratch = mkdtempSync(join(tmpdir(), `headend-sim-${options.name}-`)), network = `${options.name}-internet`;
    await World.sweep(options.name);
    await ensureAmi(say);
    await docker(["network", "create", "--label", TEST_LABEL, "--subnet", `${net}.0/24`, "--gateway", `${net}.1`, "--ip-range", `${net}.128/25`, "--opt", "com.docker.network.bridge.enable_ip_masquerade=false", network]);
    const box: { world: World | null } = { world: null };
    const [ca, moto, cloud] = await Promise.all([
      makeCa(), startMoto("0.0.0.0"),
      Cloud.start({ name: `${options.name}-cloud`, network, address: `${net}.${OWN}`, label: TEST_LABEL, scratch, speed: options.speed ?? 1, onEvent: (e) => box.world?.heard(e) }),
    ]);
    const world = new World(options, scratch, ca, moto, cloud);
    box.world = world;
    const server = await serveAsks((ask) => world.answer(ask).catch((error: unknown) => { throw world.explained(ask, error); }));
    world.url = server.url;
    world.closing.push(() => server.close());
    world.ticker = setInterval(() => { void world.watch(); }, 1000);
    await world.tell();
    return world;
  }

  /** Removes what an earlier, killed run of the same name left. */
  static async sweep(name: string): Promise<void> {
    const listed = async (...args: string[]): Promise<string[]> => (await run("docker", [...args, "--filter", `name=${name}-`])).stdout.split("\n").filter((n) => n.startsWith(`${name}-`));
    const containers = await listed("ps", "--all", "--format", "{{.Names}}");
    if (containers.length > 0) await run("docker", ["rm", "--force", "--volumes", ...containers], { timeoutMs: 60_000 });
    for (const n of await listed("network", "ls", "--format", "{{.Name}}")) await run("docker", ["network", "rm", n]);
  }

  get internet(): { readonly network: string; readonly address: string; readonly checkers: string; readonly cidr: string; readonly api: string } {
    const net = `198.18.${this.options.octet}`;
    return { network: `${this.options.name}-internet`, address: `${net}.${OWN}`, checkers: `${net}.${CHECKERS}`, cidr: `${net}.0/24`, api: `http://${net}.${OWN}:443` };
  }
  /** moto as the cloud container reaches it. */
  get motoUrl(): string { return `http://198.18.${this.options.octet}.1:${this.moto.port}`; }

  clients(region: string): Clients {
    const found = this.clientsByRegion.get(region) ?? clientsAt(`http://127.0.0.1:${this.moto.port}`, region);
    this.clientsByRegion.set(region, found);
    return found;
  }

  newId(prefix: string): string { return `${prefix}-${randomBytes(9).toString("hex").slice(0, 17)}`; }
  all(type: string): Resource[] { return [...this.resources.values()].filter((r) => r.type === type); }
  get(type: string, id: string): Resource {
    const found = this.resources.get(`${type} ${id}`);
    if (found === undefined) throw new Error(`${type} ${id} does not exist`);
    return found;
  }
  instanceOf(id: string): Machine | undefined { return this.machines.get(id); }
  /** Everything there is, by type. */
  counts(): Record<string, number> { return Object.fromEntries([...new Set([...this.resources.values()].map((r) => r.type))].sort().map((t) => [t, this.all(t).length])); }

  takePublicAddress(owner: string): string {
    const taken = new Set(this.publicAddresses.values());
    for (let i = FIRST_PUBLIC; i <= LAST_PUBLIC; i++) {
      const address = `198.18.${this.options.octet}.${i}`;
      if (!taken.has(address)) { this.publicAddresses.set(owner, address); return address; }
    }
    throw new Error("AddressLimitExceeded: the simulated internet has no public address left");
  }
  freePublicAddress(owner: string): void { this.publicAddresses.delete(owner); }
  publicAddressOf(owner: string): string { return this.publicAddresses.get(owner) ?? ""; }
  takePrivateAddress(subnet: Resource): string {
    const cidr = text(subnet.inputs, "cidrBlock"), base = (cidr.split("/")[0] ?? "").split(".").map(Number);
    for (let i = 4; i < 250; i++) {
      const address = [base[0], base[1], base[2], (base[3] ?? 0) + i].join(".");
      if (within(cidr, address) && !this.privateAddresses.has(address)) { this.privateAddresses.add(address); return address; }
    }
    throw new Error(`InsufficientFreeAddressesInSubnet: ${cidr}`);
  }

  hasWire(vpc: string): boolean { return this.wires.has(vpc); }
  wire(vpc: string): Wire {
    const found = this.wires.get(vpc);
    if (found === undefined) throw new Error(`InvalidVpcID.NotFound: ${vpc}`);
    return found;
  }
  async openVpc(id: string, cidr: string): Promise<void> {
    const [a, b] = cidr.split("."), network = `${this.options.name}-${id}`, wire = { network, router: `${a}.${b}.0.1`, dns: `${a}.${b}.0.2` };
    this.wires.set(id, wire);
    if (this.pretended) return;
    await docker(["network", "create", "--label", TEST_LABEL, "--subnet", cidr, "--gateway", `${a}.${b}.255.254`, "--opt", "com.docker.network.bridge.enable_ip_masquerade=false", network]);
    await this.cloud.connect(network, wire.router);
  }
  async closeVpc(id: string): Promise<void> {
    const wire = this.wire(id);
    this.wires.delete(id);
    if (this.pretended) return;
    await this.cloud.disconnect(wire.network);
    await docker(["network", "rm", wire.network]);
  }

  /** Starts an instance; resolves when its container runs and its security groups are in force. */
  async launch(l: Launch): Promise<Machine> {
    const vpc = text(l.subnet.inputs, "vpcId"), zone = text(l.subnet.outputs, "availabilityZone");
    const machine: Machine = {
      ...l, vpc, subnet: l.subnet.id, region: l.subnet.region, zone, zoneId: text(l.subnet.outputs, "availabilityZoneId") || text(l.subnet.inputs, "availabilityZoneId"), privateIp: this.takePrivateAddress(l.subnet),
      networkInterface: this.newId("eni"), ownPublicIp: l.publicIp ? this.takePublicAddress(l.id) : null, container: `${this.options.name}-${l.id}`, firewall: "", running: true,
    };
    this.machines.set(l.id, machine);
    await this.tell();
    if (!this.pretended) await startMachine(machine, this.wire(vpc), this.scratch, TEST_LABEL);
    await this.tell();
    return machine;
  }
  async terminate(id: string): Promise<void> {
    const m = this.machines.get(id);
    if (m === undefined) return;
    if (!this.pretended) await endMachine(m);
    this.machines.delete(id);
    this.privateAddresses.delete(m.privateIp);
    this.freePublicAddress(id);
    this.changed();
  }

  /** Says that something is different; the cloud and the filters follow at once. */
  changed(): void {
    this.timer ??= setTimeout(() => { this.timer = null; void this.tell().catch((error: unknown) => this.options.say?.(`simulation: ${error instanceof Error ? error.message : String(error)}`)); }, 20);
  }
  /** Tells the cloud and every filter the present state; one after the other. */
  tell(): Promise<void> {
    if (this.next !== null) return this.next;
    const turn = this.telling.catch(() => undefined).then(async () => {
      this.next = null;
      await this.cloud.tell(cloudState(this));
      if (this.pretended) return;
      await Promise.all([...this.machines.values()].map((m) => setFirewall(m, firewallText(rulesOf(this, m), [this.wire(m.vpc).dns, "169.254.169.254", "127.0.0.11"])).catch((error: unknown) => { if (this.machines.has(m.id) && m.running && m.firewall !== "") throw error; })));
    });
    this.next = turn;
    this.telling = turn;
    return turn;
  }
  async firewallsStand(): Promise<boolean> { return (await Promise.all([...this.machines.values()].map(firewallStands))).every(Boolean); }

  async close(): Promise<void> {
    if (this.ticker !== null) clearInterval(this.ticker);
    if (this.timer !== null) clearTimeout(this.timer);
    for (const c of this.closing) c();
    await this.cloud.stop();
    this.moto.stop();
    await World.sweep(this.options.name);
    rmSync(this.scratch, { recursive: true, force: true });
  }

  private get pretended(): boolean { return this.options.hosts === "reports"; }
  private async watch(): Promise<void> {
    if (this.pretended) return pretendHosts(this);
    const listed = await run("docker", ["ps", "--filter", `name=${this.options.name}-i-`, "--format", "{{.Names}}"]), up = new Set(listed.stdout.split("\n"));
    if (listed.code === 0) await Promise.all([...this.machines.values()].filter((m) => m.running && m.firewall !== "" && !up.has(m.container)).map((m) => this.ended(m)));
    await Promise.all([...this.groups.values()].map((g) => g.tick().catch((error: unknown) => this.options.say?.(`${g.name}: ${error instanceof Error ? error.message : String(error)}`))));
  }
  /** The list may be older than the machine, so Docker is asked about it alone. */
  private async ended(m: Machine): Promise<void> {
    const { code, stdout, stderr } = await run("docker", ["inspect", "--format", "{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.FinishedAt}}", m.container]);
    if (code === 0 ? stdout.startsWith("true") : !/no such/i.test(stderr)) return;
    if (!m.running) return;
    m.running = false;
    this.options.say?.(`simulation: ${m.tags["headend-host"] ?? ""} (${m.id}) ended: ${(stdout || stderr).trim()}`);
    this.changed();
  }
  private heard(event: CloudEvent): void {
    this.events.push(event);
    if (event.kind === "denied" || event.kind === "unknown-call") this.options.say?.(`simulation: ${JSON.stringify(event)}`);
    for (const g of this.groups.values()) g.take(event);
  }

  private async answer(ask: Ask): Promise<unknown> {
    if (ask.op === "invoke") return ask.token.includes("getCallerIdentity") ? { id: ACCOUNT, accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/sim`, userId: "SIM" } : null;
    if (ask.op === "create") return this.create(ask.type, ask.name, stripped(ask.inputs) as Properties);
    const r = this.resources.get(kept(ask.type, ask.id, ask.region));
    if (ask.op === "read") return r === undefined ? null : { id: r.id, outputs: { ...r.outputs, ...r.inputs }, inputs: r.inputs };
    if (r === undefined) { if (ask.op === "delete") return null; throw new Error(`${ask.type} ${ask.id} does not exist`); }
    const handler = HANDLERS[ask.type];
    if (ask.op === "delete") {
      await handler?.remove?.(this, r);
      this.resources.delete(kept(r.type, r.id, r.region));
      this.changed();
      return null;
    }
    const inputs = stripped(ask.inputs) as Properties;
    const more = await handler?.update?.({ world: this, name: r.name, region: r.region, inputs }, r);
    this.noted(r.type, inputs);
    r.inputs = inputs;
    r.outputs = { ...r.outputs, ...more };
    await this.tell();
    return this.outputsOf(r);
  }
  /** What moto answers is told with the resource that was put to it. */
  private explained(ask: Ask, error: unknown): Error {
    if (!(error instanceof Error) || !("$metadata" in error)) return error instanceof Error ? error : new Error(String(error));
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    const said = error.name === "Unknown" || status === 500 ? `\n${this.moto.said().trim().split("\n").filter((l) => !l.includes(" HTTP/1.1\" 2")).slice(-12).join("\n")}` : "";
    return new Error(`${ask.op} ${"type" in ask ? ask.type : ask.token}: AWS (moto) refuses it: ${status} ${error.name}: ${error.message}${said}`);
  }

  private async create(type: string, name: string, inputs: Properties): Promise<unknown> {
    const handler = HANDLERS[type], region = text(inputs, "region") || "us-east-1";
    const made = handler === undefined ? { id: this.newId(type.split("/")[1]?.toLowerCase() ?? "x") } : await handler.create({ world: this, name, region, inputs });
    const outputs = "outputs" in made ? made.outputs ?? {} : { arn: `arn:aws:${type.split("/")[0]}:${region}:${ACCOUNT}:${made.id}` };
    const r: Resource = { type, id: made.id, name, region, inputs, outputs };
    this.resources.set(kept(type, made.id, region), r);
    this.noted(type, inputs);
    if (type === "autoscaling/Group") this.groups.set(made.id, new ScalingGroup(this, r));
    await this.tell();
    return { id: made.id, outputs: this.outputsOf(r) };
  }
  private noted(type: string, inputs: Properties): void { if (type.startsWith("s3/BucketObject")) this.puts.set(text(inputs, "key"), Date.now()); }
  private outputsOf(r: Resource): Properties { return { ...r.outputs, ...r.inputs, tagsAll: r.inputs["tags"] ?? {}, ...(r.inputs["region"] === undefined ? {} : { region: r.region }) }; }
}
