import type { Topology } from "../../spec/topology.ts";
import { capacity } from "../capacity/capacity.ts";
import { sizeFacts } from "../capacity/sizes.ts";
import type { Plan, StreamPlan } from "../model.ts";
import { planTopology } from "../plan.ts";
import { estimateTotal, type CostOptions } from "./estimate.ts";
import type { Micro } from "./money.ts";
import { PRICES, regionFactor, type PriceList } from "./prices.ts";

/** An edit of the topology that makes it cheaper. */
export interface CheaperChange {
  /** e.g. "leave out the top rung of main-stage". */
  readonly what: string;
  /** What to write, and where. */
  readonly edit: string;
  /** For the event, or for a live hour where there is none. */
  readonly saving: Micro;
  /** Who would notice, and what. */
  readonly felt: string;
}

type Planned = Pick<Plan, "hosts" | "streams">;
interface Variant extends Omit<CheaperChange, "saving"> {
  /** Of several variants of a kind only the best is told. */
  readonly kind: string;
  readonly topology: Topology;
  readonly plan: () => Planned;
}

/** Savings below this share of the total, or below this amount, do not matter, even where nothing larger is to be had. */
const LEAST_SHARE = 0.002;
const LEAST: Micro = 0.01e6;
/** What a top rung can lose before many see it (requirements 4: 1080p at 3 to 6 Mbps, so that 4.5 instead of 6 stays within). */
const BITRATE_LEFT = 0.75;
/** Beyond it no stream is looked at on its own, nothing is placed anew and only delivery, most of the bill, is varied: every answer within two seconds. */
const MANY_STREAMS = 200;

/**
 * The changes that save the most, each computed by planning and estimating the topology with it. Variants that leave a host too small
 * which was not, or save too little to matter, are left out; of one kind the best stays. Pure.
 */
export function cheaperChanges(topology: Topology, plan: Planned, options: CostOptions = {}, most = 3): CheaperChange[] {
  const now = estimateTotal(topology, plan, options);
  const candidates = [...variants(topology, plan, options.prices ?? PRICES)].map((variant) => {
    const planned = variant.plan();
    return { variant, planned, saving: now - estimateTotal(variant.topology, planned, options) };
  }).filter(({ saving }) => saving >= now * LEAST_SHARE && saving >= LEAST).sort((a, b) => b.saving - a.saving);
  const found = new Map<string, CheaperChange>();
  let tooSmall: number | null = null;
  for (const { variant: { kind, what, edit, felt, topology: changed }, planned, saving } of candidates) {
    if (found.size === most) break;
    if (found.has(kind)) continue;
    tooSmall ??= shortages(topology, plan, options);
    if (shortages(changed, planned, options) <= tooSmall) found.set(kind, { what, edit, saving, felt });
  }
  return [...found.values()];
}

function shortages(topology: Topology, plan: Planned, { calibration }: CostOptions): number {
  return capacity(topology, plan, { choose: true, calibration }).hosts.filter(({ short }) => short.length > 0).length;
}

function* variants(topology: Topology, plan: Planned, prices: PriceList): Generator<Variant> {
  yield* ladders(topology, plan);
  yield* thrift(topology, plan);
  yield* delivery(topology, plan);
  yield* hosts(topology, plan);
  if (plan.streams.length > MANY_STREAMS) return;
  yield* places(topology, plan, prices);
  yield* keeping(topology, plan);
}

/** The top rung is what every viewer is counted with. */
function* ladders(topology: Topology, plan: Planned): Generator<Variant> {
  const shorter = (stream: StreamPlan): StreamPlan => ({ ...stream, renditions: [...stream.renditions].sort((a, b) => b.bitrateKbps - a.bitrateKbps).slice(1) });
  const can = plan.streams.filter(({ renditions, latency }) => renditions.length > 1 && latency === "standard");
  const sets = plan.streams.length > MANY_STREAMS ? [can] : [can, ...can.map((stream) => [stream])];
  for (const set of sets) {
    const [first] = set;
    if (first === undefined) continue;
    const names = new Set(set.map(({ name }) => name));
    const [top, next] = [...first.renditions].sort((a, b) => b.bitrateKbps - a.bitrateKbps);
    if (top === undefined || next === undefined) continue;
    const whose = set.length === 1 ? first.name : `${set.length} streams`;
    yield {
      kind: "ladder", topology, what: `leave out the top rung of ${whose}`, edit: `streams.${set.length === 1 ? first.name : "*"}.ladder: without ${top.name}`,
      felt: `viewers with good links see ${next.width}x${next.height} instead of ${top.width}x${top.height}; publishers notice nothing`,
      plan: () => ({ ...plan, streams: plan.streams.map((stream) => (names.has(stream.name) ? shorter(stream) : stream)) }),
    };
  }
}

const topOf = ({ renditions }: StreamPlan): number => Math.max(...renditions.map((r) => r.bitrateKbps));

/** Fewer bits, or fewer requests, with the same pictures. */
function* thrift(topology: Topology, plan: Planned): Generator<Variant> {
  const standard = new Set(plan.streams.filter(({ latency, renditions }) => latency === "standard" && renditions.length > 0));
  const [first] = [...standard].sort((a, b) => topOf(b) - topOf(a));
  if (first === undefined) return;
  const lower = (stream: StreamPlan): StreamPlan => ({
    ...stream, renditions: stream.renditions.map((r) => (r.bitrateKbps === topOf(stream) ? { ...r, bitrateKbps: r.bitrateKbps * BITRATE_LEFT, averageBps: r.averageBps - r.bitrateKbps * (1 - BITRATE_LEFT) * 1000 } : r)),
  });
  const whose = standard.size === 1 ? first.name : `${standard.size} streams`;
  const whole = (kbps: number): string => `${Number((kbps / 1000).toFixed(2))} Mbps`;
  yield {
    kind: "bitrate", topology, what: `a quarter less bitrate for the top rung of ${whose}`, edit: `streams.${standard.size === 1 ? first.name : "*"}: ${whole(topOf(first) * BITRATE_LEFT)} instead of ${whole(topOf(first))}${standard.size === 1 ? "" : ", and so on"}`,
    felt: "viewers on the top rung see softer pictures while much moves; publishers set a lower bitrate where it is the source",
    plan: () => ({ ...plan, streams: plan.streams.map((stream) => (standard.has(stream) ? lower(stream) : stream)) }),
  };
  if (first.segmentSeconds < 4 && topology.cdn?.provider === "cloudfront") {
    yield {
      kind: "segments", topology, what: `segments of 4 s instead of ${first.segmentSeconds} s for ${whose}`, edit: "segment: 4 s", felt: `viewers are about ${4 * (4 - first.segmentSeconds)} s further behind`,
      plan: () => ({ ...plan, streams: plan.streams.map((stream) => (standard.has(stream) ? { ...stream, segmentSeconds: 4 } : stream)) }),
    };
  }
}

function* delivery(topology: Topology, plan: Planned): Generator<Variant> {
  const same = (): Planned => plan;
  if (topology.cdn?.provider === "cloudfront") {
    const checked = Object.values(topology.streams).some(({ access }) => access.token || access.countries.length > 0);
    if (!checked) yield { kind: "cdn", topology: { ...topology, cdn: null }, plan: same, what: "serve viewers without CloudFront", edit: "cdn: none", felt: "viewers far from a region start slower; the distributors' own links carry everybody" };
    if (topology.cdn.shield) yield { kind: "shield", topology: { ...topology, cdn: { ...topology.cdn, shield: false } }, plan: same, what: "leave out the origin shield", edit: "cdn.shield: false", felt: "nobody, while the distributors answer every regional cache" };
  } else {
    yield { kind: "cdn", topology: { ...topology, cdn: { provider: "cloudfront", shield: false } }, plan: same, what: "put CloudFront in front", edit: "cdn: cloudfront", felt: "viewers far from a region start faster; playlists are up to a second older" };
  }
  const copies = Object.values(topology.streams).some(({ restream }) => Object.keys(restream).length > 0);
  if (copies) yield { kind: "restream", topology, what: "send no copies to other platforms", edit: "without restream", felt: "viewers on those platforms see nothing", plan: () => ({ ...plan, streams: plan.streams.map((stream) => ({ ...stream, restream: [] })) }) };
}

const GROUPS = ["multiplexers", "transcoders", "distributors"] as const;
const ROLE = { multiplexers: "multiplexer", transcoders: "transcoder", distributors: "distributor" } as const;
const LADDER_OF_SIZES = ["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"];

function* hosts(topology: Topology, plan: Planned): Generator<Variant> {
  for (const group of GROUPS) {
    for (const [region, { size }] of Object.entries(topology[group])) {
      const smaller = size === null ? null : nextSmaller(size);
      if (smaller === null) continue;
      yield {
        kind: `size ${group}`, topology: { ...topology, [group]: { ...topology[group], [region]: { ...topology[group][region], size: smaller } } },
        what: `${group} in ${region} as ${smaller} instead of ${size}`, edit: `${group}.${region}.size: ${smaller}`, felt: "nobody: they still hold what is expected, with less to spare; hosts are replaced",
        plan: () => ({ ...plan, hosts: plan.hosts.map((host) => (host.role === ROLE[group] && host.region === region ? { ...host, size: smaller } : host)) }),
      };
    }
  }
  const replan = (changed: Topology): (() => Planned) => () => planTopology(changed, { lint: false });
  if (plan.streams.length > MANY_STREAMS) return;
  const doubled = Object.entries(topology.streams).filter(([, { redundancy }]) => redundancy === 2).map(([name]) => name);
  for (const [region, { count }] of Object.entries(topology.transcoders)) {
    if (count < 2) continue;
    const single = Object.values(topology.transcoders).reduce((sum, group) => sum + group.count, 0) === 2;
    const changed: Topology = {
      ...topology, transcoders: { ...topology.transcoders, [region]: { ...topology.transcoders[region], count: count - 1, size: topology.transcoders[region]?.size ?? null } },
      streams: single ? withoutSecond(topology, doubled) : topology.streams,
    };
    yield { kind: "transcoders", topology: changed, plan: replan(changed), what: `${count - 1} instead of ${count} transcoders in ${region}`, edit: `transcoders.${region}.count: ${count - 1}`, felt: "nobody until one fails; then its streams show nothing until it is back" };
  }
  if (doubled.length > 0) {
    const changed: Topology = { ...topology, streams: withoutSecond(topology, doubled) };
    yield { kind: "redundancy", topology: changed, plan: replan(changed), what: `one transcoder for ${doubled.length === 1 ? doubled[0] : `${doubled.length} streams`}`, edit: "redundancy: 1", felt: "nobody until a transcoder fails; then the stream stops until it is back" };
  }
  for (const [region, group] of Object.entries(topology.distributors)) {
    if (group.min < 2) continue;
    const changed: Topology = { ...topology, distributors: { ...topology.distributors, [region]: { ...group, min: group.min - 1 } } };
    yield { kind: "distributors", topology: changed, plan: replan(changed), what: `${group.min - 1} instead of ${group.min} distributors at least in ${region}`, edit: `distributors.${region}.min: ${group.min - 1}`, felt: "nobody until one fails; then its viewers stall until they reach another" };
  }
  for (const [region, group] of Object.entries(topology.multiplexers)) {
    if (group.count < 2) continue;
    const changed: Topology = { ...topology, multiplexers: { ...topology.multiplexers, [region]: { ...group, count: group.count - 1 } } };
    yield { kind: "multiplexers", topology: changed, plan: replan(changed), what: `${group.count - 1} instead of ${group.count} multiplexers in ${region}`, edit: `multiplexers.${region}: ${group.count - 1}`, felt: "nobody until it fails; then every publisher is off and viewers see the slate" };
  }
}

function withoutSecond(topology: Topology, names: readonly string[]): Topology["streams"] {
  const those = new Set(names);
  return Object.fromEntries(Object.entries(topology.streams).map(([name, stream]) => [name, those.has(name) ? { ...stream, redundancy: 1 as const } : stream]));
}

/** The next smaller size of the family that has a price and is in the table; null when there is none. */
function nextSmaller(size: string): string | null {
  const [family = "", name = ""] = size.split(".");
  const smaller = LADDER_OF_SIZES[LADDER_OF_SIZES.indexOf(name) - 1];
  const found = smaller === undefined ? null : `${family}.${smaller}`;
  return found === null || sizeFacts(found) === null || PRICES.compute.perHour[found] === undefined ? null : found;
}

/** Cheaper regions on the same continent, and all of a region in one zone. */
function* places(topology: Topology, plan: Planned, prices: PriceList): Generator<Variant> {
  for (const [region, { aws, zones }] of Object.entries(topology.regions)) {
    if (aws === null) continue;
    const continent = aws.split("-")[0];
    const factor = regionFactor(aws, prices) ?? 1;
    const taken = new Set(Object.values(topology.regions).map((other) => other.aws));
    const cheaper = Object.entries(prices.regionFactors.factors).filter(([other, f]) => other.split("-")[0] === continent && f < factor && !taken.has(other)).sort(([, a], [, b]) => a - b)[0]?.[0];
    if (cheaper !== undefined) {
      yield { kind: "region", topology: { ...topology, regions: { ...topology.regions, [region]: { aws: cheaper, zones } } }, plan: () => plan, what: `${region} in ${cheaper} instead of ${aws}`, edit: `regions.${region}.aws: ${cheaper}`, felt: "everybody while it moves: all hosts are new; afterwards some milliseconds more or less" };
    }
    if (zones > 1) {
      yield {
        kind: "zones", topology: { ...topology, regions: { ...topology.regions, [region]: { aws, zones: 1 } } }, what: `all of ${region} in one zone`, edit: `regions.${region}.zones: 1`, felt: "nobody until that zone fails; then everything there is gone",
        plan: () => ({ ...plan, hosts: plan.hosts.map((host) => (host.region === region ? { ...host, zone: 0 } : host)) }),
      };
    }
  }
}

/** Time that hosts stand before anybody watches, and recordings that stay on them. */
function* keeping(topology: Topology, plan: Planned): Generator<Variant> {
  const { event } = topology;
  const minutes = event === null ? 0 : (event.startMs - event.doorsMs) / 60_000;
  if (event !== null && minutes >= 60) {
    yield { kind: "doors", topology: { ...topology, event: { ...event, doorsMs: event.startMs - 30 * 60_000 } }, plan: () => plan, what: "open the doors half an hour before the start", edit: "event.doors: 30 minutes before start", felt: `publishers have 30 minutes instead of ${Math.round(minutes)} to test` };
  }
  if (plan.streams.some(({ record }) => record !== null)) {
    yield { kind: "record", topology, what: "record nothing", edit: "without record", felt: "nobody live; there is nothing to cut afterwards", plan: () => ({ ...plan, streams: plan.streams.map((stream) => ({ ...stream, record: null })) }) };
  }
}
