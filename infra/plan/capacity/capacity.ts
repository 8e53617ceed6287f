import type { Topology } from "../../spec/topology.ts";
import type { Host, Plan, Role, StreamPlan } from "../model.ts";
import { cpuModel, tlsMbpsPerCore, type Calibration } from "./calibration.ts";
import { WORKER_CONNECTIONS } from "./connections.ts";
import { CPU_USE, streamCpu, testPictureCpu, vcpusFor, type CpuModel, type StreamCpu } from "./cpu.ts";
import { behindCdn, demands, directViewers, NGINX_MBPS_PER_CORE, viewerKbps, type Demand } from "./demand.ts";
import { firstToBreak, type GrowthLimit } from "./growth.ts";
import { internetMbps, isBurstable, LINK_USE, sizeFacts, SUGGESTED, type SizeFacts } from "./sizes.ts";

export interface HostCapacity {
  readonly host: string;
  readonly role: Role;
  readonly region: string;
  /** Null for a host of unknown size (a machine of your own): then there is demand, and no headroom. */
  readonly size: string | null;
  /** Who chose the size: the topology, or this estimate where the topology leaves it out. */
  readonly sizeFrom: "topology" | "chosen" | "unknown";
  readonly demand: Demand;
  /** What the size holds for hours; null where a figure is not known. */
  readonly limit: {
    readonly vcpus: number; readonly memoryMb: number;
    /** Rate held for hours, within the internet gateway's cap where the host has to do with the internet. Never a burst. */
    readonly linkMbps: number | null;
    /** Null where nothing of headend's limits them. */
    readonly connections: number | null;
    readonly diskGb: number | null;
  } | null;
  /** Share of the usable part that is free (70 % of vCPUs, 80 % of the link, all memory); negative: too small. */
  readonly headroom: { readonly cpu: number | null; readonly memory: number | null; readonly link: number | null; readonly connections: number | null; readonly disk: number | null } | null;
  /** What is too small, e.g. "bandwidth". */
  readonly short: readonly Shortage[];
}

export type Shortage = "cpu" | "memory" | "bandwidth" | "connections" | "disk";

export interface StreamCapacity {
  readonly stream: string;
  /** On the first transcoder that carries it. */
  readonly cpu: StreamCpu;
  /** The same with the moving test picture of `headend demo`; null where that was not measured. */
  readonly testPictureCores: number | null;
  /** Where the figures are from. */
  readonly cpuFrom: string;
  readonly copies: number; readonly viewerKbps: number; readonly cdn: boolean }

export interface Capacity {
  readonly hosts: readonly HostCapacity[];
  readonly streams: readonly StreamCapacity[];
  readonly viewers: GrowthLimit;
  /** What the figures leave out or assume, in words. */
  readonly notes: readonly string[];
}

export interface CapacityOptions {
  /** Sizes hosts without one even outside AWS regions, for a cost estimate. @default false */
  readonly choose?: boolean;
  /** What `headend bench --calibrate` measured; it replaces the defaults for the machine and host types it holds. */
  readonly calibration?: Calibration | undefined;
}

/** Hosts whose size is left out: chosen where the region is an AWS one, else unknown. */
function knownSize(topology: Topology, host: Host): string | "choose" | null {
  return host.size ?? (topology.regions[host.region]?.aws == null ? null : "choose");
}

/** What a host's processor takes: for a stream's encoding, and for HTTPS in Mbps of one core. */
export interface HostMachine { readonly cpu: CpuModel; readonly tlsMbpsPerCore: number }

/** The figures that {@link capacity} counts a host with. */
export function machineOf(topology: Topology, host: Host, calibration?: Calibration): HostMachine {
  const { modelOf, tlsOf } = machines(new Map([[host.name, knownSize(topology, host)]]), calibration);
  return { cpu: modelOf(host.name), tlsMbpsPerCore: tlsOf(host.name) };
}

function machines(wanted: ReadonlyMap<string, string | null>, calibration: Calibration | undefined) {
  // Suggested sizes are Graviton ones.
  const sizeOf = (host: string): string | null => { const size = wanted.get(host) ?? null; return size === "choose" ? SUGGESTED.transcoder[0] : size; };
  const models = new Map<string | null, CpuModel>();
  const modelOf = (host: string): CpuModel => {
    const size = sizeOf(host);
    const model = models.get(size) ?? cpuModel(size, calibration);
    models.set(size, model);
    return model;
  };
  return { models, modelOf, tlsOf: (host: string): number => tlsMbpsPerCore(sizeOf(host), calibration, NGINX_MBPS_PER_CORE) };
}

/**
 * Processor, memory, links and disks of every host against its size, and the first thing to break as viewers grow.
 * Pure; the formulas are those of knowledge sizing-and-cost 1 and 3.
 */
export function capacity(topology: Topology, plan: Pick<Plan, "hosts" | "streams">, { choose = false, calibration }: CapacityOptions = {}): Capacity {
  const wanted = new Map(plan.hosts.map((host) => [host.name, knownSize(topology, host) ?? (choose ? "choose" : null)]));
  const { models, modelOf, tlsOf } = machines(wanted, calibration);
  const most = (region: string): number => topology.distributors[region]?.max ?? 1;
  const demand = demands(topology, plan, {
    cpuOf: (host) => modelOf(host.name), counts: most, tlsMbpsPerCore: (host) => tlsOf(host.name),
  });
  const chosen = groupSizes(plan.hosts, demand);
  const diskOf = (host: Host): number | null => (host.role === "multiplexer" ? topology.multiplexers[host.region]?.diskGb ?? null : null);
  const hosts = plan.hosts.map((host) => hostCapacity(host, demand.get(host.name) as Demand, wanted.get(host.name) ?? null, chosen, diskOf(host)));
  const streams = plan.streams.map((stream): StreamCapacity => ({
    stream: stream.name, ...cpuFigures(stream, modelOf(stream.transcoders[0] ?? "")), copies: stream.transcoders.length, viewerKbps: Math.round(viewerKbps(stream)), cdn: behindCdn(topology, stream),
  }));
  const sizeIn = (region: string): string | null => hosts.find((h) => h.role === "distributor" && h.region === region)?.size ?? null;
  return {
    hosts,
    streams,
    viewers: firstToBreak(topology, plan, directViewers(topology, plan), (region) => facts(sizeIn(region)),
      (region) => tlsMbpsPerCore(sizeIn(region), calibration, NGINX_MBPS_PER_CORE)),
    notes: notes(topology, plan, hosts, [...models.values()], streams),
  };
}

function cpuFigures(stream: StreamPlan, model: CpuModel): Pick<StreamCapacity, "cpu" | "testPictureCores" | "cpuFrom"> {
  return { cpu: streamCpu(stream, model), testPictureCores: testPictureCpu(stream, model)?.cores ?? null, cpuFrom: model.from };
}

function facts(size: string | null): SizeFacts | null {
  return size === null ? null : sizeFacts(size);
}

/** Hosts of a role in a region have one size: that of the busiest. */
function groupSizes(hosts: readonly Host[], demand: ReadonlyMap<string, Demand>): Map<string, string> {
  const sizes = new Map<string, string>();
  for (const host of hosts) {
    const order: readonly string[] = SUGGESTED[host.role];
    const size = chooseSize(host.role, demand.get(host.name) as Demand);
    const known = sizes.get(groupOf(host));
    if (known === undefined || order.indexOf(size) > order.indexOf(known)) sizes.set(groupOf(host), size);
  }
  return sizes;
}

const groupOf = (host: Host): string => `${host.role} ${host.region}`;

function hostCapacity(host: Host, demand: Demand, wanted: string | null, chosen: ReadonlyMap<string, string>, diskGb: number | null): HostCapacity {
  const size = wanted === "choose" ? chosen.get(groupOf(host)) ?? null : wanted;
  const known = facts(size);
  const full = diskGb !== null && demand.diskGb > diskGb ? ["disk" as const] : [];
  const base = { host: host.name, role: host.role, region: host.region, size, demand, sizeFrom: wanted === "choose" ? "chosen" : wanted === null ? "unknown" : "topology" } as const;
  if (known === null) return { ...base, limit: null, headroom: null, short: full };
  const linkMbps = link(host.role, known);
  const free = (need: number | null, limit: number | null): number | null => (need === null || limit === null ? null : 1 - need / limit);
  const headroom = {
    cpu: free(demand.cores, known.vcpus * CPU_USE), memory: free(demand.memoryMb, known.memoryMb),
    link: free(Math.max(demand.inMbps, demand.outMbps), linkMbps === null ? null : linkMbps * LINK_USE),
    connections: free(demand.connections, connectionsOf(host.role, known)), disk: free(demand.diskGb, diskGb),
  };
  const limit = { vcpus: known.vcpus, memoryMb: known.memoryMb, linkMbps, connections: connectionsOf(host.role, known), diskGb };
  return { ...base, limit, headroom, short: [...shortages(host.role, known, demand), ...full] };
}

/** Transcoders talk to our own hosts only; the others reach the internet through its gateway. */
function link(role: Role, size: SizeFacts): number | null {
  return role === "transcoder" ? size.baselineMbps : internetMbps(size);
}

/** nginx stands on distributors and transcoders; MediaMTX on multiplexers has no such limit. */
function connectionsOf(role: Role, size: SizeFacts): number | null {
  return role === "multiplexer" ? null : size.vcpus * WORKER_CONNECTIONS;
}

function shortages(role: Role, size: SizeFacts, { cores, memoryMb, inMbps, outMbps, connections }: Demand): Shortage[] {
  const mbps = link(role, size);
  return [
    ...(cores !== null && vcpusFor(cores) > size.vcpus ? ["cpu" as const] : []),
    ...(memoryMb !== null && memoryMb > size.memoryMb ? ["memory" as const] : []),
    ...(mbps !== null && Math.max(inMbps, outMbps) > mbps * LINK_USE ? ["bandwidth" as const] : []),
    ...(connections > (connectionsOf(role, size) ?? Infinity) ? ["connections" as const] : []),
  ];
}

/** The cheapest suggested size that holds the demand; the largest one when none does. */
export function chooseSize(role: Role, demand: Demand): string {
  const sizes = SUGGESTED[role];
  return sizes.find((name) => shortages(role, sizeFacts(name) as SizeFacts, demand).length === 0) ?? sizes.at(-1) as string;
}

function notes(topology: Topology, plan: Pick<Plan, "streams">, hosts: readonly HostCapacity[], models: readonly CpuModel[], streams: readonly StreamCapacity[]): string[] {
  const odd = [...new Set(hosts.filter((h) => h.size !== null && h.limit === null).map((h) => h.size))];
  const slow = plan.streams.filter((s) => s.encoder.kind === "x264" && models.some((model) => model.presets[s.encoder.preset] === undefined)).map((s) => s.name);
  const bursting = [...new Set(hosts.filter((h) => isBurstable(h.size ?? "") && h.role === "transcoder").map((h) => h.size))];
  const growing = Object.entries(topology.distributors).filter(([, { min, max }]) => max > min);
  const easy = streams.filter(({ testPictureCores }) => testPictureCores !== null);
  return [
    ...(easy.length > 0 ? [`Counted for a camera's picture. With the test picture of \`headend demo\`: ${easy.slice(0, 4).map((s) => `${s.stream} ${s.testPictureCores?.toFixed(2)} cores`).join(", ")}${easy.length > 4 ? ", …" : ""}.`] : []),
    ...(models.length > 0 ? [`Processor: ${[...new Set(models.map(({ from }) => from))].join("; ")}.${models.every((m) => m.measured) ? "" : " `headend bench --calibrate` measures this machine instead."}`] : []),
    ...(growing.length > 0 ? [`Distributors are counted at their largest number: ${growing.map(([region, { max }]) => `${max} in ${region}`).join(", ")}.`] : []),
    ...(hosts.some((h) => h.sizeFrom === "unknown") ? ["Hosts without a size: demand only, since nothing says what the machine holds."] : []),
    ...(odd.length > 0 ? [`Not in the table of sizes, so demand only: ${odd.join(", ")}.`] : []),
    ...(slow.length > 0 ? [`Encoder presets slower than medium were not measured; counted as medium, which is too little: ${slow.join(", ")}.`] : []),
    ...(bursting.length > 0 ? [`${bursting.join(", ")} encode on CPU credits: what they hold for hours is less than shown and not counted.`] : []),
    ...(plan.streams.some((s) => s.encoder.kind !== "x264") ? ["Hardware encoders: processor of decoding only; the device's own limit is not counted."] : []),
    ...(plan.streams.some((s) => behindCdn(topology, s)) ? [`CDN to distributors: each object once for ${topology.cdn?.shield ? "the shield" : "each regional cache near viewers (at most 3 in a price region)"}; the CDN's own quotas are not counted.`] : []),
    "Not counted, because never measured: processor and memory of multiplexers, memory of encoders beyond the 4 GB floor.",
  ];
}
