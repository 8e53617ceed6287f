/** Written form → {@link Topology}: defaults and cross-references. Mistakes are reported, all of them. */
import { commonOffset, toEpochMs } from "./date-time.ts";
import { noPictures, type PictureReader } from "./picture.ts";
import type { SpecPath } from "./problems.ts";
import { resolveStream, unknownRegion } from "./resolve-stream.ts";
import type { Written } from "./schema.ts";
import type { DeliveryWay, DistributorGroup, HostGroup, MultiplexerGroup, Region, Topology } from "./topology.ts";
import { UnitError } from "./units.ts";

export interface Complaint {
  readonly path: SpecPath;
  readonly message: string;
  readonly allowed: string;
  /** Shown instead of what stands at the path. */
  readonly value?: unknown;
  readonly suggestion?: string | null;
  /** The nearest of these becomes the suggestion. */
  readonly candidates?: readonly string[];
  /** Other places the complaint rests on; when one of them is itself wrong, this complaint is not made. */
  readonly uses?: readonly SpecPath[];
  /** It rests on which regions there are. */
  readonly usesRegions?: boolean;
  readonly at?: "key" | "value";
  /** Nothing is written at the path, so there is no value to show. */
  readonly missing?: boolean;
}
export type Report = (complaint: Complaint) => void;

export const DEFAULT_REGION = "home";
/** With Route 53 noticing a dead host within 30 s, viewers and publishers have moved after a minute. */
const DEFAULT_TTL_SECONDS = 30;

/** The result is only usable when nothing was reported. */
export function resolve(w: Written, report: Report, pictures: PictureReader = noPictures): Topology {
  const regions: Record<string, Region> = {};
  for (const [name, region] of Object.entries(w.regions ?? {})) regions[name] = { aws: region?.aws ?? null, zones: region?.zones ?? 1 };
  if (w.regions && Object.keys(regions).length === 0) report({ path: ["regions"], message: "is empty", allowed: "at least one region, or leave `regions` out" });
  if (Object.keys(regions).length === 0) regions[DEFAULT_REGION] = { aws: null, zones: 1 };
  const names = Object.keys(regions);
  const first = [names[0]!];

  const multiplexers = resolveGroups<WrittenMultiplexerGroup, MultiplexerGroup>("multiplexers", w.multiplexers, names, first, report, toMultiplexerGroup);
  const transcoders = resolveGroups<WrittenHostGroup, HostGroup>("transcoders", w.transcoders, names, first, report, toHostGroup);
  // A cache near the viewers of each region is what regions are for.
  const distributors = resolveGroups<WrittenDistributorGroup, DistributorGroup>("distributors", w.distributors, names, names, report, (group, path) => toDistributorGroup(group, path, report));

  const context = { regions: names, report, pictures, transcoders: Object.values(transcoders).reduce((sum, { count }) => sum + count, 0) };
  const streams = Object.fromEntries(Object.entries(w.streams).map(([name, stream]) => [name, resolveStream(stream, ["streams", name], context)]));
  if (Object.keys(streams).length === 0) report({ path: ["streams"], message: "is empty", allowed: "at least one stream, e.g. main: {}" });

  const cdn = typeof w.cdn === "string" ? { provider: w.cdn, shield: false } : w.cdn ? { provider: w.cdn.provider ?? "cloudfront" as const, shield: w.cdn.shield ?? false } : null;
  return {
    headend: w.headend, name: w.name, domain: w.domain ?? null, event: resolveEvent(w.event, report),
    streams, regions, multiplexers, transcoders, distributors, cdn, delivery: resolveDelivery(w.delivery, cdn !== null && cdn.provider !== "none", report), dns: { ttlSeconds: w.dns?.ttl ?? DEFAULT_TTL_SECONDS },
    observe: { alerts: { email: w.observe?.alerts?.email ?? null }, budgetUsd: w.observe?.budget ?? null },
  };
}

/** A way named after a host or a role would be taken for it in `headend steer`. */
const TAKEN = /^(dist|mux|tx)-|^(auto|self|any)$/;

function resolveDelivery(w: Written["delivery"], hasCdn: boolean, report: Report): Record<string, DeliveryWay> {
  const ways: Record<string, DeliveryWay> = {
    ...(hasCdn ? { cdn: { domain: null, priority: 1, weight: 1 } } : {}),
    distributors: { domain: null, priority: hasCdn && !w?.["distributors"] ? 2 : 1, weight: 1 },
  };
  for (const [name, way] of Object.entries(w ?? {})) {
    const path = ["delivery", name];
    const own = name === "cdn" || name === "distributors";
    if (name === "cdn" && !hasCdn) report({ path, at: "key", message: "is not in this file", allowed: "a `cdn` of this file, or another name with a `domain`" });
    if (own && way?.domain !== undefined) report({ path: [...path, "domain"], message: `is known for ${name}`, allowed: "no domain here; other CDNs have names of their own" });
    if (!own && way?.domain === undefined) report({ path, missing: true, message: "has no domain", allowed: "domain: the host name of that CDN" });
    if (!own && TAKEN.test(name)) report({ path, at: "key", message: "means something else", allowed: "another name, not auto, self, any or one beginning with dist-, mux- or tx-" });
    ways[name] = { domain: way?.domain ?? null, priority: way?.priority ?? 1, weight: way?.weight ?? 1 };
  }
  return ways;
}

type WrittenHostGroup = number | { readonly count?: number | undefined; readonly size?: string | undefined };
type WrittenMultiplexerGroup = number | { readonly count?: number | undefined; readonly size?: string | undefined; readonly disk?: number | undefined };
type WrittenDistributorGroup = number | { readonly count?: number | undefined; readonly min?: number | undefined; readonly max?: number | undefined; readonly size?: string | undefined };

function toHostGroup(w: WrittenHostGroup): HostGroup | null {
  const { count = 1, size = null } = typeof w === "number" ? { count: w } : w;
  return count === 0 ? null : { count, size };
}

function toMultiplexerGroup(w: WrittenMultiplexerGroup): MultiplexerGroup | null {
  const group = toHostGroup(w);
  return group === null ? null : { ...group, diskGb: (typeof w === "number" ? undefined : w.disk) ?? null };
}

function toDistributorGroup(w: WrittenDistributorGroup, path: SpecPath, report: Report): DistributorGroup | null {
  const { count, min, max, size = null } = typeof w === "number" ? { count: w } : w;
  if (count !== undefined) {
    if (min !== undefined || max !== undefined) report({ path: [...path, "count"], message: "stands beside min or max", allowed: "either count, or min and max" });
    return count === 0 ? null : { min: count, max: count, size };
  }
  const low = min ?? 1;
  if (max !== undefined && max < low) report({ path: [...path, "max"], message: `is less than min (${low})`, allowed: `at least ${low}` });
  return { min: low, max: max ?? low, size };
}

/** One role's groups by region. Regions with no host are left out; a role without any host is an error. */
function resolveGroups<W, G>(
  role: string, written: number | Readonly<Record<string, W>> | null | undefined, regions: readonly string[],
  defaults: readonly string[], report: Report, convert: (group: W | number, path: SpecPath) => G | null,
): Record<string, G> {
  if (written === null || written === undefined) written = Object.fromEntries(defaults.map((region) => [region, 1])) as Record<string, W>;
  if (typeof written === "number") {
    if (regions.length > 1) report({ path: [role], usesRegions: true, message: "does not say in which region", allowed: `a number for each: ${regions.join(", ")}` });
    written = { [regions[0]!]: written } as Record<string, W>;
  }
  const groups: Record<string, G> = {};
  for (const [region, w] of Object.entries(written)) {
    if (!regions.includes(region)) report(unknownRegion([role, region], regions));
    const group = convert(w, [role, region]);
    if (group !== null) groups[region] = group;
  }
  if (Object.keys(groups).length === 0) report({ path: [role], message: "has no host in any region", allowed: "at least one host" });
  return groups;
}

function resolveEvent(w: Written["event"], report: Report): Topology["event"] {
  if (!w) return null;
  const timeZone = w.timeZone ?? null;
  let broken = false;
  const at = (field: "doors" | "start" | "end"): number => {
    const written = w[field];
    if (written === undefined) return 0;
    try {
      return toEpochMs(written, timeZone);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      broken = true;
      report({ path: ["event", field], uses: [["event", "timeZone"]], message: error.message, allowed: error.allowed, suggestion: error.suggestion });
      return 0;
    }
  };
  const [doors, startMs, endMs] = [at("doors"), at("start"), at("end")];
  if (!broken && endMs <= startMs) report({ path: ["event", "end"], uses: [["event"]], message: "is not after the start", allowed: `a time after ${w.start.text}` });
  if (!broken && w.doors && doors > startMs) report({ path: ["event", "doors"], uses: [["event"]], message: "is after the start", allowed: `a time up to ${w.start.text}` });
  return { doorsMs: w.doors ? doors : startMs, startMs, endMs, timeZone: timeZone ?? commonOffset([w.doors, w.start, w.end]) };
}
