/** hostd: holds the parts together for as long as the host runs. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "node:net";
import { Applier, bundleHash, type Say } from "./apply.ts";
import { DRAINING } from "../render/paths.ts";
import type { Clock } from "./clock.ts";
import { messageOf } from "./failure.ts";
import { Firewall, type Nft } from "./firewall.ts";
import { readApplied } from "./input.ts";
import { Redactor } from "./log.ts";
import { type DefaultRoute, defaultRoute, NO_ROUTE } from "./markers.ts";
import { PeerTable, type Resolve4 } from "./peers.ts";
import type { Places } from "./places.ts";
import type { Spawn } from "./process.ts";
import type { AskForwards } from "./forwards.ts";
import type { Probe } from "./readiness.ts";
import { serve, type Request } from "./socket.ts";
import { writeStatus, type HostStatus } from "./status.ts";
import { BundleStore, type SecretStore } from "./store.ts";
import { Supervisor } from "./supervisor.ts";
import { systemGroupId, type UserIds } from "./users.ts";

export interface HostDeps {
  readonly places: Places;
  readonly clock: Clock;
  readonly spawn: Spawn;
  readonly probe: Probe;
  readonly askForwards: AskForwards;
  readonly nft: Nft;
  readonly resolve4: Resolve4;
  readonly secrets: SecretStore;
  readonly idsOf: (user: string) => UserIds;
  /** Lines for the host's log. */
  readonly print: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly asRoot: boolean;
}

const PEERS_EVERY_MS = 1_000;
const RETRY_BOOT_MS = 5_000;
const STATUS_SETTLE_MS = 50;
/** Service of a host whose viewers have other ways. */
const STEERING = "steering";
/** Others notice within a second, players ask every two; together with closing within the 10 s that Docker gives. */
const LEAVE_MS = 5_000;
const CLOSE_AFTER_LEAVING_MS = 4_000;

export class Host {
  private readonly redactor = new Redactor();
  private readonly peers: PeerTable;
  private readonly firewall: Firewall;
  private readonly supervisor: Supervisor;
  private readonly store: BundleStore;
  private readonly applier: Applier;
  private server: Server | null = null;
  private doing: string | null = null;
  private problem: string | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private statusDue = false;
  /** The status could not be written, and that was said. */
  private statusStuck = false;
  private closed = false;

  constructor(private readonly deps: HostDeps) {
    this.peers = new PeerTable(deps.resolve4);
    this.firewall = new Firewall(deps.nft, deps.env["HEADEND_FIREWALL"] === "off");
    this.store = new BundleStore(deps.places.var, deps.secrets);
    this.supervisor = new Supervisor({
      clock: deps.clock, spawn: deps.spawn, probe: deps.probe, redact: this.redactor.redact,
      log: (service, line) => deps.print(`${service} | ${line}`),
      changed: () => this.statusChanged(),
    });
    this.applier = new Applier({
      places: deps.places, clock: deps.clock, spawn: deps.spawn, supervisor: this.supervisor, firewall: this.firewall, peers: this.peers,
      store: this.store, redactor: this.redactor, idsOf: deps.idsOf, asRoot: deps.asRoot, askForwards: deps.askForwards,
      localValues: () => ({ ...this.route(), public: deps.env["HEADEND_PUBLIC_ADDRESS"] || "127.0.0.1" }),
    });
  }

  /** Starts what was applied last, and listens. Resolves when requests are taken. */
  async start(): Promise<void> {
    const { places } = this.deps;
    mkdirSync(places.etc, { recursive: true, mode: 0o755 });
    chmodSync(places.run, 0o755);   // a tmpfs mount of Docker is writable by everyone
    mkdirSync(places.var, { recursive: true, mode: 0o755 });
    for (const name of readdirSync(places.run)) if (/^(staged|check)-|^backup$/.test(name)) rmSync(join(places.run, name), { recursive: true, force: true });
    this.statusChanged();
    void this.inTurn("starting", () => this.boot());
    const group = this.deps.env["HEADEND_SOCKET_GROUP"];
    this.server = await serve(places.socket, (request, reply) => this.handle(request, reply), group ? systemGroupId(group) : null);
    this.peersLater();
  }

  /** Stops all services; what is being applied is given up and the saved bundle stays. */
  async stop(): Promise<void> {
    this.closed = true;
    this.server?.close();
    rmSync(this.deps.places.readyFlag, { force: true });
    // Players of this host's streams know other ways: they are told to take them before it goes.
    const leaving = this.supervisor.get(STEERING)?.state === "ready" && !existsSync(join(this.deps.places.run, DRAINING));
    if (leaving) {
      this.drain(true);
      await new Promise<void>((resolve) => { this.deps.clock.after(LEAVE_MS, resolve); });
    }
    await this.supervisor.close(leaving ? CLOSE_AFTER_LEAVING_MS : undefined);
    if (leaving) this.drain(false);
  }

  status(): HostStatus {
    const live = this.applier.live;
    const ready = live !== null && this.doing !== "starting" && this.supervisor.allReady();
    return {
      host: live?.applied.bundle.host ?? null,
      state: this.doing ?? (live === null ? this.problem === null ? "waiting for configuration" : "not ready" : ready ? "ready" : "not ready"),
      ready,
      bundle: live === null ? null : bundleHash(live.applied),
      problem: this.problem,
      firewall: { state: this.firewall.state, message: this.firewall.message },
      services: this.supervisor.status(),
      peers: this.peers.list(),
      pid: process.pid,
    };
  }

  private readonly say: Say = (line) => { for (const l of line.split("\n")) this.deps.print(`hostd | ${this.redactor.redact(l)}`); };

  private async handle(request: Request, reply: (line: string) => void): Promise<void> {
    if (request.op === "status") return reply(JSON.stringify(this.status()));
    if (request.op === "drain") return this.drain(request.on);
    const wanted = readApplied(request.input);
    await this.inTurn("applying", async () => {
      const say: Say = (line) => { this.say(line); reply(this.redactor.redact(line)); };
      try {
        await this.applier.apply(wanted, say);
        this.problem = null;
      } catch (error) {
        this.say(`refused: ${messageOf(error)}`);
        if (this.applier.live === null) this.problem = this.redactor.redact(messageOf(error));
        throw new Error(this.redactor.redact(messageOf(error)));
      }
    });
  }

  private drain(on: boolean): void {
    const flag = join(this.deps.places.run, DRAINING);
    if (existsSync(flag) === on) return;
    if (on) writeFileSync(flag, ""); else rmSync(flag);
    this.say(on ? "draining: /healthz fails, so that no new viewers are sent here" : "no longer draining");
  }

  private async boot(): Promise<void> {
    if (this.applier.live !== null || this.closed) return;
    const saved = await this.store.load();
    if (saved === null) return this.say("waiting for configuration");
    try {
      this.say(`starting with saved bundle ${bundleHash(saved)}`);
      await this.applier.boot(saved, this.say);
      this.problem = null;
    } catch (error) {
      this.problem = this.redactor.redact(messageOf(error));
      this.say(`cannot start: ${this.problem}; trying again in ${RETRY_BOOT_MS / 1000} s`);
      this.deps.clock.after(RETRY_BOOT_MS, () => { void this.inTurn("starting", () => this.boot()); });
    }
  }

  /** One change at a time. */
  private inTurn<T>(what: string | null, work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(async () => {
      if (what !== null) { this.doing = what; this.statusChanged(); }
      try { return await work(); } finally {
        if (what !== null) this.doing = null;
        this.statusChanged();
      }
    });
    this.queue = turn.catch(() => {});
    return turn;
  }

  private peersLater(): void {
    this.deps.clock.after(PEERS_EVERY_MS, () => {
      if (!this.closed) void this.peersTick().catch((error: unknown) => this.say(`peers: ${messageOf(error)}`)).finally(() => this.peersLater());
    });
  }

  private async peersTick(): Promise<void> {
    const live = this.applier.live;
    if (live === null || this.doing !== null) return;
    const found = await this.peers.lookUp(live.applied.bundle.peers, live.applied.bundle.host);
    await this.inTurn(null, async () => {
      if (this.applier.live === live) await this.applier.takePeers(found, this.say);   // else the answers are for another bundle
    });
  }

  private route(): DefaultRoute {
    try { return defaultRoute(readFileSync(this.deps.places.routes, "utf8")); } catch { return NO_ROUTE; }
  }

  private statusChanged(): void {
    if (this.statusDue || this.closed) return;
    this.statusDue = true;
    this.deps.clock.after(STATUS_SETTLE_MS, () => {
      this.statusDue = false;
      if (this.closed) return;
      try {
        writeStatus(this.deps.places, this.status());
        this.statusStuck = false;
      } catch (error) {
        // A full memory disk: services go on, and so must whoever watches them. Told once.
        if (!this.statusStuck) this.say(`the status cannot be written: ${messageOf(error)}`);
        this.statusStuck = true;
        this.statusChanged();
      }
    });
  }
}
