import { CLOUDFRONT_REGIONS, type CloudFrontRegion } from "../../../infra/plan/cdn-regions.ts";
import type { PriceList } from "../../../infra/plan/cost/prices.ts";

/** Price list files of AWS (offers): those of one region, and those that hold every region's prices. */
export const OFFERS = {
  AmazonEC2: "region", AmazonVPC: "region", AmazonS3: "region", AmazonCloudWatch: "region", AWSELB: "region", AWSDataTransfer: "region",
  AmazonCloudFront: "all", AmazonRoute53: "all",
} as const;
export type Offer = keyof typeof OFFERS;

/** A row of a price list's CSV form, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

/** A price of headend's list, and which rows of AWS's hold it. */
export interface Wanted {
  /** Path in the list, e.g. ["compute", "perHour", "c7g.large"]. */
  readonly path: readonly [keyof PriceList, ...string[]];
  readonly offer: Offer;
  /** Usage type without a region's prefix, of which one must fit. */
  readonly usage: readonly string[];
  readonly where?: (row: Row) => boolean;
  /** What a price is for. */
  readonly unit: RegExp;
  /** AWS's price times this is headend's. @default 1 */
  readonly times?: number;
  /** Prices that fall with the amount. */
  readonly tiers?: true;
}

/** CloudFront's abbreviations of its price regions (developer guide, usage reports). */
const EDGE: Readonly<Record<CloudFrontRegion, string>> = { us: "US", eu: "EU", africa: "ZA", "south-america": "SA", japan: "JP", australia: "AU", asia: "AP", india: "IN" };

/** Every price to look for; sizes are those of the list at hand. */
export function wantedPrices(list: PriceList): Wanted[] {
  const month = /^(GB-Mo|GB-month)$/i;
  return [
    ...Object.keys(list.compute.perHour).map((size): Wanted => ({
      path: ["compute", "perHour", size], offer: "AmazonEC2", usage: [`BoxUsage:${size}`], unit: /^(Hrs|hours?)$/i,
      where: (row) => row["Operating System"] === "Linux" && row["Tenancy"] === "Shared" && (row["Pre Installed S/W"] ?? "NA") === "NA" && (row["CapacityStatus"] ?? "Used") === "Used",
    })),
    { path: ["gp3", "perGbMonth"], offer: "AmazonEC2", usage: ["EBS:VolumeUsage.gp3"], unit: month },
    { path: ["publicIpv4", "perHour"], offer: "AmazonVPC", usage: ["PublicIPv4:InUseAddress"], unit: /^(Hrs|hours?)$/i },
    { path: ["s3", "perGbMonth"], offer: "AmazonS3", usage: ["TimedStorage-ByteHrs"], unit: month },
    { path: ["s3", "putPerThousand"], offer: "AmazonS3", usage: ["Requests-Tier1"], unit: /^Requests$/i, times: 1000 },
    { path: ["s3", "getPerThousand"], offer: "AmazonS3", usage: ["Requests-Tier2"], unit: /^Requests$/i, times: 1000 },
    { path: ["crossZone", "perGb"], offer: "AWSDataTransfer", usage: ["DataTransfer-Regional-Bytes"], unit: /^GB$/i },
    { path: ["internet", "tiers"], offer: "AWSDataTransfer", usage: ["DataTransfer-Out-Bytes"], unit: /^GB$/i, where: (row) => (row["To Location"] ?? "External") === "External", tiers: true },
    { path: ["logs", "ingestPerGb"], offer: "AmazonCloudWatch", usage: ["DataProcessing-Bytes"], unit: /^GB$/i },
    { path: ["logs", "storagePerGbMonth"], offer: "AmazonCloudWatch", usage: ["TimedStorage-ByteHrs"], unit: month },
    { path: ["logs", "alarmPerMonth"], offer: "AmazonCloudWatch", usage: ["CW:AlarmMonitorUsage"], unit: /^Alarms?$/i },
    { path: ["loadBalancer", "perHour"], offer: "AWSELB", usage: ["LoadBalancerUsage"], unit: /^(Hrs|hours?)$/i, where: (row) => row["operation"] === "LoadBalancing:Network" },
    { path: ["loadBalancer", "perUnitHour"], offer: "AWSELB", usage: ["LCUUsage"], unit: /^LCU-Hrs$/i, where: (row) => row["operation"] === "LoadBalancing:Network" },
    { path: ["route53", "zonePerMonth"], offer: "AmazonRoute53", usage: ["HostedZone"], unit: /zone/i },
    { path: ["route53", "queriesPerMillion"], offer: "AmazonRoute53", usage: ["DNS-Queries"], unit: /^Queries$/i, times: 1e6 },
    { path: ["route53", "latencyQueriesPerMillion"], offer: "AmazonRoute53", usage: ["LBR-Queries"], unit: /^Queries$/i, times: 1e6 },
    { path: ["shield", "per10000"], offer: "AmazonCloudFront", usage: ["USE1-Requests-OriginShield"], unit: /^Requests$/i, times: 10_000 },
    ...CLOUDFRONT_REGIONS.flatMap((region): Wanted[] => [
      { path: ["cloudfront", "tiers", region], offer: "AmazonCloudFront", usage: [`${EDGE[region]}-DataTransfer-Out-Bytes`], unit: /^GB$/i, tiers: true },
      { path: ["requests", "per10000", region], offer: "AmazonCloudFront", usage: [`${EDGE[region]}-Requests-Tier2-HTTPS`], unit: /^Requests$/i, times: 10_000 },
    ]),
  ];
}
