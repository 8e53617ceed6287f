/** The whole vocabulary of a topology file as written. `resolve.ts` fills in what the file leaves out. */
import { z } from "zod";
import { stream } from "./stream-schema.ts";
import { UnitError } from "./units.ts";
import { dateTime, domain, duration, email, name, named, number, space, text, timeZone, usd } from "./values.ts";

const event = z.strictObject({
  doors: dateTime.optional().meta({ description: "When everything must be up. Left out: the start." }),
  start: dateTime.meta({ description: "When the programme begins." }),
  end: dateTime.meta({ description: "When the programme ends." }),
  timeZone: timeZone.optional().meta({ description: "Zone of dates written without an offset." }),
});

const AWS_REGION_PATTERN = "^(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-[a-z]+-[1-9]$";
const awsRegion = text((value) => {
  if (new RegExp(AWS_REGION_PATTERN).test(value)) return value;
  const clean = value.toLowerCase().replace(/[a-z]$/, "");
  throw new UnitError("is not an AWS region", "a region (not a zone), e.g. eu-central-1", new RegExp(AWS_REGION_PATTERN).test(clean) ? clean : null);
}, { allowed: "an AWS region, e.g. eu-central-1", examples: ["eu-central-1"], pattern: AWS_REGION_PATTERN });

const region = z.strictObject({
  aws: awsRegion.optional().meta({ description: "AWS region, used by the aws target." }),
  zones: number(1, 6).optional().meta({ description: "Availability zones to spread hosts over.", default: 1 }),
});

const SIZE_PATTERN = "^[a-z][a-z0-9-]*\\.[a-z0-9-]+$";
const size = text((value) => {
  if (new RegExp(SIZE_PATTERN).test(value)) return value;
  throw new UnitError("is not an instance type", "an EC2 instance type, e.g. c7g.2xlarge");
}, { allowed: "an EC2 instance type, e.g. c7g.2xlarge", examples: ["c7g.2xlarge"], pattern: SIZE_PATTERN })
  .optional().meta({ description: "EC2 instance type, used by the aws target. Left out: chosen by capacity." });

/** Hosts of one role in one region are counted up to here; the plan is tested with 1,000 hosts. */
const MAX_HOSTS = 1000;
const count = number(0, MAX_HOSTS);
const hostGroup = z.union([count, z.strictObject({
  count: number(0, MAX_HOSTS).optional().meta({ description: "Number of hosts.", default: 1 }), size,
})]);
const multiplexerGroup = z.union([count, z.strictObject({
  count: number(0, MAX_HOSTS).optional().meta({ description: "Number of hosts.", default: 1 }), size,
  disk: space("1 GB", "64 TB", ["500 GB"]).optional().meta({ description: "Room for recordings on each host. Left out: what the recordings need." }),
})]);
const distributorGroup = z.union([count, z.strictObject({
  count: number(0, MAX_HOSTS).optional().meta({ description: "A fixed number of hosts; the same as min = max." }),
  min: number(1, MAX_HOSTS).optional().meta({ description: "Hosts that always run.", default: 1 }),
  max: number(1, MAX_HOSTS).optional().meta({ description: "Hosts at most, scaled on network load. Left out: min." }),
  size,
})]);
const groups = <G extends z.ZodType>(group: G, what: string) => z.union([count, named(group)]).nullable().optional().meta({
  description: `${what} per region: a number, or details. A bare number is for the only region.`, default: 1, examples: [{ eu: 2 }, 2],
});

const cdn = z.union([z.enum(["cloudfront", "none"]), z.strictObject({
  provider: z.enum(["cloudfront", "none"]).optional().meta({ description: "The CDN in front of the distributors.", default: "cloudfront" }),
  shield: z.boolean().optional().meta({ description: "One more cache between the CDN and the distributors; costs per request.", default: false }),
})]).nullable().optional().meta({ description: "Left out: viewers reach the distributors directly." });

const dns = z.strictObject({
  ttl: duration("1 s", "1 d", ["30 s"]).optional().meta({ description: "How long resolvers keep the addresses of ingest and distributors; no failover is quicker.", default: "30 s" }),
}).nullable().optional().meta({ description: "Names that headend makes on targets with DNS." });

const way = z.strictObject({
  domain: domain.optional().meta({ description: "Host name of a CDN of your own that loads from the distributors. Not for `cdn` and `distributors`, which are this file's." }),
  priority: number(1, 9).optional().meta({ description: "Ways with the lowest number that work are used.", default: 1 }),
  weight: number(0, 1000).optional().meta({ description: "Share of the viewers among ways of one priority; 0: only when nothing else works.", default: 1 }),
});

const observe = z.strictObject({
  alerts: z.strictObject({ email: email.optional().meta({ description: "Where alarms go." }) }).nullable().optional().meta({ description: "Alarms." }),
  budget: usd.optional().meta({ description: "Most the event may cost, in US dollars; the check fails above it.", examples: ["50 USD"] }),
}).nullable().optional().meta({ description: "Alarms and budget." });

export const written = z.strictObject({
  headend: z.literal(1).meta({ description: "Version of this vocabulary." }),
  name: name.meta({ description: "Name of the event or studio; part of every host name." }),
  domain: domain.optional().meta({ description: "Public domain. Left out: the studio is reached as localhost." }),
  event: event.nullable().optional().meta({ description: "When it happens; used for cost, expiry and reminders." }),
  streams: named(stream.nullable()).meta({ description: "The streams, by name. A stream with nothing after its name takes every default.", examples: [{ main: null }] }),
  regions: named(region.nullable()).nullable().optional().meta({ description: "Places with hosts. Left out: one region named home." }),
  multiplexers: groups(multiplexerGroup, "Hosts that receive, authenticate and record streams,"),
  transcoders: groups(hostGroup, "Hosts that make the renditions,"),
  distributors: groups(distributorGroup, "Caches that viewers load from,"),
  cdn,
  delivery: named(way.nullable()).nullable().optional().meta({
    description: "Ways to the viewers: `cdn`, `distributors`, and CDNs of your own by name. Left out: the CDN first where there is one, the distributors behind it.",
    examples: [{ cdn: { weight: 70 }, distributors: { weight: 30 } }],
  }),
  dns,
  observe,
}).meta({ title: "headend topology", description: "A live-video topology, version 1." });

/** A file that the schema accepts: values are in one unit, defaults are not filled in. */
export type Written = z.output<typeof written>;
