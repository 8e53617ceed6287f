import type { Topology } from "../../spec/topology.ts";
import { expectedViewers, viewerKbps } from "../capacity/demand.ts";
import { internetMbps, LINK_USE, sizeFacts, SUGGESTED } from "../capacity/sizes.ts";
import type { Plan } from "../model.ts";
import { factorOf } from "./lines.ts";
import { micro, times, type Micro } from "./money.ts";
import { cloudfrontCost, cloudfrontRegion, computePrice, internetCost, PRICES, requestsCost, type CloudFrontRegion, type PriceList } from "./prices.ts";
import { add, awsOf, GB_PER_MBPS_HOUR, requestsPerHour } from "./traffic.ts";

/** CDN against distributors alone, for the viewers of streams that a CDN can serve. */
export interface BreakEven {
  readonly hours: number;
  /** Fewest viewers with whom CloudFront costs no more; null when it costs more up to `SEARCHED` viewers. */
  readonly viewers: number | null;
  /** Both ways for the viewers expected; null when none are. `cdn` counts its requests. */
  readonly expected: { readonly viewers: number; readonly cdn: Micro; readonly alone: Micro; readonly requests: number } | null;
}

/** Viewers up to which a break-even is looked for. */
export const SEARCHED = 1_000_000;

interface Mix { readonly region: string; readonly aws: string; readonly share: number; readonly mbps: number; readonly requests: number; readonly least: number }

/**
 * Compares delivery only: CloudFront and the fewest distributors, against as many distributors as the viewers need and EC2's
 * transfer. The expected spread over regions stays; without expected viewers, all are in the first region with distributors.
 */
export function breakEven(topology: Topology, plan: Pick<Plan, "streams">, hours: number, prices: PriceList = PRICES): BreakEven | null {
  const mix = mixOf(topology, plan);
  if (mix.length === 0) return null;
  const standard = plan.streams.filter((s) => s.latency === "standard").map((s) => ({ viewers: [...expectedViewers(topology, s.name).values()].reduce((a, b) => a + b, 0), requests: requestsPerHour(s) }));
  const expected = standard.reduce((total, s) => total + s.viewers, 0);
  const requests = standard.reduce((total, s) => total + s.viewers * s.requests, 0) * hours;
  const cheaper = (viewers: number): boolean => withCdn(topology, mix, viewers, hours, prices) <= alone(topology, mix, viewers, hours, prices);
  return {
    hours, viewers: fewest(cheaper),
    expected: expected === 0 ? null : { viewers: expected, cdn: withCdn(topology, mix, expected, hours, prices), alone: alone(topology, mix, expected, hours, prices), requests },
  };
}

function mixOf(topology: Topology, plan: Pick<Plan, "streams">): Mix[] {
  const streams = plan.streams.filter((stream) => stream.latency === "standard");
  const regions = new Map<string, { viewers: number; mbps: number; requests: number }>();
  for (const stream of streams) {
    for (const [region, count] of expectedViewers(topology, stream.name)) {
      const known = regions.get(region) ?? { viewers: 0, mbps: 0, requests: 0 };
      regions.set(region, { viewers: known.viewers + count, mbps: known.mbps + (count * viewerKbps(stream)) / 1000, requests: known.requests + count * requestsPerHour(stream) });
    }
  }
  const [first] = Object.keys(topology.distributors);
  if (regions.size === 0 && first !== undefined && streams.length > 0) regions.set(first, { viewers: 1, mbps: Math.max(...streams.map(viewerKbps)) / 1000, requests: Math.max(...streams.map(requestsPerHour)) });
  const all = [...regions.values()].reduce((total, r) => total + r.viewers, 0);
  return [...regions].map(([region, { viewers, mbps, requests }]) => ({
    region, aws: awsOf(topology, region), share: viewers / all, mbps: mbps / viewers, requests: requests / viewers, least: topology.distributors[region]?.min ?? 1,
  }));
}

function withCdn(topology: Topology, mix: readonly Mix[], viewers: number, hours: number, prices: PriceList): Micro {
  const gb = new Map<CloudFrontRegion, number>();
  for (const part of mix) add(gb, cloudfrontRegion(part.aws), viewers * part.share * part.mbps * GB_PER_MBPS_HOUR * hours);
  return [...gb].reduce((total, [region, amount]) => total + cloudfrontCost(region, amount, prices), 0)
    + mix.reduce((total, part) => total + requestsCost(cloudfrontRegion(part.aws), viewers * part.share * part.requests * hours, prices) + cheapestHosts(topology, part, 0, hours, prices), 0);
}

function alone(topology: Topology, mix: readonly Mix[], viewers: number, hours: number, prices: PriceList): Micro {
  const gb = new Map<string, number>();
  for (const part of mix) add(gb, part.aws, viewers * part.share * part.mbps * GB_PER_MBPS_HOUR * hours);
  return [...gb.values()].reduce((total, amount) => total + internetCost(amount, prices), 0)
    + mix.reduce((total, part) => total + cheapestHosts(topology, part, viewers * part.share * part.mbps, hours, prices), 0);
}

/** The cheapest group of equal distributors that carries a rate, not fewer than the topology's least. */
function cheapestHosts(topology: Topology, { region, least }: Mix, mbps: number, hours: number, prices: PriceList): Micro {
  const costs = SUGGESTED.distributor.flatMap((name) => {
    const facts = sizeFacts(name);
    const link = facts === null ? null : internetMbps(facts);
    const price = computePrice(name, factorOf(topology, region, prices), prices);
    if (link === null || price === null) return [];
    const count = Math.max(least, Math.ceil(mbps / (link * LINK_USE)));
    return [times(price + micro(prices.publicIpv4.perHour), count * hours)];
  });
  return Math.min(...costs);
}

/** The smallest number that fulfils a condition which, once true, stays true nearly everywhere. */
function fewest(holds: (n: number) => boolean): number | null {
  let high = 1;
  while (!holds(high)) {
    if (high >= SEARCHED) return null;
    high *= 2;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
