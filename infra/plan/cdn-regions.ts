/** CloudFront's price regions, as its price list names them (aws.amazon.com/cloudfront/pricing). */
export const CLOUDFRONT_REGIONS = ["us", "eu", "africa", "south-america", "japan", "australia", "asia", "india"] as const;
export type CloudFrontRegion = (typeof CLOUDFRONT_REGIONS)[number];

const EXACT: Readonly<Record<string, CloudFrontRegion>> = {
  "ap-northeast-1": "japan", "ap-northeast-3": "japan", "ap-southeast-2": "australia", "ap-southeast-4": "australia", "ap-south-1": "india", "ap-south-2": "india",
};
const BY_PREFIX: Readonly<Record<string, CloudFrontRegion>> = { us: "us", ca: "us", mx: "us", eu: "eu", il: "eu", af: "africa", me: "africa", sa: "south-america" };

/** The CloudFront price region that viewers near an AWS region belong to. */
export function cloudfrontRegion(aws: string): CloudFrontRegion {
  return EXACT[aws] ?? BY_PREFIX[aws.split("-")[0] ?? ""] ?? "asia";
}

/**
 * Regional caches of CloudFront that ask an origin for the viewers of a price region: the AWS regions that CloudFront's developer
 * guide lists for Origin Shield, which have such a cache. Where there is none, the nearest region's stands for it.
 */
export const REGIONAL_CACHES: Readonly<Record<CloudFrontRegion, number>> = {
  us: 3, eu: 3, africa: 1, "south-america": 1, japan: 1, australia: 1, asia: 2, india: 1,
};
