import { gatewayCapped, internetMbps, sizeFacts } from "../capacity/sizes.ts";
import { allViewers, hasCdn, isPublic, MANY_VIEWERS, rate, some, viewersOf } from "./facts.ts";
import { linkMessage, overloads } from "./overload.ts";
import { eachStream, type Found, type LintContext, type Rule } from "./rule.ts";

/** Rules that a security group holds unless AWS is asked for more, and how many CloudFront's prefix list counts as (Amazon VPC user guide, quotas and AWS-managed prefix lists; the lists of both address families). */
const GROUP_RULES = 60;
const PREFIX_LIST_WEIGHT = 55;

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
    id: "HE509", severity: "warning", title: "more viewers than the distributors' links carry",
    reason: "A link carries its baseline for hours, not its burst; below 32 vCPU an instance sends at most 5 Gbps through the internet gateway, whatever its size promises. 80 % of that is usable.",
    fix: "Add a CDN, raise the distributors' `max`, or use a size with 32 vCPU such as c7gn.8xlarge.", source: "EC2 user guide, instance network bandwidth; knowledge: sizing-and-cost 3; requirements 12 (bandwidth = bitrate x viewers)",
    check: (context) => overloads(context, "distributor", "bandwidth", linkMessage),
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
  {
    id: "HE511", severity: "warning", title: "more firewall rules than a security group holds",
    reason: "A security group takes 60 rules. Each address block counts once for each port, \"anyone\" twice (IPv4 and IPv6), and CloudFront's prefix list as 55.",
    fix: "Join address blocks, offer fewer protocols, keep streams past the CDN off these distributors, or ask AWS for more rules a group.", source: "Amazon VPC user guide, quotas (60 rules a group) and AWS-managed prefix lists (weight 55); knowledge: aws 2",
    check: (context) => securityGroups(context).filter(({ rules }) => rules > GROUP_RULES).map(({ path, what, rules }) => ({ path, message: `${what} need ${rules} rules; a security group holds ${GROUP_RULES}.` })),
  },
  {
    id: "HE512", severity: "warning", title: "size whose network the internet gateway does not let through",
    reason: "Below 32 vCPU an instance has 5 Gbps through the internet gateway; a faster network is paid for and never used by viewers.",
    fix: "Use a smaller size of the family, or one with 32 vCPU.", source: "EC2 user guide, instance network bandwidth; knowledge: sizing-and-cost 3 (cap that sizing must apply)",
    check: ({ topology }) => Object.entries(topology.distributors).flatMap(([region, { size }]): Found[] => {
      const facts = size === null ? null : sizeFacts(size);
      // A size just above the cap, such as c7gn.large, is the smallest that reaches it.
      return facts === null || !gatewayCapped(facts) || (facts.baselineMbps ?? 0) < 2 * (internetMbps(facts) ?? 0) ? []
        : [{ path: ["distributors", region, "size"], message: `${size} has ${rate((facts.baselineMbps ?? 0) * 1000)}, of which ${rate((internetMbps(facts) ?? 0) * 1000)} reach viewers.` }];
    }),
  },
  {
    id: "HE513", severity: "warning", title: "more connections than distributors take",
    reason: "Each nginx worker takes 16,384 connections, one worker for each vCPU; players beyond that are refused.",
    fix: "Use more distributors or a larger size, or a CDN.", source: "infra/render/nginx.ts (worker_connections); infra/plan/capacity/demand.ts (two connections a viewer)",
    check: (context) => overloads(context, "distributor", "connections", (host, { connections }) => `${host.host} serves ${host.demand.viewers} viewers with ${host.demand.connections} connections; ${host.size} takes ${connections}.`),
  },
];

/** Rules that the security group of each role needs in each AWS region, as the aws target makes them: a rule for each port and source. */
function securityGroups({ topology, hosts, streams }: LintContext): { readonly path: readonly string[]; readonly what: string; readonly rules: number }[] {
  const direct = !hasCdn(topology) || streams.some(({ latency }) => latency !== "standard");
  return (["multiplexer", "transcoder", "distributor"] as const).flatMap((role) => Object.keys(topology.regions).filter((region) => topology.regions[region]?.aws).map((region) => {
    const rules = new Map<string, number>();
    for (const host of hosts.filter((h) => h.role === role && h.region === region)) {
      for (const { name, transport, port, from } of host.listeners) {
        for (const peer of from) {
          // Hosts are let in by their group.
          const [source, weight] = peer.kind === "cidr" ? [peer.cidr, 1] : peer.kind === "anyone" ? ["anyone", 2] : ["group", 1];
          if (!direct && (name === "https" || name === "http3")) continue;
          rules.set(`${transport} ${port} ${source}`, weight);
          if (peer.kind === "host") break;   // a list is of one kind
        }
      }
    }
    const fromCdn = role === "distributor" && hasCdn(topology) ? PREFIX_LIST_WEIGHT : 0;
    return { path: [`${role}s`, region], what: `The ${role}s in ${region}`, rules: fromCdn + [...rules.values()].reduce((a, b) => a + b, 0) };
  }));
}
