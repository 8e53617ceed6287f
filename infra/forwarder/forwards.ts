import type { Log } from "../agent/log.ts";
import type { Relay, RelayPath } from "../agent/relay.ts";
import { Chooser } from "./chooser.ts";
import type { Override } from "../agent/selection.ts";
import type { RestreamStream } from "./config.ts";
import { byHop, hopFor, nowhere, type Push, pushOf } from "./hop.ts";
import { Retries } from "./retries.ts";
import type { ForwarderStatus } from "./status.ts";

export type Forwarding = Pick<Relay, "forwardOf" | "setForward" | "running">;

/** A list is asked for this often (seconds), because MediaMTX may have read its file again; those with platforms at every look. */
const ASK_AGAIN = 2;
/** Another list than it was told runs on for this long (seconds): it will not come by itself. */
const ASTRAY = 1;

/**
 * Makes a multiplexer's `forward` lists as they have to be: to the transcoders by the hop that carries the publisher (hop.ts), to other
 * platforms from whoever is on air (chooser.ts). Platforms stand last in a list: what stands before them is compared by position and goes on.
 */
export class Forwards {
  private choosers: ReadonlyMap<string, Chooser> = new Map();
  private readonly retries = new Retries();
  /** Paths that run another list than they should, which, and since when. */
  private readonly strayed = new Map<string, { readonly said: string; readonly at: number }>();
  /** Lists as MediaMTX had them, of which publisher's connection, and when. */
  private readonly known = new Map<string, { readonly list: readonly string[]; readonly source: string | null; readonly at: number }>();

  constructor(streams: readonly RestreamStream[], private readonly mux: Forwarding, private readonly workDir: string, private readonly logFor: (scope: string) => Log) { this.configure(streams); }

  configure(streams: readonly RestreamStream[]): void {
    const before = this.choosers;
    this.choosers = new Map(streams.map((stream) => {
      const chooser = before.get(stream.name) ?? new Chooser(stream, this.workDir);
      chooser.configure(stream);
      return [stream.name, chooser];
    }));
    this.known.clear();
  }

  /** What goes to other platforms, by stream. */
  status(): ForwarderStatus {
    return { streams: [...this.choosers].map(([name, { override, chosen, platforms }]) => ({ name, override, chosen, platforms: platforms.length })) };
  }

  names(): readonly string[] { return [...this.choosers.keys()]; }

  override(stream: string, to: Override): void {
    const chooser = this.choosers.get(stream);
    if (chooser) chooser.override = to;
  }

  /** One look. Rejects when MediaMTX does not answer. */
  async look(paths: ReadonlyMap<string, RelayPath>, mono: number): Promise<void> {
    for (const [name, chooser] of this.choosers) await this.platforms(name, chooser, paths, mono);
    const chosen = new Set([...this.choosers.values()].flatMap((c) => c.paths));
    for (const path of paths.values()) {
      // Nobody is sent anywhere, so it does not matter what the list says.
      if (!path.online || chosen.has(path.name)) continue;
      await this.set(path, await this.listOf(path, mono), (list) => list, mono);
    }
    for (const name of this.known.keys()) if (!paths.get(name)?.online) this.known.delete(name);
  }

  private async platforms(name: string, chooser: Chooser, paths: ReadonlyMap<string, RelayPath>, mono: number): Promise<void> {
    const lists = new Map<string, readonly string[]>();
    for (const path of chooser.paths) if (paths.has(path)) lists.set(path, await this.mux.forwardOf(path));
    const { chosen, reason } = chooser.choose(paths, lists, mono);
    if (reason !== null) this.logFor(name)("info", `other platforms get ${chosen === "" ? "nothing" : chosen} (${reason})`);
    // Takes the platforms from the others first: most refuse a second connection with one key.
    for (const path of [...chooser.paths].sort((a, b) => Number(a === chosen) - Number(b === chosen))) {
      const list = lists.get(path), seen = paths.get(path);
      if (list !== undefined && seen !== undefined) await this.set(seen, list, (now) => [...now.filter((dest) => pushOf(dest) !== null), ...(path === chosen ? chooser.platforms : [])], mono);
    }
  }

  private async set(path: RelayPath, now: readonly string[], platforms: (list: readonly string[]) => readonly string[], mono: number): Promise<void> {
    const hop = hopFor(path.tracks);
    const wanted = byHop(platforms(now), hop);
    if (JSON.stringify(now) === JSON.stringify(wanted)) { if (path.online) await this.again(path.name, wanted, mono); return; }
    if (now.some((dest) => pushOf(dest) !== null && !wanted.includes(dest))) this.logFor(path.name)("info", `goes to transcoders by ${hop.toUpperCase()}: ${path.tracks.map((t) => t.codec).join(", ")}`);
    this.known.delete(path.name);
    await this.mux.setForward(path.name, wanted);
  }

  private async listOf({ name, source }: RelayPath, mono: number): Promise<readonly string[]> {
    const known = this.known.get(name);
    if (known !== undefined && known.source === source && mono - known.at < ASK_AGAIN) return known.list;
    const list = await this.mux.forwardOf(name);
    this.known.set(name, { list, source, at: mono });
    return list;
  }

  /** MediaMTX tries a push that ended again after 5 s. Here it is put in its place again at once, by way of an address that leads nowhere. */
  private async again(path: string, list: readonly string[], mono: number): Promise<void> {
    const running = await this.mux.running(path);
    if (await this.astray(path, running.map((f) => f.dest), list, mono)) return;
    const failing = running.filter((f) => f.failed && list.includes(f.dest) && pushOf(f.dest) !== null).map((f) => f.dest);
    const due = this.retries.due(path, failing, mono);
    if (due.length === 0) return;
    this.logFor(path)("warn", `pushes to ${due.map((dest) => pushOf(dest)?.host).join(", ")} ended; connecting again`);
    await this.mux.setForward(path, list.map((dest) => (due.includes(dest) ? nowhere(pushOf(dest) as Push) : dest)));
    await this.mux.setForward(path, list);
  }

  /**
   * A multiplexer that goes on with another list than its configuration says cannot be told the right one, for that is no change: it is told
   * the one that it runs, and the right one at the next look. Seen when two changes came at once (relay.ts, APART_MS).
   */
  private async astray(path: string, running: readonly string[], list: readonly string[], mono: number): Promise<boolean> {
    const said = JSON.stringify([...running].sort());
    if (said === JSON.stringify([...list].sort())) { this.strayed.delete(path); return false; }
    const since = this.strayed.get(path);
    // One look apart they may differ, because a change takes its time.
    if (since?.said !== said) { this.strayed.set(path, { said, at: mono }); return false; }
    if (mono - since.at < ASTRAY) return false;
    this.strayed.delete(path);
    this.known.delete(path);
    // Its file was read again: the next look sees that and puts it right.
    if (JSON.stringify(await this.mux.forwardOf(path)) !== JSON.stringify(list)) return false;
    this.logFor(path)("warn", "the multiplexer sends it elsewhere than it was told; telling it anew");
    await this.mux.setForward(path, running);
    return true;
  }
}
