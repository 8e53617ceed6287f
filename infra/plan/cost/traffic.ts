import type { Topology } from "../../spec/topology.ts";
import { behindCdn, cdnCaches, expectedViewers, ladderMbps, viewerKbps } from "../capacity/demand.ts";
import { cloudfrontRegion, type CloudFrontRegion } from "../cdn-regions.ts";
import type { Host, Plan, StreamPlan } from "../model.ts";

/** GB that 1 Mbps is in an hour, decimal (knowledge: sizing-and-cost 4). */
export const GB_PER_MBPS_HOUR = 0.45;

/** AWS region that a region of the topology is counted as. */
export const awsOf = (topology: Topology, region: string): string => topology.regions[region]?.aws ?? "us-east-1";

/** GB an hour of what costs money, while everything is live. */
export interface Traffic {
  /** From distributors to viewers, by region of the topology. */
  readonly viewers: ReadonlyMap<string, number>;
  /** From the CDN to viewers, by CloudFront's price region. */
  readonly cdn: ReadonlyMap<CloudFrontRegion, number>;
  /** From multiplexers to other platforms, by region of the topology. */
  readonly restream: ReadonlyMap<string, number>;
  readonly crossZone: number;
  readonly crossRegion: number;
  /** Requests of viewers to the CDN, by its price region. */
  readonly requests: ReadonlyMap<CloudFrontRegion, number>;
  /** Requests of the CDN's caches to its shield. */
  readonly shieldRequests: number;
  /** Viewers that find distributors by DNS. */
  readonly directViewers: number;
}

/**
 * Requests of a viewer in an hour: for each segment length one video and one audio segment, and both playlists again
 * (RFC 8216 6.3.4: a live playlist is reloaded once a target duration).
 */
export function requestsPerHour({ segmentSeconds }: Pick<StreamPlan, "segmentSeconds">): number {
  return (4 * 3600) / segmentSeconds;
}

/**
 * Traffic of one live hour: every publisher, backups too, sends to its first multiplexer; every viewer takes the best rendition; a distributor
 * asks the nearest transcoder. From AWS hosts to CloudFront is free.
 */
export function traffic(topology: Topology, plan: Pick<Plan, "hosts" | "streams">): Traffic {
  const hosts = new Map(plan.hosts.map((host) => [host.name, host]));
  const viewers = new Map<string, number>();
  const cdn = new Map<CloudFrontRegion, number>();
  const restream = new Map<string, number>();
  const between = { zone: 0, region: 0, none: 0 };
  const requests = new Map<CloudFrontRegion, number>();
  let shieldRequests = 0;
  let directViewers = 0;
  const pulls = pullsOf(topology, hosts);
  for (const stream of plan.streams) {
    const contribution = (stream.source.bitrateKbps / 1000) * GB_PER_MBPS_HOUR;
    for (const path of stream.publish) {
      const from = hosts.get(path.multiplexers[0] ?? "");
      if (from === undefined) continue;
      for (const name of stream.transcoders) between[distance(topology, from, hosts.get(name))] += contribution;
      if (!path.backup && stream.restream.length > 0) add(restream, from.region, contribution * stream.restream.length);
    }
    const ladder = ladderMbps(stream) * GB_PER_MBPS_HOUR;
    const pull = pulls(stream.distributors, stream.transcoders);
    between.zone += ladder * pull.zone;
    between.region += ladder * pull.region;
    for (const [region, count] of expectedViewers(topology, stream.name)) {
      const gb = (count * viewerKbps(stream) / 1000) * GB_PER_MBPS_HOUR;
      if (behindCdn(topology, stream)) {
        const near = cloudfrontRegion(awsOf(topology, region));
        add(cdn, near, gb);
        add(requests, near, count * requestsPerHour(stream));
      } else {
        add(viewers, region, gb);
        directViewers += count;
      }
    }
    // Every object of every rendition and of the audio, for each cache that asks the shield instead of the distributors.
    if (topology.cdn?.shield && behindCdn(topology, stream)) {
      shieldRequests += cdnCaches({ ...topology, cdn: { ...topology.cdn, shield: false } }, stream) * (stream.renditions.length + 1) * (requestsPerHour(stream) / 2);
    }
  }
  return { viewers, cdn, restream, crossZone: between.zone, crossRegion: between.region, requests, shieldRequests, directViewers };
}

type Link = "none" | "zone" | "region";
const ORDER: readonly Link[] = ["none", "zone", "region"];

function distance(topology: Topology, a: Host | undefined, b: Host | undefined): Link {
  if (a === undefined || b === undefined) return "none";
  if (a.region !== b.region) return awsOf(topology, a.region) === awsOf(topology, b.region) ? "zone" : "region";
  return a.zone === b.zone ? "none" : "zone";
}

/** How many distributors of a list reach their nearest transcoder over which kind of link. Those in one zone have the same links; lists are shared by many streams. */
function pullsOf(topology: Topology, hosts: ReadonlyMap<string, Host>): (distributors: readonly string[], transcoders: readonly string[]) => Readonly<Record<Link, number>> {
  const places = new Map<readonly string[], readonly { readonly host: Host; readonly count: number }[]>();
  const placesOf = (list: readonly string[]): readonly { readonly host: Host; readonly count: number }[] => {
    const known = places.get(list);
    if (known !== undefined) return known;
    const byZone = new Map<string, { host: Host; count: number }>();
    for (const name of list) {
      const host = hosts.get(name);
      if (host === undefined) continue;
      const key = `${host.zone} ${host.region}`;
      const found = byZone.get(key);
      if (found === undefined) byZone.set(key, { host, count: 1 });
      else found.count++;
    }
    places.set(list, [...byZone.values()]);
    return [...byZone.values()];
  };
  return (distributors, transcoders) => {
    const counts: Record<Link, number> = { none: 0, zone: 0, region: 0 };
    const others = transcoders.map((name) => hosts.get(name));
    for (const { host, count } of placesOf(distributors)) counts[nearest(topology, host, others)] += count;
    return counts;
  };
}

function nearest(topology: Topology, host: Host | undefined, others: readonly (Host | undefined)[]): Link {
  if (others.length === 0) return "none";
  let best: Link = "region";
  for (const other of others) {
    const link = distance(topology, host, other);
    if (ORDER.indexOf(link) < ORDER.indexOf(best)) best = link;
  }
  return best;
}

export function add<K>(map: Map<K, number>, key: K, amount: number): void {
  map.set(key, (map.get(key) ?? 0) + amount);
}
