import data from "./prices.json" with { type: "json" };
import { cloudfrontRegion, type CloudFrontRegion } from "../cdn-regions.ts";
import { micro, times, type Micro } from "./money.ts";
import type { PriceListShape } from "./price-schema.ts";

export { cloudfrontRegion, type CloudFrontRegion };
export interface Tier { readonly upToGb: number | null; readonly perGb: number }

/** A dated price list; see its `about`. */
export type PriceList = PriceListShape;

/** The list that comes with headend; `headend prices --refresh` makes newer ones. */
export const PRICES: PriceList = data;

/** Cost of an amount of transfer whose price falls in steps; steps count from zero, since earlier use in the month is not known. */
export function tiered(tiers: readonly Tier[], gb: number): Micro {
  let cost = 0;
  let from = 0;
  for (const { upToGb, perGb } of tiers) {
    const part = Math.min(gb, upToGb ?? Infinity) - from;
    if (part <= 0) break;
    cost += times(micro(perGb), part);
    from += part;
  }
  return cost;
}

/** CloudFront to viewers of a price region. */
export function cloudfrontCost(region: CloudFrontRegion, gb: number, prices: PriceList = PRICES): Micro {
  return tiered(prices.cloudfront.tiers[region], gb);
}

/** HTTPS requests that viewers of a price region make of CloudFront. */
export function requestsCost(region: CloudFrontRegion, requests: number, prices: PriceList = PRICES): Micro {
  return times(micro(prices.requests.per10000[region]), requests / 10_000);
}

/** EC2 to the internet. */
export function internetCost(gb: number, prices: PriceList = PRICES): Micro {
  return tiered(prices.internet.tiers, gb);
}

/** Factor of an AWS region on us-east-1's prices: an assumption of the data; null when there is none. */
export function regionFactor(aws: string, prices: PriceList = PRICES): number | null {
  const { factors } = prices.regionFactors;
  return Object.hasOwn(factors, aws) ? factors[aws] ?? null : null;
}

/** Price of an hour of an instance in a region; null when the size has none in the data. */
export function computePrice(size: string, factor: number, prices: PriceList = PRICES): Micro | null {
  const { perHour } = prices.compute;
  const price = Object.hasOwn(perHour, size) ? perHour[size] : undefined;
  return price === undefined ? null : times(micro(price), factor);
}

/** Age of a price list, in days. */
export function priceAgeDays(nowMs: number, prices: PriceList = PRICES): number {
  return Math.floor((nowMs - Date.parse(prices.date)) / 86_400_000);
}

/** How old prices are, in words, and whether that is too old; for every place that shows costs. */
export function priceAge(nowMs: number, prices: PriceList = PRICES): { readonly days: number; readonly stale: boolean; readonly text: string } {
  const days = priceAgeDays(nowMs, prices);
  const stale = days > prices.staleAfterDays;
  return { days, stale, text: `prices of ${prices.date}, ${days === 0 ? "today" : `${days} day${days === 1 ? "" : "s"} old`}${stale ? ": too old to rely on, run npx headend prices --refresh" : ""}` };
}
