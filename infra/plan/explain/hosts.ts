import type { Host, Plan } from "../model.ts";
import { CPU_USE, cpuSource, streamCpu } from "../capacity/cpu.ts";
import { sizeFacts, LINK_USE, SUGGESTED } from "../capacity/sizes.ts";
import type { HostCapacity } from "../capacity/capacity.ts";
import { GROUP, type Context } from "./context.ts";
import { few, figure, type Answer, type Cause, type Formula } from "./explanation.ts";

/** Streams that pass a host. */
function streamsAt(plan: Plan, host: Host): readonly { readonly name: string }[] {
  if (host.role === "transcoder") return plan.streams.filter((s) => s.transcoders.includes(host.name));
  if (host.role === "distributor") return plan.streams.filter((s) => s.distributors.includes(host.name));
  return plan.streams.filter((s) => s.publish.some((path) => path.multiplexers.includes(host.name)));
}

/** Why a host is there, why it has its name and zone, and what passes through it. */
export function explainHost(context: Context, host: Host): Answer {
  const { topology, plan } = context;
  const group = GROUP[host.role];
  const mates = plan.hosts.filter((h) => h.role === host.role && h.region === host.region);
  const index = mates.findIndex((h) => h.name === host.name);
  const zones = topology.regions[host.region]?.zones ?? 1;
  const held = capacityOf(context, host);
  const streams = streamsAt(plan, host).map((s) => s.name);
  return {
    thing: `host ${host.name}`,
    is: `${host.name} is ${host.role} ${index + 1} of ${mates.length} in ${host.region}, ${held.size ?? "of any size"}; ${streams.length === 1 ? streams[0] : `${streams.length} streams`} ${streams.length === 1 ? "passes" : "pass"} through it.`,
    causes: [
      { path: [group, host.region], why: `asks for ${mates.length} ${mates.length === 1 ? host.role : group} in ${host.region}; this is number ${index + 1}` },
      { path: ["regions", host.region], why: "is the region it stands in" },
      sizeCause(host, held),
      ...(host.role === "transcoder" ? few(streams.map((name) => ({ path: ["streams", name], why: `${name} is placed on it` }))) : []),
    ],
    rule: { name: host.provenance.rule, in: "infra/plan/hosts.ts", says: `one host for each that a group asks for; the name is role, region and ${host.role === "multiplexer" ? "letter" : "number"}, so that another group renames nothing` },
    formulas: [
      { what: "zone", formula: "in turn over the zones of the region, so that one more host or zone moves none that was there", numbers: `number ${index + 1} of ${mates.length} over ${zones} ${zones === 1 ? "zone" : "zones"}`, result: "abcdefghijklmnopqrstuvwxyz"[host.zone] ?? String(host.zone), source: "knowledge: aws 1 (spread over zones), infra/plan/hosts.ts" },
      ...(host.role === "transcoder" ? [{ what: "streams it carries", formula: "highest SHA-256 score of stream and host name, in zones not used yet", numbers: `${plan.streams.length} streams over ${mates.length} in ${host.region}`, result: streams.length === 0 ? "none" : short(streams), source: "rendezvous hashing (Thaler & Ravishankar 1998), infra/plan/placement.ts" }] : []),
    ],
    facts: [
      ["address", host.address], ["planes", host.planes.join(", ")],
      ["ports", host.listeners.map((l) => `${l.port}/${l.transport} ${l.name}`).join(", ") || "none"],
      ["talks to", host.peers.length === 0 ? "nobody" : short(host.peers)],
    ],
    see: [`capacity ${host.name}`, ...host.listeners.slice(0, 3).map((l) => `port ${l.port}@${host.name}`), ...host.peers.slice(0, 2).map((peer) => `link ${host.name} ${peer}`)],
  };
}

const short = (names: readonly string[]): string => (names.length <= 6 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`);

function capacityOf(context: Context, host: Host): HostCapacity {
  return context.capacity.hosts.find((h) => h.host === host.name)!;
}

function sizeCause(host: Host, held: HostCapacity): Cause {
  const group = GROUP[host.role];
  if (held.sizeFrom === "topology") return { path: [group, host.region, "size"], why: `gives it the size ${held.size}` };
  if (held.sizeFrom === "unknown") return { path: ["regions", host.region, "aws"], why: "no size and no AWS region: it is whatever machine you run it on" };
  return { path: [group, host.region, "size"], why: `${held.size} is the cheapest of ${SUGGESTED[host.role].length} suggested sizes that holds what is expected of the group's busiest host` };
}

/** What a host has to carry against what its size holds, number by number. */
export function explainCapacity(context: Context, host: Host): Answer {
  const held = capacityOf(context, host);
  const { demand, limit, headroom } = held;
  const known = held.size === null ? null : sizeFacts(held.size);
  const free = (share: number | null | undefined): string => (share === null || share === undefined ? "" : `, ${Math.floor(share * 100)} % free`);
  const formulas: Formula[] = [
    ...cpuFormulas(context, host, held),
    ...(demand.memoryMb === null ? [] : [{ what: "memory", formula: "what is known of", numbers: `${figure(demand.memoryMb, 0)} MB${limit === null ? "" : ` of ${figure(limit.memoryMb, 0)} MB`}`, result: `${figure(demand.memoryMb / 1000, 1)} GB${free(headroom?.memory)}`, source: "infra/plan/capacity/demand.ts (knowledge: requirements 12; segments and caches as rendered)" }]),
    { what: "traffic in", formula: IN[host.role], numbers: `${figure(demand.inMbps)} Mbps`, result: `${figure(demand.inMbps)} Mbps`, source: "knowledge: sizing-and-cost 3" },
    {
      what: "traffic out", formula: OUT[host.role], numbers: `${figure(demand.outMbps)} Mbps${limit?.linkMbps ? ` of ${figure(limit.linkMbps)} Mbps × ${LINK_USE}` : ""}`,
      result: `${figure(demand.outMbps)} Mbps${free(headroom?.link)}`, source: "knowledge: sizing-and-cost 3 (sustained rate within the internet gateway's cap; 80 % is planned with)",
    },
    ...(demand.diskGb > 0 ? [{ what: "disk", formula: "sum over publishers of recorded streams: Mbps ÷ 8,000 × seconds kept", numbers: recordNumbers(context, host), result: `${figure(demand.diskGb, 1)} GB`, source: "infra/plan/capacity/demand.ts; within the event where there is one" }] : []),
    ...(demand.viewers > 0 ? [{ what: "viewers", formula: "viewers of the region that reach distributors ÷ distributors at their most", numbers: `÷ ${context.topology.distributors[host.region]?.max ?? 1}`, result: figure(demand.viewers, 0), source: "infra/plan/capacity/demand.ts" }] : []),
  ];
  return {
    thing: `capacity ${host.name}`,
    is: limit === null
      ? `${host.name} has ${held.size === null ? "no size" : `the size ${held.size}, which is not in the table`}: there is demand, but nothing to hold it against.`
      : `${host.name} is ${held.size}: ${limit.vcpus} vCPUs, ${figure(limit.memoryMb / 1000, 0)} GB, ${limit.linkMbps === null ? "a network of unknown rate" : `${figure(limit.linkMbps)} Mbps for hours`}${held.short.length > 0 ? `. Too small: ${held.short.join(", ")}` : ""}.`,
    causes: [
      sizeCause(host, held),
      ...few(streamsAt(context.plan, host).flatMap(({ name }): Cause[] => [
        { path: ["streams", name, host.role === "distributor" ? "viewers" : "source", ...(host.role === "distributor" ? [] : ["bitrateKbps"])], why: `${name} is part of the load` },
      ]), 3),
    ],
    rule: { name: "capacity", in: "infra/plan/capacity/capacity.ts", says: "worst case on purpose: every publisher, backups too, on the same multiplexer; every distributor at the same transcoder; every viewer on the best rendition" },
    formulas,
    facts: known === null ? [] : [["size", `${known.architecture === "arm" ? "Graviton: full cores" : "x86: hardware threads"}; network from knowledge sizing-and-cost 3`]],
    see: [`host ${host.name}`, "cost compute"],
  };
}

const IN = {
  multiplexer: "sum of source bitrate of all its publishers", transcoder: "sum of source bitrate × publishers of its streams", distributor: "sum of all renditions and audio it serves, each object once",
} as const;
const OUT = {
  multiplexer: "sum of source bitrate × (transcoders + platforms) for each publisher", transcoder: "sum of renditions and audio × distributors", distributor: "viewers × best rendition ÷ distributors, plus each object once for the CDN",
} as const;

/** How a stream's cores are counted, and what with. */
const STREAM_CORES = "sum over streams of: stream + decode × Mpx/s + sum over rungs of (encode × Mpx/s + picture × fps) × preset";

function cpuFormulas(context: Context, host: Host, { demand, limit, headroom }: HostCapacity): Formula[] {
  if (demand.cores === null) return [];
  const { cpu, tlsMbpsPerCore } = context.machine(host);
  const streams = host.role === "transcoder" ? context.plan.streams.filter((s) => s.transcoders.includes(host.name)) : [];
  const cpus = streams.map((s) => figure(streamCpu(s, cpu).cores));
  return [{
    what: "processor", formula: host.role === "transcoder" ? STREAM_CORES : `Mbps sent ÷ ${figure(tlsMbpsPerCore, 0)} a core, WebRTC viewers ÷ 50 a core`,
    numbers: `${host.role === "transcoder" ? (cpus.length <= 6 ? cpus.join(" + ") || "0" : `${cpus.length} streams`) : figure(demand.cores)}${limit === null ? "" : ` of ${limit.vcpus} vCPUs × ${CPU_USE}`}`,
    result: `${figure(demand.cores)} cores${headroom?.cpu === null || headroom?.cpu === undefined ? "" : `, ${Math.floor(headroom.cpu * 100)} % free`}`,
    source: host.role === "transcoder" ? cpuSource(cpu) : cpu.measured ? `${cpu.from}; media 6 where TLS was not measured` : "knowledge: media 6 (measured)",
  }];
}

function recordNumbers({ plan, topology }: Context, host: Host): string {
  const parts = plan.streams.filter((s) => s.record !== null).flatMap((s) => s.publish.filter((p) => p.multiplexers.includes(host.name)).map(() => `${figure(s.source.bitrateKbps / 1000)}`));
  const event = topology.event === null ? "" : ", the event at most";
  return parts.length <= 6 ? `(${parts.join(" + ")}) ÷ 8,000 × seconds kept${event}` : `${parts.length} recordings${event}`;
}
