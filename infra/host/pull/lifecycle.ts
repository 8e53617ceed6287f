/** A member of an Auto Scaling group: says when it serves, and is emptied before it ends. */
import { HOOKS, type HostPointer } from "../../targets/aws/contract.ts";
import { messageOf } from "../failure.ts";
import type { Metadata } from "./metadata.ts";

export type Group = NonNullable<HostPointer["group"]>;

export interface LifecycleDeps {
  readonly metadata: Metadata;
  /** True while every service is ready. Never rejects. */
  readonly ready: () => Promise<boolean>;
  readonly drain: (on: boolean) => Promise<void>;
  /** Requests that viewers made since the host started; null when unknown. Never rejects. */
  readonly requests: () => Promise<number | null>;
  /** Tells the group that a hook's work is done. Resolves to false when the group waits for nothing. */
  readonly complete: (group: Group, hook: string) => Promise<boolean>;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** Fewer requests a second than this are health checks and strays. */
const QUIET_PER_SECOND = 1;
/** However quiet it is: so long do name servers and CDNs go on sending viewers. */
const SHORTEST_DRAIN_MS = 30_000;

/** Follows what the group wants of this instance; called every few seconds. */
export class Lifecycle {
  private readyFor: string | null = null;
  private draining: { readonly since: number; at: number; requests: number | null } | null = null;
  private ended = false;

  constructor(private readonly deps: LifecycleDeps) {}

  /** Never rejects. */
  async tick(group: Group): Promise<void> {
    try {
      const target = await this.deps.metadata.get("autoscaling/target-lifecycle-state");
      if (target === "Terminated") return await this.empty(group);
      if (this.draining !== null) await this.stay();
      if (target !== null && target !== this.readyFor) await this.serve(group, target);
    } catch (error) { this.deps.log(`lifecycle: ${messageOf(error)}`); }
  }

  private async serve(group: Group, target: string): Promise<void> {
    if (!await this.deps.ready()) return;
    const waited = await this.deps.complete(group, HOOKS.ready);
    this.readyFor = target;
    if (waited) this.deps.log(`told ${group.name} that this instance is ready (${target})`);
  }

  private async empty(group: Group): Promise<void> {
    const { deps } = this;
    if (this.ended) return;
    const now = deps.now();
    const requests = await deps.requests();
    if (this.draining === null) {
      this.draining = { since: now, at: now, requests };
      deps.log(`${group.name} wants this instance to end: no new viewers are taken, those here are served for ${group.drainSeconds} s at most`);
      return deps.drain(true);
    }
    const { since, at, requests: before } = this.draining;
    const quiet = requests !== null && before !== null && now > at && (requests - before) / ((now - at) / 1000) < QUIET_PER_SECOND;
    this.draining.at = now;
    this.draining.requests = requests;
    const elapsed = now - since;
    if (elapsed < group.drainSeconds * 1000 && !(quiet && elapsed >= SHORTEST_DRAIN_MS)) return;
    await deps.complete(group, HOOKS.drain);
    this.ended = true;
    deps.log(`told ${group.name} that this instance is empty after ${Math.round(elapsed / 1000)} s`);
  }

  private async stay(): Promise<void> {
    await this.deps.drain(false);
    this.draining = null;
    this.ended = false;
  }
}
