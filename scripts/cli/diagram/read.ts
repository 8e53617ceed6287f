import { capacity, type HostCapacity } from "../../../infra/plan/capacity/capacity.ts";
import { expectedViewers, viewerKbps } from "../../../infra/plan/capacity/demand.ts";
import type { Host, Listener, Plan, Role, StreamPlan } from "../../../infra/plan/model.ts";
import type { Topology } from "../../../infra/spec/topology.ts";
import { rate } from "../../../infra/plan/lint/facts.ts";
import { Flows } from "./flows.ts";
import type { Box, Card, Diagram } from "./model.ts";

/** Up to so many links from streams to multiplexers, each stream has a box of its own. */
const OWN_LINKS = 4;

/** The diagram of a topology and its plan, every host in it. */
export function readDiagram(topology: Topology, plan: Plan): Diagram {
  const held = new Map(capacity(topology, plan).hosts.map((host) => [host.host, host]));
  const flows = new Flows(topology, plan, streamBoxOf(plan));
  const viewers = Object.values(topology.streams).reduce((sum, s) => sum + Object.values(s.viewers).reduce((a, b) => a + b, 0), 0);
  const count = (n: number, word: string): string => `${n.toLocaleString("en-US")} ${word}${n === 1 ? "" : "s"}`;
  return {
    name: plan.name,
    summary: [count(plan.streams.length, "stream"), count(plan.hosts.length, "host"), count(Object.keys(topology.regions).length, "region"), ...(viewers > 0 ? [`${viewers.toLocaleString("en-US")} viewers expected`] : [])].join(" · "),
    regions: Object.entries(topology.regions).map(([name, { aws, zones }]) => ({ name, title: [name, ...(aws === null ? [] : [aws]), ...(zones > 1 ? [`${zones} zones`] : [])].join(" · "), mark: "same" })),
    boxes: [...streamBoxes(plan), ...hostBoxes(topology, plan, held), ...platformBoxes(plan), ...cdnBoxes(topology), ...viewerBoxes(topology, plan)],
    edges: flows.edges(), compared: false, notes: [],
  };
}

function ownBoxes(plan: Plan): boolean {
  const groups = new Set(plan.hosts.filter((host) => host.role === "multiplexer").map((host) => host.region));
  return plan.streams.length === 1 || plan.streams.length * groups.size <= OWN_LINKS;
}

/** Few streams have a box each; many share one. */
function streamBoxOf(plan: Plan): (stream: string) => string {
  return ownBoxes(plan) ? (stream) => `stream ${stream}` : () => "streams";
}

function streamBoxes(plan: Plan): Box[] {
  const base = { kind: "stream", region: null, usage: null, more: 0, mark: "same" } as const;
  if (!ownBoxes(plan)) return [{ ...base, id: "streams", title: `${plan.streams.length.toLocaleString("en-US")} streams`, lines: [], cards: plan.streams.map(streamCard) }];
  return plan.streams.map((stream) => ({
    ...base, id: `stream ${stream.name}`, title: stream.name,
    lines: [`${stream.source.width}×${stream.source.height}, ${stream.source.fps} fps, ${rate(stream.source.bitrateKbps)}`, `${stream.latency}: ${stream.renditions.map((r) => r.name).join(", ")}`],
    cards: stream.publish.map((path): Card => ({ id: `publisher ${stream.name}/${path.publisher}`, title: `${path.publisher}${path.backup ? " (backup)" : ""}`, lines: [path.via.join(", then ")], usage: null, load: null, mark: "same" })),
  }));
}

function streamCard(stream: StreamPlan): Card {
  return {
    id: `stream ${stream.name}`, title: stream.name, usage: null, load: null, mark: "same",
    lines: [`${stream.source.height}p, ${rate(stream.source.bitrateKbps)}, ${stream.latency}`, stream.publish.map((p) => p.publisher).join(", ")],
  };
}

const PLURAL: Readonly<Record<Role, string>> = { multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" };
const SHORT: Readonly<Record<Role, string>> = { multiplexer: "mux", transcoder: "tx", distributor: "dist" };

/** Identity of the box that a host stands in. */
export function boxOf(host: Pick<Host, "role" | "region">): string {
  return `${SHORT[host.role]}-${host.region}`;
}

function hostBoxes(topology: Topology, plan: Plan, held: ReadonlyMap<string, HostCapacity>): Box[] {
  const groups = new Map<string, Host[]>();
  for (const host of plan.hosts) groups.set(boxOf(host), [...groups.get(boxOf(host)) ?? [], host]);
  const carried = new Map<string, string[]>();
  for (const stream of plan.streams) for (const tx of stream.transcoders) carried.set(tx, [...carried.get(tx) ?? [], stream.name]);
  return [...groups].map(([id, hosts]): Box => {
    const { role, region } = hosts[0]!;
    return {
      id, kind: role, region, title: hosts.length === 1 ? role : `${hosts.length} ${PLURAL[role]}`, more: 0, usage: null, mark: "same",
      lines: [...growth(topology, hosts[0]!), ...portLines(hosts)], cards: hosts.map((host) => hostCard(host, held.get(host.name)!, carried.get(host.name) ?? [])),
    };
  });
}

/** How far a group of distributors grows. */
function growth({ distributors }: Topology, { role, region }: Host): string[] {
  const group = role === "distributor" ? distributors[region] : undefined;
  return group === undefined || group.max === group.min ? [] : [`up to ${group.max} as viewers come`];
}

/** Ports that publishers and viewers use; those between hosts stand at the links. */
function portLines(hosts: readonly Host[]): string[] {
  const outside = (l: Listener): boolean => l.plane === "ingest" || l.plane === "edge";
  const ports = new Map<string, Set<number>>();
  for (const l of hosts.flatMap((host) => host.listeners.filter(outside))) ports.set(l.name, (ports.get(l.name) ?? new Set()).add(l.port));
  const texts = [...ports].map(([name, set]) => `${name} ${span([...set])}`);
  // Two to a line: five protocols in one would make the box wider than its hosts.
  return Array.from({ length: Math.ceil(texts.length / 2) }, (_, i) => texts.slice(2 * i, 2 * i + 2).join(" · "));
}

function span(ports: readonly number[]): string {
  const [low, high] = [Math.min(...ports), Math.max(...ports)];
  return low === high ? String(low) : `${low}–${high}`;
}

function hostCard(host: Host, { size, demand, headroom }: HostCapacity, streams: readonly string[]): Card {
  const zone = "abcdefghijklmnopqrstuvwxyz"[host.zone] ?? String(host.zone);
  const parts = Object.entries(headroom ?? {}).flatMap(([what, free]) => (free === null ? [] : [{ what, used: 1 - free }]));
  const most = parts.length === 0 ? null : parts.reduce((a, b) => (b.used > a.used ? b : a));
  const need = host.role === "transcoder" && demand.cores !== null ? `${demand.cores.toFixed(1)} cores` : `${rate(demand.outMbps * 1000)} out`;
  const carries = host.role !== "transcoder" ? [] : [streams.length === 0 ? "no stream" : streams.length <= 2 ? streams.join(", ") : `${streams.length} streams`];
  return {
    id: `host ${host.name}`, title: host.name, mark: "same", load: most?.used ?? null,
    lines: [[...(size === null ? [] : [size]), `zone ${zone}`].join(" · "), ...carries],
    usage: most === null ? need : `${most.what} ${Math.round(most.used * 100)} % · ${need}`,
  };
}

function platformBoxes(plan: Plan): Box[] {
  const names = new Map<string, number>();
  for (const stream of plan.streams) for (const { name } of stream.restream) names.set(name, (names.get(name) ?? 0) + 1);
  return [...names].map(([name, streams]) => ({ id: `platform ${name}`, kind: "platform", region: null, title: name, lines: [`other platform, ${streams === 1 ? "1 stream" : `${streams} streams`}`], usage: null, cards: [], more: 0, mark: "same" }));
}

function cdnBoxes({ cdn }: Topology): Box[] {
  return cdn?.provider === "cloudfront" ? [{ id: "cdn", kind: "cdn", region: null, title: "CloudFront", lines: cdn.shield ? ["with origin shield"] : [], usage: null, cards: [], more: 0, mark: "same" }] : [];
}

function viewerBoxes(topology: Topology, plan: Plan): Box[] {
  const expected = new Map<string, { count: number; mbps: number }>();
  for (const stream of plan.streams) {
    for (const [region, count] of expectedViewers(topology, stream.name)) {
      const known = expected.get(region) ?? { count: 0, mbps: 0 };
      expected.set(region, { count: known.count + count, mbps: known.mbps + (count * viewerKbps(stream)) / 1000 });
    }
  }
  const regions = Object.keys(topology.distributors);
  return regions.map((region): Box => {
    const now = expected.get(region);
    return {
      id: `viewers ${region}`, kind: "viewers", region: null, title: regions.length === 1 ? "Viewers" : `Viewers, ${region}`, more: 0, mark: "same", cards: [],
      lines: now === undefined || now.count === 0 ? ["none expected"] : [`${now.count.toLocaleString("en-US")} at once`],
      usage: now === undefined || now.count === 0 ? null : `up to ${rate(now.mbps * 1000)}`,
    };
  });
}

