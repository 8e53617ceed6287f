import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Applier, type ApplyDeps } from "../../../infra/host/apply.ts";
import type { Clock, Timer } from "../../../infra/host/clock.ts";
import { Firewall } from "../../../infra/host/firewall.ts";
import { Redactor } from "../../../infra/host/log.ts";
import { PeerTable } from "../../../infra/host/peers.ts";
import { placesFrom, type Places } from "../../../infra/host/places.ts";
import type { Child, Launch, Spawn } from "../../../infra/host/process.ts";
import { BundleStore, FileSecretStore } from "../../../infra/host/store.ts";
import { Supervisor } from "../../../infra/host/supervisor.ts";
import type { Bundle, RenderedFile, Service } from "../../../infra/render/bundle.ts";

/** Time that passes only when told to. */
export class FakeClock implements Clock {
  private time = 1_000_000;
  private timers: { at: number; run: () => void }[] = [];

  now(): number { return this.time; }

  after(ms: number, run: () => void): Timer {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return { cancel: () => { this.timers = this.timers.filter((t) => t !== timer); } };
  }

  /** Lets `ms` pass, running what is due in order. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (let next = this.next(); next !== undefined && next.at <= end; next = this.next()) await this.fire(next);
    this.time = end;
  }

  /** Lets time pass until the promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => { settled = true; }, () => { settled = true; });
    for (let steps = 0; ; steps++) {
      await settle();
      if (settled) return promise;
      const next = this.next();
      if (next === undefined || steps > 10_000) throw new Error("nothing more happens, and the promise is still open");
      await this.fire(next);
    }
  }

  private next(): { at: number; run: () => void } | undefined { return [...this.timers].sort((a, b) => a.at - b.at)[0]; }

  private async fire(timer: { at: number; run: () => void }): Promise<void> {
    this.timers = this.timers.filter((t) => t !== timer);
    this.time = timer.at;
    timer.run();
    await settle();
  }
}

function settle(): Promise<void> { return new Promise((resolve) => { setImmediate(resolve); }); }

export interface FakeProcess { readonly launch: Launch; readonly pid: number; readonly signals: string[]; end(reason: string): void; alive: boolean }

/** What a program does when it is started: say lines, or end with a reason after some time. */
export type Behaviour = (launch: Launch) => { readonly says?: readonly string[]; readonly ends?: string; readonly afterMs?: number; readonly ignoresTerm?: boolean } | undefined;

export class FakePrograms {
  readonly started: FakeProcess[] = [];
  behaviour: Behaviour = () => undefined;
  constructor(private readonly clock: FakeClock) {}

  alive(program: string): FakeProcess[] { return this.started.filter((p) => p.alive && p.launch.argv[0] === program); }
  count(program: string): number { return this.started.filter((p) => p.launch.argv[0] === program).length; }

  readonly spawn: Spawn = (launch, onLine): Child => {
    const behaviour = this.behaviour(launch) ?? {};
    let resolve: (reason: string) => void = () => {};
    const ended = new Promise<string>((r) => { resolve = r; });
    const process: FakeProcess = {
      launch, pid: 100 + this.started.length, signals: [], alive: true,
      end(reason) { if (process.alive) { process.alive = false; resolve(reason); } },
    };
    this.started.push(process);
    for (const line of behaviour.says ?? []) onLine(line);
    if (behaviour.ends !== undefined) this.clock.after(behaviour.afterMs ?? 1, () => process.end(behaviour.ends as string));
    const signal = (name: NodeJS.Signals): void => {
      process.signals.push(name);
      if (name === "SIGKILL" || (name === "SIGTERM" && !behaviour.ignoresTerm)) process.end(`signal ${name}`);
    };
    return { pid: process.pid, ended, signal, signalAll: signal };
  };
}

export function service(name: string, more: Partial<Service> = {}): Service {
  return {
    name, argv: [`/bin/${name}`], env: {}, user: null, reads: [`${name}.conf`], reload: { kind: "signal", signal: "SIGHUP" }, prepare: [],
    check: null, ready: { kind: "none" }, after: [], checkEnv: {}, checkAliveMs: null, ...more,
  };
}

export function file(path: string, content: string, mode = "0644"): RenderedFile { return { path, content, mode, reload: "hot-reload" }; }

export function bundle(services: readonly Service[], files: readonly RenderedFile[], more: Partial<Bundle> = {}): Bundle {
  return { version: 1, host: "tx-1", peers: [], firewall: null, files, services, secrets: [], ...more };
}

/** A host in a temporary folder, with programs, time, name servers and packet filter that do what the test says. */
export class FakeHost {
  readonly clock = new FakeClock();
  readonly programs = new FakePrograms(this.clock);
  readonly said: string[] = [];
  readonly nft: string[] = [];
  readonly names = new Map<string, readonly string[]>();
  readonly places: Places;
  supervisor!: Supervisor;
  applier!: Applier;
  nftError: string | null = null;
  /** What the relay was told over its API. */
  readonly forwards = new Map<string, readonly string[]>();

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "hostd-"));
    const hosts = join(folder, "hosts");
    writeFileSync(hosts, "127.0.0.1\tlocalhost\n");
    this.places = placesFrom({ HEADEND_RUN_DIR: join(folder, "run"), HEADEND_VAR_DIR: join(folder, "var"), HEADEND_HOSTS_FILE: hosts });
    this.restart();
  }

  get store(): BundleStore { return new BundleStore(this.places.var, new FileSecretStore(join(this.places.var, "secrets.json"))); }

  /** As if the host had crashed: files stay, everything in memory is gone. */
  restart(): void {
    for (const p of this.programs.started) p.end("signal SIGKILL");
    const redactor = new Redactor();
    this.supervisor = new Supervisor({
      clock: this.clock, spawn: this.programs.spawn, probe: () => Promise.resolve("ready" as const), redact: redactor.redact, log: () => {}, changed: () => {},
    });
    const deps: ApplyDeps = {
      places: this.places, clock: this.clock, spawn: this.programs.spawn, supervisor: this.supervisor,
      firewall: new Firewall((args, text) => { this.nft.push(`${args[0]} ${text}`); return Promise.resolve(this.nftError); }, false),
      peers: new PeerTable((name) => { const ips = this.names.get(name); return ips ? Promise.resolve(ips) : Promise.reject(new Error("ENOTFOUND")); }),
      store: this.store, redactor, idsOf: () => ({ uid: 7, gid: 7 }), localValues: () => ({ gateway: "10.0.0.1", uplink: "eth0", public: "127.0.0.1" }), asRoot: false,
      askForwards: () => Promise.resolve(this.forwards),
    };
    this.applier = new Applier(deps);
  }

  apply(wanted: Bundle, secrets: Record<string, string> = {}): Promise<void> {
    this.said.length = 0;
    return this.clock.until(this.applier.apply({ bundle: wanted, secrets }, (line) => { this.said.push(line); }));
  }

  live(path: string): string { return readFileSync(join(this.places.etc, path), "utf8"); }
  hosts(): string { return readFileSync(this.places.hosts, "utf8"); }
}
