import type { Topology } from "../../spec/topology.ts";
import { capacity, type Capacity } from "../capacity/capacity.ts";
import { behindCdn, expectedViewers } from "../capacity/demand.ts";
import type { Plan } from "../model.ts";
import { breakEven, requestsPerHour, type BreakEven } from "./break-even.ts";
import { archiveLines, groups, hostLines, totalOf, trafficLines, type CostLine, type Group } from "./lines.ts";
import { times, type Micro } from "./money.ts";
import { computePrice, PRICES, regionFactor } from "./prices.ts";
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

/**
 * What a topology costs on AWS. Pure; prices and their evidence are in prices.json, formulas in knowledge sizing-and-cost 4 and 5.
 * Free allowances are not taken off and every viewer is counted with the best rendition, so it is an upper bound for what it counts.
 */
export function estimate(topology: Topology, plan: Plan): CostEstimate {
  const held = capacity(topology, plan, true);
  const hosts = groups(topology, held);
  const flow = traffic(topology, plan);
  const period = (name: string, hours: number, lines: readonly CostLine[]): Period => ({ name, hours, lines, total: totalOf(lines) });
  const live = (name: string, hours: number): Period => period(name, hours, [...hostLines(topology, hosts, hours, "live"), ...trafficLines(topology, flow, hours, true)]);

  const { hoursInMonth, hoursUpBeforeDoors, hoursUpAfterEnd } = PRICES.assumptions;
  const { event } = topology;
  const phases = event === null ? [] : [
    warmUp((event.startMs - event.doorsMs) / HOUR_MS + hoursUpBeforeDoors),
    live("live", (event.endMs - event.startMs) / HOUR_MS),
    period("wind-down", hoursUpAfterEnd, hostLines(topology, hosts, hoursUpAfterEnd, "idle")),
  ];
  function warmUp(hours: number): Period {
    return period("warm-up", hours, [...hostLines(topology, hosts, hours, "idle"), ...trafficLines(topology, flow, hours, false)]);
  }
  const total = phases.reduce((all, phase) => all + phase.total, 0);
  const hour = live("one live hour", 1);
  const viewers = held.viewers.expected;
  const archive = archiveLines(topology, plan);
  const limit = topology.observe.budgetUsd === null ? null : Math.round(topology.observe.budgetUsd * 1e6);
  return {
    currency: "USD", unit: "micro", prices: { date: PRICES.date, region: PRICES.region }, viewers,
    hour,
    event: event === null ? null : { phases, total },
    month: period("a month idle", hoursInMonth, hostLines(topology, hosts, hoursInMonth, "idle")),
    archive: archive.length === 0 ? null : period("a month of recordings in S3", hoursInMonth, archive),
    viewerHour: viewers === 0 ? null : times(hour.total, 1 / viewers),
    breakEven: breakEven(topology, plan, event === null ? 1 : (event.endMs - event.startMs) / HOUR_MS),
    budget: limit === null || event === null ? null : { limit, within: total <= limit },
    notCounted: notCounted(topology, hosts, cdnRequests(topology, plan)),
    assumptions: assumptions(topology, held),
  };
}

/** Requests an hour that viewers make of the CDN. */
function cdnRequests(topology: Topology, plan: Plan): number {
  return plan.streams.filter((stream) => behindCdn(topology, stream))
    .reduce((all, stream) => all + [...expectedViewers(topology, stream.name).values()].reduce((a, b) => a + b, 0) * requestsPerHour(stream), 0);
}

/** Everything without a price; nothing is guessed. */
function notCounted(topology: Topology, hosts: readonly Group[], requests: number): string[] {
  const cdn = topology.cdn?.provider === "cloudfront";
  const unknown = Object.entries(PRICES.unknown).filter(([what, price]) => price === null && (cdn || !what.startsWith("CloudFront"))).map(([what]) => what);
  const unpriced = [...new Set(hosts.map((g) => g.size).filter((size) => computePrice(size, 1) === null))];
  return [
    ...unpriced.map((size) => `${size}: no price in the data`),
    ...unknown.map((what) => (what === "CloudFront requests" && requests > 0 ? `${what}, about ${(requests / 1e6).toFixed(1)} million a live hour` : what)),
  ];
}

function assumptions(topology: Topology, held: Capacity): string[] {
  const regions = Object.entries(topology.regions);
  const elsewhere = [...new Set(regions.flatMap(([, { aws }]) => (aws === null || aws === PRICES.region ? [] : [aws])))];
  const unknown = elsewhere.filter((aws) => regionFactor(aws) === null);
  const assumed = elsewhere.filter((aws) => regionFactor(aws) !== null);
  const homeless = regions.filter(([, { aws }]) => aws === null).map(([name]) => name);
  const chosen = held.hosts.some((h) => h.sizeFrom === "chosen");
  const { hoursUpBeforeDoors, hoursUpAfterEnd } = PRICES.assumptions;
  return [
    "every viewer stays the whole time and takes the best rendition; free allowances and discounts are not taken off",
    ...(chosen ? ["hosts without a size have the cheapest one that holds what is expected"] : []),
    ...(topology.event === null ? [] : [`hosts run from ${hoursUpBeforeDoors} h before doors until ${hoursUpAfterEnd} h after the end`]),
    ...(homeless.length > 0 ? [`no AWS region given for ${homeless.join(", ")}: counted as ${PRICES.region}`] : []),
    ...(assumed.length > 0 ? [`${assumed.map((aws) => `${aws} × ${regionFactor(aws)}`).join(", ")} on ${PRICES.region}'s prices of hosts, disks and S3; transfer as in ${PRICES.region}`] : []),
    ...(unknown.length > 0 ? [`no factor for ${unknown.join(", ")}: counted at ${PRICES.region}'s prices`] : []),
  ];
}
