import type { Log } from "../agent/log.ts";
import type { Relay, RelayPath } from "../agent/relay.ts";
import { adopt, choose, initialSelection, type Selection } from "../agent/selection.ts";
import type { RestreamStream } from "./config.ts";

/** A publisher without a byte for this long is not live (seconds), as for the agents. */
const SILENT_AFTER = 2;

export type Forwarding = Pick<Relay, "forwardOf" | "setForward">;

/**
 * Decides for one stream which publisher goes to the other platforms, by the same rules as the agents on transcoders, and makes the
 * multiplexer's `forward` lists so. Platforms stand last in a list: what stands before them is compared by position and goes on.
 */
export class Chooser {
  private selection: Selection | null = null;
  private readonly seen = new Map<string, { bytes: number; at: number; source: string | null }>();

  constructor(private stream: RestreamStream, private readonly mux: Forwarding, private readonly log: Log) {}

  configure(stream: RestreamStream): void {
    this.stream = stream;
    if (this.selection !== null && !stream.publishers.some((p) => p.path === this.selection?.active)) this.selection = null;
  }

  /** One look. Asks MediaMTX for its lists each time, because a file that it reads again replaces them. Rejects when it does not answer. */
  async look(paths: ReadonlyMap<string, RelayPath>, mono: number): Promise<void> {
    const { publishers } = this.stream;
    const candidates = publishers.map(({ path, publisher }) => ({ path, publisher, live: this.isLive(path, paths.get(path), mono) }));
    const lists = new Map<string, readonly string[]>();
    for (const { path } of publishers) if (paths.has(path)) lists.set(path, await this.mux.forwardOf(path));
    this.selection ??= this.first(candidates, lists, mono);
    const before = this.selection.active;
    const { selection, reason } = choose(this.selection, candidates, "auto", mono);
    // While nobody is live nothing is sent; who was chosen last stays so, and need not be connected anew when it comes back.
    this.selection = selection.active === null ? { ...selection, active: before, activeSince: this.selection.activeSince } : selection;
    if (reason !== null && selection.active !== null && selection.active !== before) this.log("info", `other platforms get ${selection.active} (${reason})`);
    await this.enforce(lists);
  }

  /** Whoever is sent already, by an earlier run of this program or by the file, goes on. */
  private first(candidates: readonly { readonly path: string; readonly live: boolean }[], lists: ReadonlyMap<string, readonly string[]>, mono: number): Selection {
    const sent = candidates.find(({ path, live }) => live && this.stream.platforms.every((p) => lists.get(path)?.includes(p)));
    return sent ? adopt(sent.path, mono) : initialSelection;
  }

  private isLive(name: string, path: RelayPath | undefined, mono: number): boolean {
    if (!path?.online) { this.seen.delete(name); return false; }
    const seen = this.seen.get(name);
    if (seen?.source !== path.source || seen.bytes !== path.bytes) this.seen.set(name, { bytes: path.bytes, at: mono, source: path.source });
    return mono - (this.seen.get(name)?.at ?? mono) <= SILENT_AFTER;
  }

  /** Takes the platforms from the others first: most refuse a second connection with one key. */
  private async enforce(lists: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const chosen = this.selection?.active ?? this.stream.publishers[0]?.path;
    const wanted = this.stream.publishers.map((p) => ({ path: p.path, list: p.path === chosen ? [...p.pushes, ...this.stream.platforms] : p.pushes }));
    for (const { path, list } of wanted.sort((a, b) => Number(a.path === chosen) - Number(b.path === chosen))) {
      const now = lists.get(path);
      if (now !== undefined && JSON.stringify(now) !== JSON.stringify(list)) await this.mux.setForward(path, list);
    }
  }
}
