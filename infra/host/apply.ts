/** Brings a host from one bundle to the next: everything is tested before anything is touched, and a failure is undone. */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { decide, hostServices, type Changes, type HostService, type ServiceChange } from "./changes.ts";
import type { Clock } from "./clock.ts";
import { HostFailure, messageOf } from "./failure.ts";
import type { Firewall } from "./firewall.ts";
import { type AskForwards, filesWithKept } from "./forwards.ts";
import { updateHostsFile } from "./hosts-file.ts";
import type { Redactor } from "./log.ts";
import { fillMarkers, type MarkerValues } from "./markers.ts";
import type { PeerStatus, PeerTable } from "./peers.ts";
import type { Places } from "./places.ts";
import type { Spawn } from "./process.ts";
import { TIMING, type ServiceRunner } from "./service.ts";
import { compareFiles, filesHash, LiveFolder, materialise, rewriteStaged, writeStaged, type FileChanges, type HostFile } from "./stage.ts";
import type { Applied, BundleStore } from "./store.ts";
import { startOrder, type Supervisor } from "./supervisor.ts";
import { seconds, Trial } from "./trial.ts";
import type { UserIds } from "./users.ts";

export interface ApplyDeps {
  readonly places: Places;
  readonly clock: Clock;
  readonly spawn: Spawn;
  readonly supervisor: Supervisor;
  readonly firewall: Firewall;
  readonly peers: PeerTable;
  readonly store: BundleStore;
  readonly redactor: Redactor;
  readonly idsOf: (user: string) => UserIds;
  readonly localValues: () => Omit<MarkerValues, "secrets" | "addresses">;
  /** False in tests, which cannot change owners. */
  readonly asRoot: boolean;
  readonly askForwards: AskForwards;
}

/** What is in force. */
export interface Live {
  readonly applied: Applied;
  /** The ruleset with this host's own addresses filled in. */
  readonly firewall: string | null;
  readonly files: readonly HostFile[];
  readonly services: readonly HostService[];
}

/** One line of progress, in plain words. */
export type Say = (line: string) => void;

/** nginx tells only its log when it refuses a reload, and goes on with what it had. */
const REFUSED_RELOAD = /\[(emerg|crit)\]/;
const RELOAD_LOG_MS = 500;
const NO_FILES: FileChanges = { added: [], changed: [], removed: [] };

/** Short name of a bundle; it says nothing about secrets. */
export function bundleHash(applied: Applied): string {
  return createHash("sha256").update(JSON.stringify(applied.bundle)).digest("hex").slice(0, 12);
}

export class Applier {
  live: Live | null = null;
  private readonly folder: LiveFolder;
  private readonly trial: Trial;
  private swappedAt = 0;

  constructor(private readonly deps: ApplyDeps) {
    this.folder = new LiveFolder(deps.places.etc, deps.places.run);
    this.trial = new Trial(deps);
  }

  /**
   * Applies a bundle. Resolves when every service is ready with it.
   * @throws HostFailure when it was refused or undone; what was in force before is then in force again
   */
  async apply(wanted: Applied, say: Say): Promise<void> {
    const { deps, live } = this;
    const began = deps.clock.now();
    deps.redactor.setSecrets([...Object.values(live?.applied.secrets ?? {}), ...Object.values(wanted.secrets)]);
    const next = this.resolve(wanted);
    const files = compareFiles(live?.files ?? [], next.files);
    const changes = decide(live?.services ?? [], next.services, files);
    const same = live !== null && JSON.stringify(live.applied) === JSON.stringify(wanted);
    if (same && changes.services.every((c) => c.action === "keep") && compareIsEmpty(files)) {
      await this.awaitAll(say);
      say("nothing changed");
      return;
    }
    describeFiles(files, say);
    const staged = join(deps.places.run, `staged-${filesHash(next.files)}`);
    try {
      await this.lookUpPeers([...(live?.applied.bundle.peers ?? []), ...wanted.bundle.peers], wanted.bundle.host);
      await this.trial.test(next, this.values(wanted), changes, say);
      writeStaged(staged, next.files, deps.asRoot);
      await this.enforce(next, changes, files, staged, say);
    } catch (error) {
      await this.lookUpPeers(live?.applied.bundle.peers ?? [], wanted.bundle.host);
      deps.redactor.setSecrets(Object.values(live?.applied.secrets ?? {}).concat(Object.values(wanted.secrets)));
      throw error;
    } finally { rmSync(staged, { recursive: true, force: true }); }
    this.live = next;
    deps.redactor.setSecrets(Object.values(wanted.secrets));
    await this.lookUpPeers(wanted.bundle.peers, wanted.bundle.host);
    say(`applied ${bundleHash(wanted)} in ${seconds(deps.clock.now() - began)}: all ${next.services.length} services ready`);
  }

  /** Starts what was applied last. Does not undo anything: a service that fails is started again and again. */
  async boot(applied: Applied, say: Say): Promise<void> {
    const { deps } = this;
    deps.redactor.setSecrets(Object.values(applied.secrets));
    const next = this.resolve(applied);
    await this.lookUpPeers(applied.bundle.peers, applied.bundle.host);
    const refused = await deps.firewall.load(next.firewall, deps.peers.list());
    if (refused !== null) throw new HostFailure(refused);
    const staged = join(deps.places.run, `staged-${filesHash(next.files)}`);
    writeStaged(staged, next.files, deps.asRoot);
    this.folder.prune(next.files.map((f) => f.path));
    this.folder.swapIn(staged, next.files.map((f) => f.path));
    this.folder.finish();
    rmSync(staged, { recursive: true, force: true });
    this.live = next;
    const needed = new Set(next.services.flatMap((s) => s.service.after));
    for (const s of ordered(next.services)) {
      await this.trial.prepare(s, deps.places.etc, say).catch((error: unknown) => say(messageOf(error)));
      const runner = await deps.supervisor.run(s.runnable);
      const late = needed.has(s.service.name) ? await runner.waitReady(10_000) : null;
      if (late !== null) say(late);
    }
  }

  /** Takes new peer addresses into use. */
  async takePeers(peers: readonly PeerStatus[], say: Say): Promise<void> {
    const { deps, live } = this;
    const changed = deps.peers.adopt(peers);
    updateHostsFile(deps.places.hosts, deps.peers.entries());
    if (!changed || live === null) return;
    say(`peers: ${deps.peers.list().map((p) => `${p.host} ${p.ips.join(" ") || "not found"}`).join(", ")}`);
    const error = await deps.firewall.updatePeers(deps.peers.list());
    if (error !== null) say(error);
    for (const { service } of live.services.filter((s) => s.service.reads.includes("peers"))) {
      const runner = deps.supervisor.get(service.name);
      if (service.reload.kind === "signal") runner?.signal(service.reload.signal);
      if (service.reload.kind === "restart") await runner?.restart();
    }
  }

  private values({ bundle, secrets, public: address }: Applied): MarkerValues {
    const local = this.deps.localValues();
    return { secrets, addresses: bundle.addresses ?? {}, ...local, public: address ?? local.public };
  }

  private resolve(applied: Applied): Live {
    const values = this.values(applied);
    const { firewall } = applied.bundle;
    return {
      applied,
      firewall: firewall === null ? null : fillMarkers(firewall, values, "the firewall"),
      files: materialise(applied.bundle, values, this.deps.idsOf),
      services: hostServices(applied.bundle.services, this.deps.places, values, this.deps.idsOf),
    };
  }

  private async lookUpPeers(peers: Applied["bundle"]["peers"], self: string): Promise<void> {
    const byHost = [...new Map(peers.map((p) => [p.host, p])).values()];   // of two with one name the later, newer one
    this.deps.peers.adopt(await this.deps.peers.lookUp(byHost, self));
    updateHostsFile(this.deps.places.hosts, this.deps.peers.entries());
    if (this.live !== null) await this.deps.firewall.updatePeers(this.deps.peers.list());
  }

  private async enforce(next: Live, changes: Changes, files: FileChanges, staged: string, say: Say): Promise<void> {
    const { deps, live } = this;
    const done: ServiceChange[] = [];
    const removed: HostService[] = [];
    try {
      const refused = await deps.firewall.load(next.firewall, deps.peers.list());
      if (refused !== null) throw new HostFailure(refused);
      rewriteStaged(staged, await this.kept(next, files.changed));
      this.swappedAt = deps.clock.now();
      this.folder.swapIn(staged, [...files.added, ...files.changed]);
      for (const s of [...changes.removed].reverse()) {
        removed.push(s);
        await deps.supervisor.remove(s.service.name);
        say(`${s.service.name}: stopped`);
      }
      await this.changeServices(changes.services, done, say);
      this.folder.remove(files.removed);
      await deps.store.save(next.applied);
      this.folder.finish();
    } catch (error) {
      say("failed: going back to what was in force");
      await this.undo(live, done, removed, say);
      throw error;
    }
  }

  private async changeServices(services: readonly ServiceChange[], done: ServiceChange[], say: Say): Promise<void> {
    const { deps } = this;
    const wereReady = new Set(deps.supervisor.names().filter((n) => deps.supervisor.get(n)?.state === "ready"));
    // Those that watch their files have seen them already; they are looked after while the others change.
    const watching = services.filter((c) => c.action === "reload" && c.next.service.reload.kind === "self");
    done.push(...watching);
    const watched = Promise.all(watching.map((c) => this.runner(c).waitAlive()));
    const byName = new Map(services.map((c) => [c.next.service.name, c]));
    for (const name of startOrder(services.map((c) => c.next.service))) {
      const change = byName.get(name) as ServiceChange;
      const began = deps.clock.now();
      if (change.action === "keep" || watching.includes(change)) { deps.supervisor.get(name)?.adopt(change.next.runnable); continue; }
      done.push(change);
      const error = change.action === "reload" ? await this.signalReload(change) : await (await deps.supervisor.run(change.next.runnable)).waitReady();
      if (error !== null) throw new HostFailure(error);
      say(`${name}: ${{ reload: "reloaded", restart: "restarted", start: "started" }[change.action]} in ${seconds(deps.clock.now() - began)}`);
    }
    const dead = (await watched).find((e) => e !== null);
    if (dead !== undefined && dead !== null) throw new HostFailure(dead);
    for (const c of watching) {
      const error = await this.runner(c).waitReady();
      if (error !== null) throw new HostFailure(error);
      say(`${c.next.service.name}: took its new files`);
    }
    for (const c of services.filter((s) => s.action === "keep")) {
      const name = c.next.service.name;
      const error = await this.runner(c).waitReady(wereReady.has(name) ? undefined : 0);
      if (error === null) continue;
      if (wereReady.has(name)) throw new HostFailure(error);
      say(`warning: ${error}`);   // it was so before: no reason to refuse what may be its repair
    }
  }

  private async signalReload(change: ServiceChange): Promise<string | null> {
    const runner = this.runner(change);
    runner.adopt(change.next.runnable);
    const mark = runner.output.count;
    if (change.next.service.reload.kind === "signal") runner.signal(change.next.service.reload.signal);
    const ended = await runner.waitAlive(RELOAD_LOG_MS);
    if (ended !== null) return ended;
    if (runner.output.since(mark).some((l) => REFUSED_RELOAD.test(l))) return runner.explain("refused its new files");
    return runner.waitReady();
  }

  /** Restores files first, then services in reverse; waits until they answer, and says so when they do not. */
  private async undo(live: Live | null, done: readonly ServiceChange[], removed: readonly HostService[], say: Say): Promise<void> {
    const { deps } = this;
    const attempt = async (what: string, step: () => Promise<string | null | void> | void): Promise<void> => {
      try { const error = await step(); if (typeof error === "string") say(`going back: ${error}`); }
      catch (error) { say(`going back, ${what}: ${messageOf(error)}`); }
    };
    // A program that watches its files may be blind for a second after each change (MediaMTX 1.20.1).
    const blind = TIMING.watchMs - (deps.clock.now() - this.swappedAt);
    const watching = done.some((c) => c.next.service.reload.kind === "self" && deps.supervisor.get(c.next.service.name)?.state === "ready");
    if (watching && blind > 0) await new Promise<void>((resolve) => { deps.clock.after(blind, resolve); });
    await attempt("what services were told", async () => { if (live !== null) this.folder.rewriteSaved(await this.kept(live)); });
    await attempt("files", () => this.folder.rollBack());
    for (const { next, previous, action } of [...done].reverse()) {
      await attempt(next.service.name, async () => {
        if (previous === null) return deps.supervisor.remove(next.service.name);
        const runner = deps.supervisor.get(previous.service.name);
        if (action === "restart" || runner === undefined) { await deps.supervisor.run(previous.runnable); return; }
        runner.adopt(previous.runnable);
        if (runner.state !== "ready") await runner.restart();
        else if (previous.service.reload.kind === "signal") runner.signal(previous.service.reload.signal);
        else if (previous.service.reload.kind === "restart") await runner.restart();
      });
    }
    for (const s of ordered(removed)) await attempt(s.service.name, async () => { await deps.supervisor.run(s.runnable); });
    await attempt("firewall", () => deps.firewall.load(live?.firewall ?? null, deps.peers.list()));
    for (const s of live?.services ?? []) await attempt(s.service.name, () => deps.supervisor.get(s.service.name)?.waitReady(10_000));
  }

  /** Files of `those` with what running services were told since: without it they would forget it with a new file. */
  private kept(those: Live, paths?: readonly string[]): ReturnType<typeof filesWithKept> {
    const keeps = those.services.flatMap(({ service: { keeps } }) => (keeps !== undefined && (paths?.includes(keeps.file) ?? true) ? [keeps] : []));
    return filesWithKept(keeps, those.files, this.deps.askForwards);
  }

  private async awaitAll(say: Say): Promise<void> {
    for (const name of this.deps.supervisor.names()) {
      const runner = this.deps.supervisor.get(name);
      if (runner && runner.state !== "ready") say(`${name}: waiting until it is ready`);
      const error = await runner?.waitReady();
      if (error) throw new HostFailure(error);
    }
  }

  private runner(change: ServiceChange): ServiceRunner {
    const runner = this.deps.supervisor.get(change.next.service.name);
    if (!runner) throw new HostFailure(`Service ${change.next.service.name} does not run.`);
    return runner;
  }
}

function ordered(services: readonly HostService[]): readonly HostService[] {
  const inBundle = new Set(services.map((s) => s.service.name));
  const order = startOrder(services.map((s) => ({ name: s.service.name, after: s.service.after.filter((a) => inBundle.has(a)) })));
  return order.map((name) => services.find((s) => s.service.name === name) as HostService);
}

function describeFiles(files: FileChanges, say: Say): void {
  for (const path of files.added) say(`+ ${path}`);
  for (const path of files.changed) say(`~ ${path}`);
  for (const path of files.removed) say(`- ${path}`);
}

function compareIsEmpty(files: FileChanges): boolean {
  return JSON.stringify(files) === JSON.stringify(NO_FILES);
}
