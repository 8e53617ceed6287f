import type { Topology } from "../../spec/topology.ts";
import { capacity, type Capacity, type CapacityOptions } from "../capacity/capacity.ts";
import type { Plan } from "../model.ts";
import { breakEven, type BreakEven } from "./break-even.ts";
import { archiveLines, groups, hostLines, serviceLines, totalOf, trafficLines, type CostLine, type Group } from "./lines.ts";
import { times, type Micro } from "./money.ts";
import { computePrice, PRICES, regionFactor, type PriceList } from "./prices.ts";
import { traffic } from "./traffic.ts";

export interface Period { readonly name: string; readonly hours: number; readonly lines: readonly CostLine[]; readonly total: Micro }

export interface CostEstimate {
  readonly currency: "USD";
  /** Amounts are whole millionths of a dollar. */
  readonly unit: "micro";
  readonly prices: { readonly date: string; readonly region: string };
  readonly viewers: number;
  /** One hour with everything live and every expected viewer. */
  readonly hour: Period;
  /** Warm-up, live, wind-down; null when the topology has no event. Transfer tiers count over the whole live part. */
  readonly event: { readonly phases: readonly Period[]; readonly total: Micro } | null;
  /** A month left running with nobody publishing or watching. */
  readonly month: Period;
  /** A month of the recordings alone, in S3; null when nothing is recorded. */
  readonly archive: Period | null;
  /** The live hour over its viewers; null when none are expected. */
  readonly viewerHour: Micro | null;
  readonly breakEven: BreakEven | null;
  readonly budget: { readonly limit: Micro; readonly within: boolean } | null;
  readonly notCounted: readonly string[];
  readonly assumptions: readonly string[];
}

const HOUR_MS = 3_600_000;

export interface CostOptions {
  /** A newer list than the one that comes with headend. */
  readonly prices?: PriceList | undefined;
  readonly calibration?: CapacityOptions["calibration"];
}

/**
 * What a topology costs on AWS. Pure; prices and their evidence are in prices.json, formulas in knowledge sizing-and-cost 4 and 5.
 * Free allowances are not taken off and every viewer is counted with the best rendition, so it is an upper bound for what it counts.
 */
export function estimate(topology: Topology, plan: Pick<Plan, "hosts" | "streams">, { prices = PRICES, calibration }: CostOptions = {}): CostEstimate {
  const held = capacity(topology, plan, { choose: true, calibration });
  const hosts = groups(topology, held);
  const at = periods(topology, plan, hosts, prices);
  const { event } = topology;
  const phases = at.event();
  const total = phases.reduce((all, phase) => all + phase.total, 0);
  const hour = at.hour();
  const viewers = held.viewers.expected;
  const archive = archiveLines(topology, plan, prices);
  const limit = topology.observe.budgetUsd === null ? null : Math.round(topology.observe.budgetUsd * 1e6);
  return {
    currency: "USD", unit: "micro", prices: { date: prices.date, region: prices.region }, viewers,
    hour,
    event: event === null ? null : { phases, total },
    month: at.month(),
    archive: archive.length === 0 ? null : period("a month of recordings in S3", prices.assumptions.hoursInMonth, archive),
    viewerHour: viewers === 0 ? null : times(hour.total, 1 / viewers),
    breakEven: breakEven(topology, plan, event === null ? 1 : (event.endMs - event.startMs) / HOUR_MS, prices),
    budget: limit === null || event === null ? null : { limit, within: total <= limit },
    notCounted: notCounted(hosts, prices),
    assumptions: assumptions(topology, held, prices),
  };
}

/** Only what the event costs, or a live hour where there is none. */
export function estimateTotal(topology: Topology, plan: Pick<Plan, "hosts" | "streams">, { prices = PRICES, calibration }: CostOptions = {}): Micro {
  const at = periods(topology, plan, groups(topology, capacity(topology, plan, { choose: true, calibration })), prices);
  return topology.event === null ? at.hour().total : at.event().reduce((all, phase) => all + phase.total, 0);
}

const period = (name: string, hours: number, lines: readonly CostLine[]): Period => ({ name, hours, lines, total: totalOf(lines) });

function periods(topology: Topology, plan: Pick<Plan, "hosts" | "streams">, hosts: readonly Group[], prices: PriceList) {
  const flow = traffic(topology, plan);
  const { hoursInMonth, hoursUpBeforeDoors, hoursUpAfterEnd } = prices.assumptions;
  const standing = (hours: number, when: "idle" | "live"): CostLine[] =>
    [...hostLines(topology, hosts, hours, when, prices), ...serviceLines(topology, plan, hosts, flow, hours, when, prices)];
  const live = (name: string, hours: number): Period => period(name, hours, [...standing(hours, "live"), ...trafficLines(topology, flow, hours, true, prices)]);
  const warmUp = (hours: number): Period => period("warm-up", hours, [...standing(hours, "idle"), ...trafficLines(topology, flow, hours, false, prices)]);
  return {
    hour: (): Period => live("one live hour", 1),
    month: (): Period => period("a month idle", hoursInMonth, standing(hoursInMonth, "idle")),
    event: (): Period[] => (topology.event === null ? [] : [
      warmUp((topology.event.startMs - topology.event.doorsMs) / HOUR_MS + hoursUpBeforeDoors),
      live("live", (topology.event.endMs - topology.event.startMs) / HOUR_MS),
      period("wind-down", hoursUpAfterEnd, standing(hoursUpAfterEnd, "idle")),
    ]),
  };
}

/** Everything without a price; nothing is guessed. */
function notCounted(hosts: readonly Group[], prices: PriceList): string[] {
  const unpriced = [...new Set(hosts.map((g) => g.size).filter((size) => computePrice(size, 1, prices) === null))];
  return [...unpriced.map((size) => `${size}: no price in the data`), ...Object.keys(prices.unknown)];
}

function assumptions(topology: Topology, held: Capacity, prices: PriceList): string[] {
  const regions = Object.entries(topology.regions);
  const elsewhere = [...new Set(regions.flatMap(([, { aws }]) => (aws === null || aws === prices.region ? [] : [aws])))];
  const unknown = elsewhere.filter((aws) => regionFactor(aws, prices) === null);
  const assumed = elsewhere.filter((aws) => regionFactor(aws, prices) !== null);
  const homeless = regions.filter(([, { aws }]) => aws === null).map(([name]) => name);
  const chosen = held.hosts.some((h) => h.sizeFrom === "chosen");
  const { hoursUpBeforeDoors, hoursUpAfterEnd } = prices.assumptions;
  return [
    "every viewer stays the whole time and takes the best rendition; free allowances and discounts are not taken off",
    "no load balancer is deployed: publishers and viewers find hosts by DNS or through the CDN",
    `logs ${prices.assumptions.logMbPerHostHour} MB an hour of each host, system disks of ${prices.assumptions.systemDiskGb} GB`,
    ...(chosen ? ["hosts without a size have the cheapest one that holds what is expected"] : []),
    ...(topology.event === null ? [] : [`hosts run from ${hoursUpBeforeDoors} h before doors until ${hoursUpAfterEnd} h after the end`]),
    ...(homeless.length > 0 ? [`no AWS region given for ${homeless.join(", ")}: counted as ${prices.region}`] : []),
    ...(assumed.length > 0 ? [`${assumed.map((aws) => `${aws} × ${regionFactor(aws, prices)}`).join(", ")} on ${prices.region}'s prices of hosts, disks and S3; transfer as in ${prices.region}`] : []),
    ...(unknown.length > 0 ? [`no factor for ${unknown.join(", ")}: counted at ${prices.region}'s prices`] : []),
  ];
}
