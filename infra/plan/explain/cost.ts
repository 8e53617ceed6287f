import type { Period } from "../cost/estimate.ts";
import type { CostLine } from "../cost/lines.ts";
import { usd, usdFine } from "../cost/money.ts";
import { cloudfrontRegion, type PriceList } from "../cost/prices.ts";
import { awsOf, GB_PER_MBPS_HOUR } from "../cost/traffic.ts";
import { behindCdn, expectedViewers, viewerKbps } from "../capacity/demand.ts";
import type { StreamPlan } from "../model.ts";
import type { Context } from "./context.ts";
import { few, figure, type Answer, type Cause, type Formula } from "./explanation.ts";

/** How an item of the estimate comes about. Items without a row of their own are explained by quantity and price alone. */
interface ItemFacts {
  readonly quantity: string;
  /** Key of the price list. */
  readonly price: keyof PriceList;
  readonly causes: (context: Context, line: CostLine) => readonly Cause[];
}

const ITEMS: Readonly<Record<string, ItemFacts>> = {
  compute: { quantity: "hosts of the group × hours", price: "compute", causes: (context, line) => groupCauses(context, line) },
  "public IPv4": {
    quantity: "hosts × hours; each has one address", price: "publicIpv4",
    causes: ({ topology }) => (["multiplexers", "transcoders", "distributors"] as const).flatMap((group) => Object.keys(topology[group]).map((region): Cause => ({ path: [group, region], why: `${group} in ${region} have one public address each` }))),
  },
  disks: { quantity: "GB of recordings × hours ÷ 730", price: "gp3", causes: (context, line) => [...recordings(context), ...groupCauses(context, line)] },
  CloudFront: {
    quantity: `viewers × best rendition × ${GB_PER_MBPS_HOUR} GB per Mbps and hour × hours`, price: "cloudfront",
    causes: (context) => [{ path: ["cdn"], why: "puts CloudFront in front" }, ...viewers(context, (stream) => behindCdn(context.topology, stream))],
  },
  internet: {
    quantity: `Mbps to other platforms and to viewers without a CDN × ${GB_PER_MBPS_HOUR} × hours`, price: "internet",
    causes: (context) => [
      ...few(context.plan.streams.filter((s) => s.restream.length > 0).map((s) => ({ path: ["streams", s.name, "restream"], why: `sends ${s.name} to ${s.restream.map((r) => r.name).join(", ")} (${figure(s.source.bitrateKbps / 1000)} Mbps each)` }))),
      ...viewers(context, (stream) => !behindCdn(context.topology, stream)),
    ],
  },
  "cross-zone": { quantity: `Mbps between zones × ${GB_PER_MBPS_HOUR} × hours`, price: "crossZone", causes: ({ topology }) => Object.keys(topology.regions).map((region) => ({ path: ["regions", region, "zones"], why: `${region} spreads its hosts over ${topology.regions[region]?.zones} zones` })) },
  "cross-region": { quantity: `Mbps between regions × ${GB_PER_MBPS_HOUR} × hours`, price: "crossRegion", causes: ({ topology }) => [{ path: ["regions"], why: `has ${Object.keys(topology.regions).length} regions, and streams cross between them` }] },
  S3: { quantity: "GB of recordings, one copy", price: "s3", causes: (context) => recordings(context) },
};

/** Every line of the estimate that an item ("cloudfront"), a group ("tx-eu") or a line's own words stand for. */
export function explainCost(context: Context, name: string): Answer[] {
  const asked = name.toLowerCase().trim();
  if (asked === "") return [];
  const { hour, event, month, archive } = context.cost;
  const periods = [...event?.phases ?? [], hour, month, ...(archive ? [archive] : [])];
  const all = periods.flatMap((period) => period.lines.map((line) => ({ line, period })));
  const exact = all.filter(({ line }) => line.item.toLowerCase() === asked || line.what.toLowerCase() === asked);
  const chosen = exact.length > 0 ? exact : all.filter(({ line }) => `${line.item} ${line.what}`.toLowerCase().includes(asked));
  const groups = new Map<string, { line: CostLine; period: Period }[]>();
  for (const one of chosen) groups.set(`${one.line.item} ${subject(one.line)}`, [...groups.get(`${one.line.item} ${subject(one.line)}`) ?? [], one]);
  return [...groups.values()].map((lines) => answer(context, lines));
}

/** What a line is about, without numbers that differ between periods: "2 × c7g.large, dist-eu" → "dist-eu". */
const subject = ({ what }: CostLine): string => what.split(", ").at(-1) ?? what;

function answer(context: Context, lines: readonly { readonly line: CostLine; readonly period: Period }[]): Answer {
  // The live part of an event says most; without an event, the live hour.
  const { line, period } = lines.find((one) => one.period.name === "live") ?? lines.find((one) => one.period === context.cost.hour) ?? lines[0]!;
  const facts = Object.hasOwn(ITEMS, line.item) ? ITEMS[line.item] : undefined;
  const causes = facts?.causes(context, line) ?? [];
  return {
    thing: `cost ${line.item}: ${line.what}`,
    is: `${line.item}, ${line.what}: ${usd(line.cost)} for ${period.name} (${figure(period.hours)} h).`,
    causes: [...causes, ...(causes.length === 0 ? [{ path: ["name"], why: "is the topology as a whole" }] : []), ...hours(context, period)],
    rule: { name: "cost", in: "infra/plan/cost, docs/cost.md", says: "every viewer stays the whole time and takes the best rendition; free allowances are not taken off: an upper bound for what is counted" },
    formulas: [...quantityFormula(context, line, period, facts), price(context, line, facts)],
    facts: lines.map(({ line: one, period: when }): readonly [string, string] => [when.name, `${figure(one.quantity, 1)} ${one.unit}, ${usd(one.cost)}`]),
    see: label(line) === null ? [] : [...context.plan.hosts.filter((h) => h.name.startsWith(`${label(line)}-`)).slice(0, 2).map((h) => `capacity ${h.name}`)],
  };
}

function quantityFormula(context: Context, line: CostLine, period: Period, facts: ItemFacts | undefined): Formula[] {
  const numbers = line.item === "CloudFront" || line.item === "internet" ? `${trafficNumbers(context, line)} × ${GB_PER_MBPS_HOUR} × ${figure(period.hours)} h`
    : line.item === "compute" || line.item === "public IPv4" ? `${figure(line.quantity / period.hours, 1)} × ${figure(period.hours)} h` : `over ${figure(period.hours)} h`;
  return [{ what: "quantity", formula: facts?.quantity ?? `${line.unit} of ${line.item}`, numbers, result: `${figure(line.quantity, 1)} ${line.unit}`, source: "knowledge: sizing-and-cost 4 and 5; infra/plan/cost" }];
}

function trafficNumbers({ plan, topology }: Context, line: CostLine): string {
  const cdn = line.item === "CloudFront";
  // The line says whose prices or whose gateway it is about: "…, prices of eu", "out of eu-central-1".
  const about = line.what.split(" ").at(-1);
  const counted = (region: string): boolean => about === (cdn ? cloudfrontRegion(awsOf(topology, region)) : awsOf(topology, region));
  const parts = plan.streams.filter((s) => behindCdn(topology, s) === cdn).flatMap((s) => {
    const count = [...expectedViewers(topology, s.name)].reduce((sum, [region, viewers]) => sum + (counted(region) ? viewers : 0), 0);
    return count === 0 ? [] : [`${s.name} ${figure(count, 0)} viewers × ${figure(viewerKbps(s) / 1000, 4)} Mbps`];
  });
  const out = cdn ? [] : plan.streams.filter((s) => s.restream.length > 0).map((s) => `${s.name} ${figure(s.source.bitrateKbps / 1000)} Mbps × ${s.restream.length} platforms`);
  const all = [...parts, ...out];
  return all.length <= 3 ? all.join("; ") || "0" : `${all.length} streams`;
}

function price({ readings: { prices } }: Context, line: CostLine, facts: ItemFacts | undefined): Formula {
  const evidence = facts === undefined ? undefined : prices[facts.price] as { readonly source?: string; readonly date?: string | null; readonly perGb?: number };
  const tiers = line.item === "CloudFront" || line.item === "internet";
  return {
    what: "amount", formula: tiers ? "quantity through the price's steps, from zero" : "quantity × price",
    numbers: line.quantity === 0 ? "0" : `${figure(line.quantity, 1)} ${line.unit} × ${usdFine(Math.round(line.cost / line.quantity))}${tiers ? " on average" : ""}`, result: usd(line.cost),
    source: evidence?.source === undefined ? `price list of ${prices.date}` : `${evidence.source}${evidence.date ? `, ${evidence.date}` : ""}${line.verified ? "" : " (not verified)"}`,
  };
}

/** "tx-eu" of a line about a group of hosts. */
const label = ({ what }: CostLine): string | null => /(?:^|, )((?:mux|tx|dist)-[a-z0-9-]+)$/.exec(what)?.[1] ?? null;
const GROUPS: Readonly<Record<string, "multiplexers" | "transcoders" | "distributors">> = { mux: "multiplexers", tx: "transcoders", dist: "distributors" };

function groupCauses(context: Context, line: CostLine): Cause[] {
  const [, short = "", region = ""] = /^(mux|tx|dist)-(.*)$/.exec(label(line) ?? "") ?? [];
  const group = GROUPS[short];
  if (group === undefined) return [];
  const chosen = context.capacity.hosts.find((h) => h.region === region && h.host.startsWith(`${short}-`))?.sizeFrom !== "topology";
  return [
    { path: [group, region], why: `asks for these hosts${group === "distributors" ? "; between min and max as viewers need" : ""}` },
    { path: [group, region, "size"], why: chosen ? "is left out: the cheapest size that holds what is expected" : "is the size that is paid for" },
    { path: ["regions", region, "aws"], why: "is the AWS region whose prices hold" },
  ];
}

function recordings({ plan }: Context): Cause[] {
  return few(plan.streams.filter((s) => s.record !== null).map((s) => ({ path: ["streams", s.name, "record"], why: `records ${s.name} at ${figure(s.source.bitrateKbps / 1000)} Mbps from ${s.publish.length} ${s.publish.length === 1 ? "publisher" : "publishers"}` })));
}

function viewers({ plan, topology }: Context, counts: (stream: StreamPlan) => boolean): Cause[] {
  const streams = plan.streams.filter((s) => counts(s) && Object.values(topology.streams[s.name]?.viewers ?? {}).some((count) => count > 0));
  return few(streams.map((s) => ({
    path: ["streams", s.name, "viewers"], why: `expects ${figure(Object.values(topology.streams[s.name]!.viewers).reduce((a, b) => a + b, 0), 0)} viewers of ${s.name} at up to ${figure(viewerKbps(s) / 1000)} Mbps`,
  })));
}

function hours({ topology }: Context, period: Period): Cause[] {
  if (topology.event === null || !["live", "warm-up", "wind-down"].includes(period.name)) return [];
  return [{ path: ["event", "end"], why: `with the start gives the ${figure(period.hours)} h of ${period.name}` }];
}
