import type { Topology } from "../../spec/topology.ts";
import type { Capacity } from "../capacity/capacity.ts";
import { recordedSeconds } from "../capacity/demand.ts";
import { internetMbps, LINK_USE, sizeFacts } from "../capacity/sizes.ts";
import type { Plan } from "../model.ts";
import { micro, sum, times, type Micro } from "./money.ts";
import { cloudfrontCost, computePrice, internetCost, regionFactor, requestsCost, type PriceList } from "./prices.ts";
import { add, awsOf, type Traffic } from "./traffic.ts";

export type Item =
  | "compute" | "public IPv4" | "disks" | "CloudFront" | "requests" | "Origin Shield" | "internet" | "cross-zone" | "cross-region" | "logs" | "alarms" | "Route 53" | "S3";

export interface CostLine {
  readonly item: Item;
  /** e.g. "2 × c7g.2xlarge, tx-eu". */
  readonly what: string;
  readonly quantity: number;
  readonly unit: "host-hour" | "address-hour" | "GB-month" | "GB" | "million requests" | "thousand requests" | "alarm-month" | "zone-month" | "check-month" | "dashboard-month";
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

/** Requests that a multipart upload of an hour takes at the most: parts of 16 MB of a few GB (S3 user guide: at most 10,000 parts). */
const PARTS_A_FILE = 200;
const SHORT = { multiplexer: "mux", transcoder: "tx", distributor: "dist" } as const;

/** Groups of hosts with their size. Distributors grow with viewers between min and max. */
export function groups(topology: Topology, held: Capacity): Group[] {
  const found = new Map<string, Group>();
  for (const { role, region, size, demand } of held.hosts) {
    const label = `${SHORT[role]}-${region}`;
    const diskGb = demand.diskGb === 0 ? 0 : (role === "multiplexer" ? topology.multiplexers[region]?.diskGb : null) ?? demand.diskGb;
    const known = found.get(label);
    if (known) found.set(label, { ...known, idle: known.idle + 1, live: known.live + 1, diskGb: Math.max(known.diskGb, diskGb) });
    else found.set(label, { label, region, size: size ?? "", idle: 1, live: 1, diskGb });
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
export function hostLines(topology: Topology, all: readonly Group[], hours: number, when: "idle" | "live", prices: PriceList): CostLine[] {
  const lines = all.flatMap((group): CostLine[] => {
    const price = computePrice(group.size, factorOf(topology, group.region, prices), prices);
    if (price === null) return [];
    const count = group[when];
    return [{ item: "compute", what: `${count} × ${group.size}, ${group.label}`, quantity: count * hours, unit: "host-hour", cost: times(price, count * hours), verified: prices.compute.verified }];
  });
  const addresses = all.reduce((total, group) => total + group[when], 0) * hours;
  return [
    ...lines,
    { item: "public IPv4", what: "one for each host", quantity: addresses, unit: "address-hour", cost: times(micro(prices.publicIpv4.perHour), addresses), verified: prices.publicIpv4.verified },
    ...diskLines(topology, all, hours, when, prices),
  ];
}

function diskLines(topology: Topology, all: readonly Group[], hours: number, when: "idle" | "live", prices: PriceList): CostLine[] {
  const { systemDiskGb, hoursInMonth } = prices.assumptions;
  const months = (gb: number): number => (gb * hours) / hoursInMonth;
  const costOf = (gb: number, region: string): Micro => times(times(micro(prices.gp3.perGbMonth), factorOf(topology, region, prices)), months(gb));
  const line = (gb: number, what: string, cost: Micro): CostLine => ({ item: "disks", what, quantity: months(gb), unit: "GB-month", cost, verified: prices.gp3.verified });
  const hosts = all.reduce((total, group) => total + group[when], 0);
  return [
    line(hosts * systemDiskGb, `${systemDiskGb} GB gp3 of each host`, sum(all.map((group) => costOf(group[when] * systemDiskGb, group.region)))),
    ...all.filter((group) => group.diskGb > 0).map((group) => {
      const gb = Math.ceil(group.diskGb) * group.idle;
      return line(gb, `${gb} GB gp3 for recordings, ${group.label}`, costOf(gb, group.region));
    }),
  ];
}

/** Logs, alarms and names: what watches and finds the hosts. A zone and checks are counted by the hour, as AWS does with most of them. */
export function serviceLines(topology: Topology, plan: Pick<Plan, "streams">, all: readonly Group[], flow: Traffic, hours: number, when: "idle" | "live", prices: PriceList): CostLine[] {
  const { hoursInMonth, logMbPerHostHour, alarmsPerHost, alarmsPerStream, accessLogBytes } = prices.assumptions;
  const months = hours / hoursInMonth;
  const hosts = all.reduce((total, group) => total + group[when], 0);
  const requests = when === "live" ? [...flow.requests.values()].reduce((a, b) => a + b, 0) * hours : 0;
  const logGb = (hosts * hours * logMbPerHostHour) / 1000;
  const alarms = topology.observe.alerts.email === null ? 0 : hosts * alarmsPerHost + plan.streams.length * alarmsPerStream;
  const checks = topology.domain === null ? 0 : all.filter(({ label }) => !label.startsWith("tx-")).reduce((total, group) => total + group[when], 0);
  // A player asks again when the answer has run out.
  const queries = topology.domain === null || when === "idle" ? 0 : (flow.directViewers * 3600 * hours) / topology.dns.ttlSeconds;
  const line = (item: Item, what: string, quantity: number, unit: CostLine["unit"], dollars: number, verified: boolean): CostLine[] =>
    (quantity === 0 ? [] : [{ item, what, quantity, unit, cost: times(micro(dollars), quantity), verified }]);
  return [
    ...line("logs", `CloudWatch, ${logMbPerHostHour} MB an hour of each host`, logGb, "GB", prices.logs.ingestPerGb, prices.logs.verified),
    ...line("logs", "CloudFront's access logs, a month in S3", (requests * accessLogBytes) / 1e9, "GB-month", prices.s3.perGbMonth, prices.s3.verified),
    ...line("alarms", `${alarms} alarms`, alarms * months, "alarm-month", prices.logs.alarmPerMonth, prices.logs.verified),
    ...line("alarms", "dashboard", topology.observe.alerts.email === null ? 0 : months, "dashboard-month", prices.logs.dashboardPerMonth, prices.logs.verified),
    ...line("Route 53", "zone", topology.domain === null ? 0 : months, "zone-month", prices.route53.zonePerMonth, prices.route53.verified),
    ...line("Route 53", `${checks} health checks every 10 s`, checks * months, "check-month", prices.route53.healthCheckPerMonth + prices.route53.fastIntervalPerMonth, prices.route53.verified),
    ...line("Route 53", "queries for the nearest distributor", queries / 1e6, "million requests", prices.route53.latencyQueriesPerMillion, prices.route53.verified),
  ];
}

/** Transfer of live hours. Internet tiers count for each AWS region on its own. */
export function trafficLines(topology: Topology, flow: Traffic, hours: number, withViewers: boolean, prices: PriceList): CostLine[] {
  const internet = new Map<string, number>();
  for (const part of [flow.restream, ...(withViewers ? [flow.viewers] : [])]) for (const [region, gb] of part) add(internet, awsOf(topology, region), gb * hours);
  const cdn = withViewers ? [...flow.cdn] : [];
  const gb = (item: Item, what: string, quantity: number, cost: Micro, verified: boolean): CostLine[] => (quantity === 0 ? [] : [{ item, what, quantity, unit: "GB", cost, verified }]);
  return [
    ...cdn.flatMap(([region, perHour]) => gb("CloudFront", `to viewers, prices of ${region}`, perHour * hours, cloudfrontCost(region, perHour * hours, prices), prices.cloudfront.verified)),
    ...(withViewers ? requestLines(flow, hours, prices) : []),
    ...[...internet].flatMap(([aws, amount]) => gb("internet", `out of ${aws}`, amount, internetCost(amount, prices), prices.internet.verified)),
    ...gb("cross-zone", "between zones, both sides", flow.crossZone * hours, times(micro(prices.crossZone.perGb) * 2, flow.crossZone * hours), prices.crossZone.verified),
    ...gb("cross-region", "between regions", flow.crossRegion * hours, times(micro(prices.crossRegion.perGb), flow.crossRegion * hours), prices.crossRegion.verified),
  ];
}

function requestLines(flow: Traffic, hours: number, prices: PriceList): CostLine[] {
  const line = (item: Item, what: string, requests: number, cost: Micro, verified: boolean): CostLine[] =>
    (requests === 0 ? [] : [{ item, what, quantity: requests / 1e6, unit: "million requests", cost, verified }]);
  return [
    ...[...flow.requests].flatMap(([region, perHour]) => line("requests", `of viewers to CloudFront, prices of ${region}`, perHour * hours, requestsCost(region, perHour * hours, prices), prices.requests.verified)),
    ...line("Origin Shield", "of CloudFront's caches to the shield", flow.shieldRequests * hours, times(micro(prices.shield.per10000), (flow.shieldRequests * hours) / 10_000), prices.shield.verified),
  ];
}

/** A month of all recordings in S3, one copy, once the hosts are gone; and their upload. */
export function archiveLines(topology: Topology, plan: Pick<Plan, "streams">, prices: PriceList): CostLine[] {
  const gb = plan.streams.reduce((total, s) => total + s.publish.length * (s.source.bitrateKbps / 8e6) * recordedSeconds(topology, s), 0);
  if (gb === 0) return [];
  const region = Object.keys(topology.multiplexers)[0] ?? "";
  const cost = times(times(micro(prices.s3.perGbMonth), factorOf(topology, region, prices)), Math.ceil(gb));
  const files = plan.streams.reduce((total, s) => total + s.publish.length * Math.ceil(recordedSeconds(topology, s) / 60 / prices.assumptions.s3PartMinutes), 0);
  return [{ item: "S3", what: "recordings of every publisher", quantity: Math.ceil(gb), unit: "GB-month", cost, verified: prices.s3.verified },
    { item: "S3", what: "uploads, a file an hour in parts", quantity: (files * PARTS_A_FILE) / 1000, unit: "thousand requests", cost: times(micro(prices.s3.putPerThousand), (files * PARTS_A_FILE) / 1000), verified: prices.s3.verified }];
}

export function factorOf(topology: Topology, region: string, prices: PriceList): number {
  return regionFactor(awsOf(topology, region), prices) ?? 1;
}

export function totalOf(lines: readonly CostLine[]): Micro {
  return sum(lines.map((line) => line.cost));
}
