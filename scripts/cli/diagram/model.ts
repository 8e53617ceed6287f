/** What a diagram shows, read off a plan and its capacity; nothing here knows about pixels or Mermaid. */

/** How a part differs from the older of two topologies. */
export type Mark = "same" | "added" | "removed" | "changed";
export type Kind = "stream" | "multiplexer" | "transcoder" | "distributor" | "platform" | "cdn" | "viewers";

/** A host, a publisher or a stream inside a box. */
export interface Card {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  /** How busy it is at the most; another figure alone is no change of the part. */
  readonly usage: string | null;
  /** Share of what it can carry that is in use at the most, or null where nothing is known. */
  readonly load: number | null;
  readonly mark: Mark;
}

/** Everything of one kind in one region; links go between boxes. */
export interface Box {
  readonly id: string;
  readonly kind: Kind;
  /** Null outside regions: streams, CDN, viewers. */
  readonly region: string | null;
  readonly title: string;
  readonly lines: readonly string[];
  readonly usage: string | null;
  readonly cards: readonly Card[];
  /** Cards that are left out. */
  readonly more: number;
  readonly mark: Mark;
}

/** A path of the signal. `standby` ones carry something only when another has failed. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly standby: boolean;
  readonly lines: readonly string[];
  readonly usage: string | null;
  readonly mark: Mark;
}

/** Everything that is written below a title. */
export function textOf({ lines, usage }: { readonly lines: readonly string[]; readonly usage: string | null }): string[] {
  return usage === null ? [...lines] : [...lines, usage];
}

export interface Diagram {
  readonly name: string;
  readonly summary: string;
  readonly regions: readonly { readonly name: string; readonly title: string; readonly mark: Mark }[];
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
  /** True when it shows an edit. */
  readonly compared: boolean;
  /** What is not drawn, in words. */
  readonly notes: readonly string[];
}
