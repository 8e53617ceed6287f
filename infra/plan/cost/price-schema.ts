import { z } from "zod";
import { CLOUDFRONT_REGIONS } from "../cdn-regions.ts";

/** Prices in dollars, within bounds that no unit mistake survives (a price for 10,000 requests read as one for a request is off by 10⁴). */
const dollars = (least: number, most: number) => z.number().min(least).max(most);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const evidence = { evidence: z.string(), source: z.string(), date: date.nullable(), verified: z.boolean() };
const tiers = z.array(z.object({ upToGb: z.number().gt(0).nullable(), perGb: dollars(0.001, 1) })).min(1)
  .refine((all) => all.at(-1)?.upToGb === null, "the last step must be open")
  .refine((all) => all.every(({ upToGb }, i) => i === 0 || upToGb === null || upToGb > (all[i - 1]?.upToGb ?? 0)), "steps must rise")
  .refine((all) => all.every(({ perGb }, i) => i === 0 || perGb <= (all[i - 1]?.perGb ?? 0)), "a GB must not get dearer with more of them");
const byRegion = <T extends z.ZodType>(value: T) => z.object(Object.fromEntries(CLOUDFRONT_REGIONS.map((region) => [region, value])) as Record<(typeof CLOUDFRONT_REGIONS)[number], T>);

/** A whole price list; also what a refreshed one must fulfil. */
export const priceListSchema = z.object({
  about: z.string(), date, region: z.string(), staleAfterDays: z.number().int().gt(0),
  compute: z.object({ ...evidence, date, perHour: z.record(z.string(), dollars(0.001, 50)) }),
  publicIpv4: z.object({ ...evidence, perHour: dollars(0.0005, 0.1) }),
  gp3: z.object({ ...evidence, perGbMonth: dollars(0.01, 1) }),
  s3: z.object({ ...evidence, date, perGbMonth: dollars(0.002, 0.5), putPerThousand: dollars(0.0005, 0.1), getPerThousand: dollars(0.00004, 0.01) }),
  crossZone: z.object({ ...evidence, perGb: dollars(0.001, 0.2) }),
  crossRegion: z.object({ ...evidence, perGb: dollars(0.001, 0.5) }),
  internet: z.object({ ...evidence, tiers }),
  cloudfront: z.object({ ...evidence, date, tiers: byRegion(tiers) }),
  requests: z.object({ ...evidence, date, per10000: byRegion(dollars(0.001, 0.2)) }),
  shield: z.object({ ...evidence, date, per10000: dollars(0.001, 0.2) }),
  route53: z.object({ ...evidence, date, zonePerMonth: dollars(0.05, 5), healthCheckPerMonth: dollars(0.05, 10), fastIntervalPerMonth: dollars(0.05, 10), queriesPerMillion: dollars(0.04, 10), latencyQueriesPerMillion: dollars(0.04, 10) }),
  logs: z.object({ ...evidence, date, ingestPerGb: dollars(0.05, 5), storagePerGbMonth: dollars(0.003, 0.5), alarmPerMonth: dollars(0.01, 2), dashboardPerMonth: dollars(0.3, 30) }),
  loadBalancer: z.object({ ...evidence, date, perHour: dollars(0.002, 0.5), perUnitHour: dollars(0.0005, 0.2) }),
  /** What is not counted: no price is known. */
  unknown: z.record(z.string(), z.null()),
  regionFactors: z.object({ evidence: z.string(), assumption: z.boolean(), date, source: z.string(), factors: z.record(z.string(), dollars(0.5, 4)) }),
  assumptions: z.object({
    hoursUpBeforeDoors: z.number().min(0), hoursUpAfterEnd: z.number().min(0), hoursInMonth: z.number().gt(0), systemDiskGb: z.number().gt(0), logMbPerHostHour: z.number().min(0),
    alarmsPerHost: z.number().min(0), alarmsPerStream: z.number().min(0), s3PartMinutes: z.number().gt(0), accessLogBytes: z.number().min(0),
  }),
});

export type PriceListShape = z.output<typeof priceListSchema>;
