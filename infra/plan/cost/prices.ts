import data from "./prices.json" with { type: "json" };
import { micro, times, type Micro } from "./money.ts";

export interface Tier { readonly upToGb: number | null; readonly perGb: number }
export type CloudFrontRegion = keyof typeof data.cloudfront.tiers;

/** The dated price list; see its `about`. */
export const PRICES = data;

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
export function cloudfrontCost(region: CloudFrontRegion, gb: number): Micro {
  return tiered(data.cloudfront.tiers[region], gb);
}

/** EC2 to the internet. */
export function internetCost(gb: number): Micro {
  return tiered(data.internet.tiers, gb);
}

/** Factor of an AWS region on us-east-1's prices: an assumption of the data; null when there is none. */
export function regionFactor(aws: string): number | null {
  const factors: Readonly<Record<string, number>> = data.regionFactors.factors;
  return Object.hasOwn(factors, aws) ? factors[aws] ?? null : null;
}

/** Price of an hour of an instance in a region; null when the size has none in the data. */
export function computePrice(size: string, factor: number): Micro | null {
  const prices: Readonly<Record<string, number>> = data.compute.perHour;
  const price = Object.hasOwn(prices, size) ? prices[size] : undefined;
  return price === undefined ? null : times(micro(price), factor);
}

/** The CloudFront price region that viewers near an AWS region belong to. */
export function cloudfrontRegion(aws: string): CloudFrontRegion {
  const exact: Readonly<Record<string, CloudFrontRegion>> = { "ap-northeast-1": "japan", "ap-northeast-3": "japan", "ap-southeast-2": "australia", "ap-southeast-4": "australia", "ap-south-1": "india", "ap-south-2": "india" };
  const byPrefix: Readonly<Record<string, CloudFrontRegion>> = { us: "us", ca: "us", mx: "us", eu: "eu", il: "eu", af: "africa", me: "africa", sa: "south-america" };
  return exact[aws] ?? byPrefix[aws.split("-")[0] ?? ""] ?? "asia";
}

/** Age of the oldest dated price, in days. */
export function priceAgeDays(nowMs: number): number {
  return Math.floor((nowMs - Date.parse(data.date)) / 86_400_000);
}
