import { allViewers, hasCdn, isPublic, MANY_VIEWERS, rate, some, viewersOf } from "./facts.ts";
import { eachStream, type Rule } from "./rule.ts";

/** What an instance below 32 vCPU sends through an internet gateway, and the part of it to plan with (sizing-and-cost 3). */
const GATEWAY_KBPS = 5_000_000;
const USABLE = 0.8;

const continent = (awsRegion: string): string => ({ ca: "us", mx: "us" } as Record<string, string>)[awsRegion.split("-")[0]!] ?? awsRegion.split("-")[0]!;

/** Rules about how viewers get the stream, and who may watch. */
export const deliveryRules: readonly Rule[] = [
  {
    id: "HE003", severity: "warning", title: "`access.token` without a CDN",
    reason: "Distributors do not check signed links; the CDN does. Without one, anybody who knows the address can watch.",
    fix: "Use `access.origins`, or the CDN of the aws target.", source: "README, Limits known today; knowledge: aws 3 (signed cookies, key groups)",
    check: eachStream(({ name, spec, at }, { topology }) => spec.access.token && !hasCdn(topology) && {
      path: at("access", "token"), message: `${name}: \`access.token\` is not enforced by distributors; anybody who knows the address can watch.`,
    }),
  },
  {
    id: "HE501", severity: "warning", title: "viewers where no distributor is",
    reason: "They load every segment from another region: slower starts, and traffic between regions.",
    fix: "Add a distributor in that region, or a CDN.", source: "requirements 8 (s2: edges in many regions, nearest healthy server); knowledge: sizing-and-cost 4",
    check: eachStream(({ name, spec, at }, { topology }) => !hasCdn(topology) && Object.entries(spec.viewers)
      .filter(([region, count]) => count > 0 && !topology.distributors[region])
      .map(([region, count]) => ({ path: at("viewers", region), message: `${name}: ${count} viewers are expected in ${region}, which has no distributor.` }))),
  },
  {
    id: "HE502", severity: "warning", title: "`access.countries` without a CDN",
    reason: "Only the CDN knows where a viewer is; distributors serve everybody.",
    fix: "Add `cdn: cloudfront`, or leave `countries` out.", source: "README, Limits known today; knowledge: aws 3 (geo restriction of CloudFront)",
    check: eachStream(({ name, spec, at }, { topology }) => spec.access.countries.length > 0 && !hasCdn(topology) && {
      path: at("access", "countries"), message: `${name}: is limited to ${some(spec.access.countries)}, but distributors do not look at countries.`,
    }),
  },
  {
    id: "HE503", severity: "info", title: "access is checked by the CDN only",
    reason: "On a target without the CDN, such as local, the same stream is open to everybody who reaches the distributors.",
    fix: "Keep rehearsals on a network of your own.", source: "README, Limits known today",
    check: eachStream(({ name, spec, at }, { topology }) => hasCdn(topology) && (spec.access.token || spec.access.countries.length > 0) && {
      path: at("access"), message: `${name}: ${[spec.access.token && "tokens", spec.access.countries.length > 0 && "countries"].filter(Boolean).join(" and ")} are checked by the CDN, not by distributors.`,
    }),
  },
  {
    id: "HE504", severity: "warning", title: "tokens without a domain",
    reason: "A signed link is as good as a ticket; without a domain there is no certificate that viewers' browsers trust, so it cannot be sent safely.",
    fix: "Say `domain`.", source: "requirements 7 (s2: HTTPS-only delivery, signed playback URLs)",
    check: eachStream(({ name, spec, at }, { topology }) => spec.access.token && topology.domain === null && { path: at("access", "token"), message: `${name}: wants signed links, but no domain is declared.` }),
  },
  {
    id: "HE505", severity: "warning", title: "CDN without a domain",
    reason: "CloudFront asks its origin over HTTPS and refuses certificates that no public authority signed; those need a domain.",
    fix: "Say `domain`.", source: "Amazon CloudFront developer guide, \"Require HTTPS to your custom origin\"; knowledge: aws 3",
    check: ({ topology }) => (hasCdn(topology) && topology.domain === null ? [{ path: ["cdn"], message: "A CDN is asked for, but no domain is declared." }] : []),
  },
  {
    id: "HE506", severity: "warning", title: "CDN without an AWS region",
    reason: "Only the aws target makes a CDN, and no region says where on AWS its distributors are.",
    fix: "Say `aws` for the regions, e.g. eu: { aws: eu-central-1 }, or leave the CDN out.", source: "topology schema (`regions.*.aws`); knowledge: aws 1",
    check: ({ topology }) => (hasCdn(topology) && Object.values(topology.regions).every(({ aws }) => aws === null) ? [{ path: ["cdn"], message: "A CDN is asked for, but no region is on AWS." }] : []),
  },
  {
    id: "HE507", severity: "info", title: "origin shield for few viewers",
    reason: "The shield is charged per request and pays with viewers on more than one continent, or about 1,000 of them.",
    fix: "Leave `shield` out.", source: "knowledge: aws 3 (Origin Shield)",
    check: ({ topology }) => (hasCdn(topology) && topology.cdn?.shield && allViewers(topology) < MANY_VIEWERS && Object.keys(topology.regions).length === 1
      ? [{ path: ["cdn", "shield"], message: `The origin shield is on for ${allViewers(topology)} viewers in one region.` }] : []),
  },
  {
    id: "HE508", severity: "info", title: "viewers on several continents without origin shield",
    reason: "Every regional cache of the CDN then asks the distributors itself.",
    fix: "Use cdn: { provider: cloudfront, shield: true }.", source: "knowledge: aws 3 (Origin Shield)",
    check: ({ topology }) => {
      const continents = new Set(Object.values(topology.regions).flatMap(({ aws }) => (aws === null ? [] : [continent(aws)])));
      return hasCdn(topology) && !topology.cdn?.shield && continents.size > 1 && allViewers(topology) >= MANY_VIEWERS
        ? [{ path: ["cdn"], message: `${allViewers(topology)} viewers on ${continents.size} continents, and no origin shield.` }] : [];
    },
  },
  {
    id: "HE509", severity: "warning", title: "more viewers than the distributors' way to the internet carries",
    reason: "An instance below 32 vCPU sends at most 5 Gbps through the internet gateway, whatever its size promises; 80 % of that is usable.",
    fix: "Add a CDN, or raise the distributors' `max`.", source: "EC2 user guide, instance network bandwidth; knowledge: sizing-and-cost 3; requirements 12 (bandwidth = bitrate x viewers)",
    check: ({ topology, streams }) => {
      if (hasCdn(topology) || !Object.values(topology.regions).some(({ aws }) => aws !== null)) return [];
      const needed = streams.reduce((sum, plan) => sum + viewersOf(topology.streams[plan.name]!) * (Math.max(0, ...plan.renditions.map((r) => r.bitrateKbps)) + plan.audio.bitrateKbps), 0);
      const most = Object.values(topology.distributors).reduce((sum, { max }) => sum + max, 0);
      return needed > most * GATEWAY_KBPS * USABLE ? [{
        path: ["distributors"], message: `Viewers at the top rung need ${rate(needed)}; ${most} distributor${most === 1 ? "" : "s"} can send ${rate(most * GATEWAY_KBPS * USABLE)}.`,
        fix: `Add a CDN, or allow ${Math.ceil(needed / (GATEWAY_KBPS * USABLE))} distributors.`,
      }] : [];
    },
  },
  {
    id: "HE510", severity: "info", title: "no viewers expected",
    reason: "Sizes, capacity and cost follow from the number of viewers; without it none of them can be told.",
    fix: "Say how many watch at once at most, e.g. viewers: 200.", source: "knowledge: sizing-and-cost 3 (viewers per distributor); topology schema (`viewers`)",
    check: ({ topology }) => {
      const silent = Object.entries(topology.streams).filter(([, stream]) => viewersOf(stream) === 0).map(([name]) => name);
      return isPublic(topology) && silent.length > 0 ? [{ path: ["streams", silent[0]!, "viewers"], message: `No viewers are expected on ${some(silent)}.` }] : [];
    },
  },
];
