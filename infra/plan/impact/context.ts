import type { Bundle, RenderedFile } from "../../render/bundle.ts";
import { secretsIn } from "../../render/markers.ts";
import type { SpecPath } from "../../spec/problems.ts";
import { expectedViewers } from "../capacity/demand.ts";
import type { Host, StreamPlan } from "../model.ts";
import { Causes } from "./causes.ts";
import type { Effect, ImpactClass } from "./impact.ts";
import type { Side } from "./side.ts";

/** A file on both sides; one side is null where it is added or removed. */
export interface FilePair { readonly before: RenderedFile | null; readonly after: RenderedFile | null }

/** What every rule looks things up in. */
export class Context {
  readonly causes: Causes;
  readonly hosts: { readonly before: ReadonlyMap<string, Host>; readonly after: ReadonlyMap<string, Host> };
  readonly streams: { readonly before: ReadonlyMap<string, StreamPlan>; readonly after: ReadonlyMap<string, StreamPlan> };
  readonly bundles: { readonly before: ReadonlyMap<string, Bundle>; readonly after: ReadonlyMap<string, Bundle> };
  /** Secrets on both sides whose value differs. */
  readonly changedSecrets: ReadonlySet<string>;
  /** Streams on both sides that distributors serve otherwise than before. */
  readonly servedOtherwise: readonly { readonly old: StreamPlan; readonly now: StreamPlan }[];
  private readonly carried: ReadonlyMap<string, readonly string[]>;
  /** Hosts with a file that holds a secret whose value differs. */
  private readonly rekeyed: ReadonlySet<string>;
  private readonly expected = new Map<string, ReadonlyMap<string, number>>();

  constructor(readonly before: Side, readonly after: Side) {
    this.causes = new Causes(before.topology, after.topology);
    this.hosts = { before: byName(before.plan.hosts), after: byName(after.plan.hosts) };
    this.streams = { before: byName(before.plan.streams), after: byName(after.plan.streams) };
    this.bundles = { before: new Map(before.bundles.map((b) => [b.host, b])), after: new Map(after.bundles.map((b) => [b.host, b])) };
    this.changedSecrets = changedSecrets(before, after);
    this.rekeyed = new Set(after.bundles.filter((b) => b.secrets.some((name) => this.changedSecrets.has(name))).map((b) => b.host));
    this.carried = carriedOf(before.plan.streams);
    this.servedOtherwise = before.plan.streams.flatMap((old) => {
      const now = this.streams.after.get(old.name);
      return now === undefined || servedAlike(old, now) ? [] : [{ old, now }];
    });
  }

  /** Viewers that the running topology expects of a stream, by the region that serves them. They are the ones who feel a change. */
  viewersByRegion(stream: string): ReadonlyMap<string, number> {
    const viewers = this.expected.get(stream) ?? expectedViewers(this.before.topology, stream);
    this.expected.set(stream, viewers);
    return viewers;
  }

  viewers(stream: string): number {
    return [...this.viewersByRegion(stream).values()].reduce((a, b) => a + b, 0);
  }

  /** One distributor's share of them. */
  viewersAt(stream: string, distributor: Host): number {
    const group = this.before.topology.distributors[distributor.region];
    return Math.round((this.viewersByRegion(stream).get(distributor.region) ?? 0) / Math.max(1, group?.min ?? 1));
  }

  /** Streams that a transcoder carries on the side that runs. */
  carriedBefore(transcoder: string): readonly string[] { return this.carried.get(transcoder) ?? []; }

  /** True when a file of a host differs: its text, or the value of a secret in it. */
  differs(host: string, { before, after }: FilePair): boolean {
    if (before === null || after === null) return true;
    return before.content !== after.content || before.mode !== after.mode || (this.rekeyed.has(host) && this.mentionsChanged(after.content));
  }

  /** True when a text holds the marker of a secret whose value differs. */
  mentionsChanged(text: string): boolean {
    return this.changedSecrets.size > 0 && secretsIn(text).some((name) => this.changedSecrets.has(name));
  }

  /** Where in the topology an effect comes from; see {@link Causes.of}. */
  cause(stream: string | null, ...keys: string[]): SpecPath | null {
    return this.causes.of(stream, keys);
  }
}

/** An effect that nobody feels unless more is said. */
export function effect(cls: ImpactClass, reason: string, cause: SpecPath | null, more: Partial<Pick<Effect, "stream" | "publishers" | "viewers" | "seconds" | "felt">> = {}): Effect {
  return { class: cls, reason, stream: null, publishers: [], viewers: null, seconds: null, felt: null, cause, ...more };
}

function carriedOf(streams: readonly StreamPlan[]): Map<string, string[]> {
  const carried = new Map<string, string[]>();
  for (const { name, transcoders } of streams) {
    for (const host of transcoders) {
      const list = carried.get(host);
      if (list) list.push(name);
      else carried.set(host, [name]);
    }
  }
  return carried;
}

function changedSecrets(before: Side, after: Side): Set<string> {
  const rotation = new Map(before.plan.secrets.map((s) => [s.name, s.rotation]));
  const rotated = after.plan.secrets.filter((s) => rotation.has(s.name) && rotation.get(s.name) !== s.rotation).map((s) => s.name);
  // The stack secret itself: every derived secret has another value.
  if (before.secrets["*"] !== undefined && before.secrets["*"] !== after.secrets["*"]) rotated.push(...after.plan.secrets.filter((s) => s.source === "derived").map((s) => s.name));
  const other = Object.entries(after.secrets).filter(([name, print]) => before.secrets[name] !== undefined && before.secrets[name] !== print).map(([name]) => name);
  return new Set([...rotated, ...other]);
}

const alikeLists = new WeakMap<object, readonly string[]>();

function servedAlike(a: StreamPlan, b: StreamPlan): boolean {
  if (a.latency !== b.latency || !sameList(a.transcoders, b.transcoders) || !sameList(a.origins, b.origins)) return false;
  // All streams share one list of distributors, which may be long.
  if (alikeLists.get(a.distributors) === b.distributors) return true;
  const alike = sameList(a.distributors, b.distributors);
  if (alike) alikeLists.set(a.distributors, b.distributors);
  return alike;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}

/** "1 publisher", "2 publishers". */
export function count(n: number, word: string): string {
  return `${n.toLocaleString("en-US")} ${word}${n === 1 ? "" : "s"}`;
}
