/** Pull mode: carries out what was said by hand (`headend switch`, `headend steer`) and tells what runs on this host. */
import type { AgentStatus } from "../../agent/status.ts";
import type { Override } from "../../agent/selection.ts";
import type { ForwarderStatus } from "../../forwarder/status.ts";
import type { SteeringStatus } from "../../steering/status.ts";
import { LIVE_SECONDS, NO_ORDERS, type Live, type Orders } from "../../targets/aws/contract.ts";
import { messageOf } from "../failure.ts";
import type { ConfigStore } from "./store.ts";

/** The programs of this host, over loopback. What does not run here, or does not answer, is null. */
export interface Programs {
  agent(): Promise<AgentStatus | null>;
  forwarder(): Promise<ForwarderStatus | null>;
  steering(): Promise<SteeringStatus | null>;
  publishers(): Promise<readonly string[] | null>;
  /** Rejects with the program's own words when it refuses. */
  override(program: "agent" | "forwarder", stream: string, to: Override): Promise<void>;
  weights(weights: Readonly<Record<string, number>>): Promise<void>;
}

export interface OrderTakerDeps {
  readonly store: Pick<ConfigStore, "orders" | "live">;
  readonly programs: Programs;
  readonly host: string;
  readonly instance: string;
  readonly now: () => Date;
  /** Programs look at their inputs twice a second: what they then do is told with the order, not a look later. */
  readonly settle: () => Promise<void>;
  readonly log: (line: string) => void;
}

type Seen = Pick<Live, "agent" | "forwarder" | "steering" | "publishers">;

/**
 * Looks at orders and programs. Orders are the whole of what holds, and are compared with what programs do at every look: a program or a
 * host that began anew gets them again. Without an orders object nothing is touched.
 */
export class OrderTaker {
  private told = "";
  private toldAt = 0;
  private said = "";

  constructor(private readonly deps: OrderTakerDeps) {}

  /** One look. Never rejects. */
  async tick(): Promise<void> {
    try {
      const orders = await this.deps.store.orders();
      let seen = await this.look(), problem: string | null = null;
      if (orders !== null) {
        const { changed, problems } = await this.carryOut(orders, seen);
        problem = problems.length === 0 ? null : problems.join("; ");
        if (changed) { await this.deps.settle(); seen = await this.look(); }
      }
      await this.tell(seen, orders ?? NO_ORDERS, problem);
      this.said = "";
    } catch (error) {
      const line = `orders: ${messageOf(error)}; trying again`;
      if (line !== this.said) this.deps.log(line);
      this.said = line;
    }
  }

  private async look(): Promise<Seen> {
    const { programs } = this.deps;
    const [agent, forwarder, steering, publishers] = await Promise.all([programs.agent(), programs.forwarder(), programs.steering(), programs.publishers()]);
    return { agent, forwarder, steering, publishers };
  }

  private async carryOut(orders: Orders, seen: Seen): Promise<{ readonly changed: boolean; readonly problems: readonly string[] }> {
    const { programs, log } = this.deps, problems: string[] = [];
    let changed = false;
    const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
      try { await work(); changed = true; log(`by hand: ${what}`); } catch (error) { problems.push(`${what}: ${messageOf(error)}`); }
    };
    for (const program of ["agent", "forwarder"] as const) {
      for (const { name, override } of seen[program]?.streams ?? []) {
        const wanted = orders.overrides[name] ?? "auto";
        if (override !== wanted) await attempt(`${program} has ${name} on ${wanted}`, () => programs.override(program, name, wanted));
      }
    }
    if (seen.steering !== null) {
      // Each knows its nearest ways only; what it does not know it need not be told.
      const known = new Set(seen.steering.ways.map((w) => w.id));
      const wanted = Object.fromEntries(Object.entries(orders.weights).filter(([id]) => known.has(id)).sort(([a], [b]) => (a < b ? -1 : 1)));
      const now = Object.fromEntries(Object.entries(seen.steering.override).sort(([a], [b]) => (a < b ? -1 : 1)));
      if (JSON.stringify(wanted) !== JSON.stringify(now)) await attempt(`weights ${JSON.stringify(wanted)}`, () => programs.weights(wanted));
    }
    return { changed, problems };
  }

  private async tell(seen: Seen, orders: Orders, problem: string | null): Promise<void> {
    const { deps } = this, now = deps.now();
    const news = JSON.stringify([orders.id, problem, newsOf(seen)]);
    if (news === this.told && now.getTime() - this.toldAt < LIVE_SECONDS * 1000) return;
    await deps.store.live({ format: 1, host: deps.host, instance: deps.instance, orders: orders.id, problem, ...seen, time: now.toISOString() });
    this.told = news;
    this.toldAt = now.getTime();
  }
}

/** What is worth telling at once; bitrates, speeds and lags change all the time. */
function newsOf({ agent, forwarder, steering, publishers }: Seen): unknown {
  return [
    publishers, forwarder,
    agent?.streams.map((s) => [s.name, s.active, s.override, s.healthy, s.inputs.map((i) => [i.path, i.live])]),
    steering && [steering.problem, steering.override, steering.ways.map((w) => [w.id, w.alive, w.weight])],
  ];
}
