/**
 * What going from one deployment to another does to people, read off both plans and their rendered files. The class of a change is
 * what really happens on the hosts (infra/host, infra/agent, MediaMTX's reload rules); test/e2e/impact.e2e.ts compares it with a running stack.
 */
import type { SpecPath } from "../../spec/problems.ts";

/** How bad a change is, mildest first. */
export const IMPACT_CLASSES = ["nothing", "hot-reload", "stream-restarts", "publishers-drop", "viewers-rebuffer", "host-replaced"] as const;
export type ImpactClass = (typeof IMPACT_CLASSES)[number];

/** The classes as people say them. */
export const CLASS_WORDS: Readonly<Record<ImpactClass, string>> = {
  "nothing": "nobody notices", "hot-reload": "hot reload", "stream-restarts": "one stream restarts",
  "publishers-drop": "publishers drop", "viewers-rebuffer": "viewers re-buffer", "host-replaced": "host replaced",
};

/** What a change does to one stream, or to nobody. */
export interface Effect {
  readonly class: ImpactClass;
  /** In words, e.g. "its forward list is reloaded; publishers stay". */
  readonly reason: string;
  readonly stream: string | null;
  /** Names of this stream's publishers that lose their connection. */
  readonly publishers: readonly string[];
  /** Viewers expected by the topology who stop (re-buffer or lose the picture); 0 where none are expected, null where nobody stops. */
  readonly viewers: number | null;
  /** How long people feel it, in seconds; null where nobody does or where it is for good. */
  readonly seconds: number | null;
  /** What its people do or see, where that is not what the class says, e.g. "shows the slate for up to 5 s"; null else. */
  readonly felt: string | null;
  /** Part of the topology that asked for it, e.g. ["streams", "main", "ladder"]; null where none did (headend itself or the stack's config changed). */
  readonly cause: SpecPath | null;
}

export type ChangeKind = "host" | "file" | "service" | "firewall" | "stream" | "publisher";

/** One thing that changes. Every changed rendered file is exactly one change. */
export interface Change {
  readonly kind: ChangeKind;
  readonly action: "added" | "changed" | "removed";
  /** Host it is on; null for streams and publishers. */
  readonly host: string | null;
  /** Path of a file, name of a service, "stream/publisher"; the host's or stream's name for those. */
  readonly name: string;
  /** The worst of the effects. */
  readonly class: ImpactClass;
  readonly effects: readonly Effect[];
}

/** Who feels it: a stream's share of all changes. */
export interface Felt {
  readonly stream: string;
  readonly class: ImpactClass;
  /** Publishers that lose their connection. */
  readonly publishers: readonly string[];
  /** As in {@link Effect}. */
  readonly viewers: number | null;
  readonly seconds: number | null;
  /** e.g. "main-stage: its 2 publishers reconnect, about 3 s; nobody else". */
  readonly sentence: string;
}

export interface Impact {
  /** The worst of the changes. */
  readonly class: ImpactClass;
  /** By host in the order of the plan, then streams and publishers. */
  readonly changes: readonly Change[];
  /** Streams whose people feel it, worst first. */
  readonly felt: readonly Felt[];
  /** `felt` in one line: "nobody", or the sentences. */
  readonly sentence: string;
  /** Stands for exactly this impact, e.g. "publishers-drop/3f9a1c20"; what `headend:duringEvent` accepts. */
  readonly id: string;
}

/** The worst of several classes; "nothing" of none. */
export function worst(classes: Iterable<ImpactClass>): ImpactClass {
  let found: ImpactClass = "nothing";
  for (const one of classes) if (isWorse(one, found)) found = one;
  return found;
}

export function isWorse(a: ImpactClass, b: ImpactClass): boolean {
  return IMPACT_CLASSES.indexOf(a) > IMPACT_CLASSES.indexOf(b);
}
