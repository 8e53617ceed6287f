import { behindCdn } from "../../plan/capacity/demand.ts";
import type { Plan } from "../../plan/model.ts";
import type { Topology } from "../../spec/topology.ts";
import { cdnOnly } from "./rules.ts";

/** Seconds that something stays in the CDN: what the origin's headers may choose between, and what holds without any. */
export interface Ttl { readonly min: number; readonly fallback: number; readonly max: number }

/** What is kept for how long, and by what it is told apart. */
export type CacheKind = "playlist" | "segment" | "steering" | "page";

/** How one kind of path is treated. */
export interface Behaviour {
  readonly pattern: string;
  readonly kind: Exclude<CacheKind, "page">;
  /** Only with a signed cookie. */
  readonly signed: boolean;
}

export interface CdnPlan {
  /** In the order CloudFront tries them. */
  readonly behaviours: readonly Behaviour[];
  readonly ttl: Readonly<Record<CacheKind, Ttl>>;
  /** Query parameters that are part of the address; all others are dropped. */
  readonly query: Readonly<Record<CacheKind, readonly string[]>>;
  /** Name of this way among the topology's `delivery`: distributors list the ways of a playlist by the one that it came by. */
  readonly way: string;
  /** Some stream needs a signed cookie. */
  readonly signed: boolean;
  /** The answer depends on the page that asks, so pages share nothing in the cache. */
  readonly byOrigin: boolean;
  /** Countries for everything, when all streams have the same list; null for no such list. */
  readonly countries: readonly string[] | null;
  /** Code that looks at each request; null where nothing is restricted. */
  readonly guard: string | null;
  /** For connections to origins, in seconds. */
  readonly connectTimeout: number;
  readonly readTimeout: number;
  /** Regions that requests go to: the first, and the second when that fails. The same one twice where there is only one. */
  readonly origins: readonly [string, string];
  readonly priceClass: "PriceClass_100" | "PriceClass_All";
}

/** What a distribution may have (AWS: CloudFront quotas, cache behaviours for each distribution). */
const MOST_BEHAVIOURS = 75;
const DAY = 86_400;
/** Kept the shortest: errors in the cache are what viewers blame (knowledge: aws 3). */
export const ERROR_TTL_SECONDS = 0;
export const CACHED_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] as const;

/**
 * CloudFront's part of a plan, or null where no stream goes through it.
 * @throws Error when more streams ask for cookies of their own than a distribution has room for
 */
export function cdnPlan(topology: Topology, plan: Plan): CdnPlan | null {
  const streams = plan.streams.filter((stream) => behindCdn(topology, stream));
  const regions = [...new Set(plan.hosts.filter((h) => h.role === "distributor").map((h) => h.region))];
  const [first, second = first] = regions;
  const way = plan.delivery.find(({ kind }) => kind === "cdn");
  if (streams.length === 0 || first === undefined || second === undefined || way === undefined) return null;
  const access = (name: string) => topology.streams[name]?.access ?? { token: false, countries: [], origins: [] };
  const signed = streams.filter((s) => access(s.name).token).map((s) => s.name);
  const segment = Math.max(...streams.map((s) => s.segmentSeconds));
  const lists = new Map(streams.map((s) => [s.name, [...access(s.name).countries].sort()]));
  const same = new Set([...lists.values()].map((list) => list.join())).size === 1;
  const everywhere = [...lists.values()].every((list) => list.length === 0);
  const countries = same && !everywhere ? [...lists.values()][0] ?? null : null;
  const waits = Math.max(1, Math.min(10, Math.ceil(segment / 2)));
  return {
    // Players are steered only where there is another way than this one.
    behaviours: [...behaviours(signed, signed.length === streams.length), ...(cdnOnly(topology, plan) ? [] : [STEERING])],
    way: way.name,
    // A playlist changes every segment: the origin says 1 s, and half a segment is the most that a player does not notice.
    ttl: { playlist: { min: 0, fallback: 1, max: Math.max(1, Math.ceil(segment / 2)) }, segment: { min: 0, fallback: DAY, max: 365 * DAY }, steering: { min: 0, fallback: 1, max: 1 }, page: { min: 0, fallback: 10, max: DAY } },
    query: { playlist: [], segment: [], steering: ["home", "v"], page: [] },
    signed: signed.length > 0,
    byOrigin: streams.some((s) => access(s.name).origins.length > 0),
    countries,
    guard: signed.length > 0 || (!same && !everywhere) ? guardCode(same ? new Map() : lists) : null,
    connectTimeout: waits, readTimeout: Math.max(2, segment),
    origins: [first, second],
    priceClass: plan.hosts.every((h) => /^(us|eu|ca)-/.test(topology.regions[h.region]?.aws ?? "")) ? "PriceClass_100" : "PriceClass_All",
  };
}

/** Which way to take depends on the way in and on the viewer's own mark. Says nothing that a cookie protects. */
const STEERING: Behaviour = { pattern: "/live/*/steering.json", kind: "steering", signed: false };

function behaviours(signed: readonly string[], all: boolean): Behaviour[] {
  const own = all ? [] : signed.flatMap((name) => kinds(`/live/${name}`, true));
  const list = [...own, ...kinds("/live", all && signed.length > 0)];
  if (list.length + 1 > MOST_BEHAVIOURS) {
    throw new Error(`${signed.length} streams ask for signed cookies and others do not; CloudFront has room for ${Math.floor((MOST_BEHAVIOURS - kinds("", false).length) / kinds("", false).length)} such streams.\nGive every stream access: { token: true }, or fewer.`);
  }
  return list;
}

function kinds(prefix: string, signed: boolean): Behaviour[] {
  return [
    { pattern: `${prefix}/*.m3u8`, kind: "playlist", signed }, { pattern: `${prefix}/*.mpd`, kind: "playlist", signed },
    { pattern: `${prefix}/*.m4s`, kind: "segment", signed }, { pattern: `${prefix}/*.mp4`, kind: "segment", signed },
  ];
}

/**
 * CloudFront chooses a behaviour by the path as it was sent, the origin decodes it: a path that would mean something else there is
 * refused, or it would go around the cookie or the country. None of ours needs decoding.
 */
function guardCode(countries: ReadonlyMap<string, readonly string[]>): string {
  const restricted = Object.fromEntries([...countries].filter(([, list]) => list.length > 0));
  return `var countries = ${JSON.stringify(restricted)};
function handler(event) {
  var request = event.request;
  if (/%|\\/\\/|\\\\|\\/\\.\\.?(\\/|$)/.test(request.uri)) return refuse(400, 'Bad Request');
  var parts = request.uri.split('/');
  var allowed = parts[1] === 'live' ? countries[parts[2]] : undefined;
  var country = request.headers['cloudfront-viewer-country'];
  if (allowed && !(country && allowed.indexOf(country.value) >= 0)) return refuse(403, 'Forbidden');
  return request;
}
function refuse(code, text) {
  return { statusCode: code, statusDescription: text, headers: { 'cache-control': { value: 'no-store' } } };
}
`;
}
