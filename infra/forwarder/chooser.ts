import { join } from "node:path";
import { OverrideFile } from "../agent/override.ts";
import type { RelayPath } from "../agent/relay.ts";
import { adopt, choose, initialSelection, type Override, type Selection } from "../agent/selection.ts";
import type { RestreamStream } from "./config.ts";

/** A publisher without a byte for this long is not live (seconds), as for the agents. */
const SILENT_AFTER = 2;

/** Decides for one stream which publisher goes to the other platforms, by the same rules as the agents on transcoders. */
export class Chooser {
  private selection: Selection | null = null;
  private readonly seen = new Map<string, { bytes: number; at: number; source: string | null }>();

  private readonly byHand: OverrideFile;
  private sent = "";

  constructor(private stream: RestreamStream, workDir: string) { this.byHand = new OverrideFile(join(workDir, stream.name)); }

  get override(): Override { return this.byHand.current; }
  set override(to: Override) { this.byHand.set(to); }
  /** Path of the publisher that goes to the platforms; empty when none does, by hand. */
  get chosen(): string { return this.sent; }

  get platforms(): readonly string[] { return this.stream.platforms; }
  get paths(): readonly string[] { return this.stream.publishers.map((p) => p.path); }

  configure(stream: RestreamStream): void {
    this.stream = stream;
    if (this.selection !== null && !stream.publishers.some((p) => p.path === this.selection?.active)) this.selection = null;
  }

  /** One look. `lists` as MediaMTX has them. @returns the publisher's path and why when another than before is live */
  choose(paths: ReadonlyMap<string, RelayPath>, lists: ReadonlyMap<string, readonly string[]>, mono: number): { readonly chosen: string; readonly reason: string | null } {
    const candidates = this.stream.publishers.map(({ path, publisher }) => ({ path, publisher, live: this.isLive(path, paths.get(path), mono) }));
    this.selection ??= this.first(candidates, lists, mono);
    const before = this.selection.active;
    const { selection, reason } = choose(this.selection, candidates, this.override, mono);
    if (this.override !== "auto" && selection.active === null) {
      // Viewers have the slate now. A platform gets none, and shall not go on with what they are not to see.
      this.selection = selection;
      this.sent = "";
      return { chosen: "", reason };
    }
    // While nobody is live nothing is sent; who was chosen last stays so, and need not be connected anew when it comes back.
    this.selection = selection.active === null ? { ...selection, active: before, activeSince: this.selection.activeSince } : selection;
    this.sent = this.selection.active ?? this.stream.publishers[0]?.path ?? "";
    return { chosen: this.sent, reason: selection.active !== null && selection.active !== before ? reason : null };
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
}
