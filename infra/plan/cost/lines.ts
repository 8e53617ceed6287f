import type { Topology } from "../../spec/topology.ts";
import type { Capacity } from "../capacity/capacity.ts";
import { recordedSeconds } from "../capacity/demand.ts";
import { internetMbps, LINK_USE, sizeFacts } from "../capacity/sizes.ts";
import type { Plan } from "../model.ts";
import { micro, sum, times, type Micro } from "./money.ts";
import { cloudfrontCost, computePrice, internetCost, PRICES, regionFactor } from "./prices.ts";
import { add, awsOf, type Traffic } from "./traffic.ts";

export type Item = "compute" | "public IPv4" | "disks" | "CloudFront" | "internet" | "cross-zone" | "cross-region" | "S3";

export interface CostLine {
  readonly item: Item;
  /** e.g. "2 × c7g.2xlarge, tx-eu". */
  readonly what: string;
  readonly quantity: number;
  readonly unit: "host-hour" | "address-hour" | "GB-month" | "GB";
  /** Millionths of a dollar. */
  readonly cost: Micro;
  /** False where the price's own evidence is weak (see prices.json). */
  readonly verified: boolean;
}

/** Hosts of one role in one region. */
export interface Group {
  readonly label: string;
  readonly region: string;
  readonly size: string;
  /** Hosts that always run, and while expected viewers watch. */
  readonly idle: number;
  readonly live: number;
  /** Recording disk of each host. */
  readonly diskGb: number;
}

const SHORT = { multiplexer: "mux", transcoder: "tx", distributor: "dist" } as const;

/** Groups of hosts with their size. Distributors grow with viewers between min and max. */
export function groups(topology: Topology, held: Capacity): Group[] {
  const found = new Map<string, Group>();
  for (const { role, region, size, demand } of held.hosts) {
    const label = `${SHORT[role]}-${region}`;
    const known = found.get(label);
    if (known) found.set(label, { ...known, idle: known.idle + 1, live: known.live + 1, diskGb: Math.max(known.diskGb, demand.diskGb) });
    else found.set(label, { label, region, size: size ?? "", idle: 1, live: 1, diskGb: demand.diskGb });
  }
  return [...found.values()].map((group) => {
    const distributors = group.label.startsWith("dist-") ? topology.distributors[group.region] : undefined;
    if (distributors === undefined) return group;
    const facts = sizeFacts(group.size);
    const link = facts === null ? null : internetMbps(facts);
    const perHost = held.hosts.find((h) => h.role === "distributor" && h.region === group.region)?.demand.outMbps ?? 0;
    const needed = link === null ? distributors.max : Math.ceil((perHost * distributors.max) / (link * LINK_USE));
    return { ...group, live: Math.min(distributors.max, Math.max(distributors.min, needed)) };
  });
}

/** Hosts, their addresses and disks, for some hours. */
export function hostLines(topology: Topology, all: readonly Group[], hours: number, when: "idle" | "live"): CostLine[] {
  const lines = all.flatMap((group): CostLine[] => {
    const price = computePrice(group.size, factorOf(topology, group.region));
    if (price === null) return [];
    const count = group[when];
    return [{ item: "compute", what: `${count} × ${group.size}, ${group.label}`, quantity: count * hours, unit: "host-hour", cost: times(price, count * hours), verified: PRICES.compute.verified }];
  });
  const addresses = all.reduce((total, group) => total + group[when], 0) * hours;
  return [
    ...lines,
    { item: "public IPv4", what: "one for each host", quantity: addresses, unit: "address-hour", cost: times(micro(PRICES.publicIpv4.perHour), addresses), verified: PRICES.publicIpv4.verified },
    ...diskLines(topology, all, hours),
  ];
}

function diskLines(topology: Topology, all: readonly Group[], hours: number): CostLine[] {
  return all.filter((group) => group.diskGb > 0).map((group) => {
    const gb = Math.ceil(group.diskGb) * group.idle;
    const months = (gb * hours) / PRICES.assumptions.hoursInMonth;
    const cost = times(times(micro(PRICES.gp3.perGbMonth), factorOf(topology, group.region)), months);
    return { item: "disks", what: `${gb} GB gp3 for recordings, ${group.label}`, quantity: months, unit: "GB-month", cost, verified: PRICES.gp3.verified };
  });
}

/** Transfer of live hours. Internet tiers count for each AWS region on its own. */
export function trafficLines(topology: Topology, flow: Traffic, hours: number, withViewers: boolean): CostLine[] {
  const internet = new Map<string, number>();
  for (const part of [flow.restream, ...(withViewers ? [flow.viewers] : [])]) for (const [region, gb] of part) add(internet, awsOf(topology, region), gb * hours);
  const cdn = withViewers ? [...flow.cdn] : [];
  const gb = (item: Item, what: string, quantity: number, cost: Micro, verified: boolean): CostLine[] => (quantity === 0 ? [] : [{ item, what, quantity, unit: "GB", cost, verified }]);
  return [
    ...cdn.flatMap(([region, perHour]) => gb("CloudFront", `to viewers, prices of ${region}`, perHour * hours, cloudfrontCost(region, perHour * hours), PRICES.cloudfront.verified)),
    ...[...internet].flatMap(([aws, amount]) => gb("internet", `out of ${aws}`, amount, internetCost(amount), PRICES.internet.verified)),
    ...gb("cross-zone", "between zones, both sides", flow.crossZone * hours, times(micro(PRICES.crossZone.perGb) * 2, flow.crossZone * hours), PRICES.crossZone.verified),
    ...gb("cross-region", "between regions", flow.crossRegion * hours, times(micro(PRICES.crossRegion.perGb), flow.crossRegion * hours), PRICES.crossRegion.verified),
  ];
}

/** A month of all recordings in S3, one copy, once the hosts are gone. */
export function archiveLines(topology: Topology, plan: Plan): CostLine[] {
  const gb = plan.streams.reduce((total, s) => total + s.publish.length * (s.source.bitrateKbps / 8e6) * recordedSeconds(topology, s), 0);
  if (gb === 0) return [];
  const region = Object.keys(topology.multiplexers)[0] ?? "";
  const cost = times(times(micro(PRICES.s3.perGbMonth), factorOf(topology, region)), Math.ceil(gb));
  return [{ item: "S3", what: "recordings of every publisher", quantity: Math.ceil(gb), unit: "GB-month", cost, verified: PRICES.s3.verified }];
}

export function factorOf(topology: Topology, region: string): number {
  return regionFactor(awsOf(topology, region)) ?? 1;
}

export function totalOf(lines: readonly CostLine[]): Micro {
  return sum(lines.map((line) => line.cost));
}
