import type { Topology } from "../../spec/topology.ts";
import { machineOf, type Capacity, type HostMachine } from "../capacity/capacity.ts";
import type { CostEstimate, CostOptions } from "../cost/estimate.ts";
import type { Host, Listener, Plan, Role, StreamPlan } from "../model.ts";
import { Readings } from "../readings.ts";

export const GROUP: Readonly<Record<Role, "multiplexers" | "transcoders" | "distributors">> =
  { multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" };

/** A plan with what is read off it, worked out when first asked for. */
export class Context {
  readonly readings: Readings;
  private readonly hosts: ReadonlyMap<string, Host>;
  private readonly streams: ReadonlyMap<string, StreamPlan>;

  /** @param known prices and measurements of the user's own */
  constructor(readonly topology: Topology, readonly plan: Plan, private readonly known: CostOptions = {}) {
    this.readings = new Readings(topology, plan, known);
    this.hosts = new Map(plan.hosts.map((host) => [host.name, host]));
    this.streams = new Map(plan.streams.map((stream) => [stream.name, stream]));
  }

  get capacity(): Capacity { return this.readings.capacity; }
  get cost(): CostEstimate { return this.readings.cost; }
  /** What capacity counts a host's processor with. */
  machine(host: Host): HostMachine { return machineOf(this.topology, host, this.known.calibration); }
  /** The same of the first transcoder that carries a stream. */
  machineFor(stream: StreamPlan): HostMachine { return this.machine(this.host(stream.transcoders[0] ?? "") as Host); }
  host(name: string): Host | undefined { return this.hosts.get(name); }
  stream(name: string): StreamPlan | undefined { return this.streams.get(name); }
}

/** Which of two hosts opens the connection, and to which listeners of the other. */
export interface Link { readonly from: Host; readonly to: Host; readonly listeners: readonly Listener[] }

/** The connection between two hosts, in whichever direction the plan has one. */
export function linkBetween(context: Context, a: string, b: string): Link | null {
  const [one, other] = [context.host(a), context.host(b)];
  if (one === undefined || other === undefined) return null;
  for (const [from, to] of [[one, other], [other, one]] as const) {
    const listeners = to.listeners.filter((l) => l.from.some((peer) => peer.kind === "host" && peer.host === from.name));
    if (listeners.length > 0) return { from, to, listeners };
  }
  return null;
}

/** Streams that go from one host to another. */
export function streamsOver(context: Context, { from, to }: Link): StreamPlan[] {
  return context.plan.streams.filter((stream) => stream.transcoders.includes(to.name)
    && (from.role === "multiplexer" ? stream.publish.some((path) => path.multiplexers.includes(from.name)) : stream.distributors.includes(from.name)));
}
