import type { Topology } from "../../spec/topology.ts";
import { cloudfrontRegion, REGIONAL_CACHES } from "../cdn-regions.ts";
import type { Host, Plan, StreamPlan } from "../model.ts";
import { streamCpu, type CpuModel } from "./cpu.ts";

/** What a host has to carry at the most, while every stream is live and every expected viewer watches. */
export interface Demand {
  /** Busy cores without headroom; null where nothing was measured (a multiplexer relays, it does not encode). */
  readonly cores: number | null;
  /** Megabytes that are known of; null where nothing was measured. */
  readonly memoryMb: number | null;
  readonly inMbps: number;
  readonly outMbps: number;
  /** Recordings at the end of the time they are kept. */
  readonly diskGb: number;
  /** Viewers that this host serves itself. */
  readonly viewers: number;
  /** Connections open at once: from publishers and viewers, and between hosts. */
  readonly connections: number;
}

/** Memory that a transcoder needs at least (knowledge: requirements 12, s2: 2 cores and 4 GB for basic transcoding). */
const TRANSCODER_MB = 4000;
/** Segments of each rendition in a transcoder's memory: playlist and delete threshold of FFmpeg's arguments (render/ffmpeg.ts). */
const SEGMENTS_KEPT = 20;
/** Caches of a distributor are in memory: 256 MB of segments, 16 MB of playlists (render/nginx-distributor.ts). */
const CACHE_MB = 272;
/** Idle connections that nginx on a distributor keeps to a transcoder (render/nginx-distributor.ts). */
const KEPT_ALIVE = 32;
/** HTTPS that one core sends, in Mbps: nginx with TLS and cached segments, 5 to 6 Gb/s (knowledge: media 6, measured). */
export const NGINX_MBPS_PER_CORE = 5000;
/** WebRTC viewers of one core (knowledge: media 6, MediaMTX 50 to 60). */
const WHEP_VIEWERS_PER_CORE = 50;

/** Mbps of all renditions and the audio of a stream. */
export function ladderMbps(stream: StreamPlan): number {
  // averageBps holds the audio of its own playlist; renditions share one audio rendition on the wire.
  const video = stream.renditions.reduce((sum, r) => sum + r.bitrateKbps, 0);
  return (video + stream.audio.bitrateKbps) / 1000;
}

/** kbps that one viewer of a stream takes at the most: the best rendition with audio and containers. */
export function viewerKbps(stream: StreamPlan): number {
  let most = stream.audio.bitrateKbps;
  for (const { averageBps } of stream.renditions) most = Math.max(most, averageBps / 1000);
  return most;
}

/** True when a CDN can serve the stream: LL-HLS playlists and WebRTC cannot be cached (knowledge: media 5.2). */
export function behindCdn(topology: Topology, stream: StreamPlan): boolean {
  return topology.cdn?.provider === "cloudfront" && stream.latency === "standard";
}

/** Seconds of a stream that are on disk at once: the time kept, within the event when there is one. */
export function recordedSeconds(topology: Topology, stream: StreamPlan): number {
  if (stream.record === null) return 0;
  const { event } = topology;
  return event === null ? stream.record.keepSeconds : Math.min(stream.record.keepSeconds, (event.endMs - event.doorsMs) / 1000);
}

/** Expected viewers of a stream by region with distributors; those of other regions go to the first one that has any. */
export function expectedViewers(topology: Topology, name: string): ReadonlyMap<string, number> {
  const all = expected.get(topology) ?? new Map<string, ReadonlyMap<string, number>>();
  expected.set(topology, all);
  const viewers = all.get(name) ?? viewersOf(topology, name);
  all.set(name, viewers);
  return viewers;
}

/** Capacity and costs ask a dozen times for each of 5,000 streams. */
const expected = new WeakMap<Topology, Map<string, ReadonlyMap<string, number>>>();

function viewersOf(topology: Topology, name: string): ReadonlyMap<string, number> {
  const [first] = Object.keys(topology.distributors);
  const viewers = new Map<string, number>();
  for (const [region, count] of Object.entries(topology.streams[name]?.viewers ?? {})) {
    const at = topology.distributors[region] === undefined ? first : region;
    if (at !== undefined && count > 0) viewers.set(at, (viewers.get(at) ?? 0) + count);
  }
  return viewers;
}

/** Viewers that a region's distributors serve themselves, by what they cost. */
export interface RegionViewers {
  readonly viewers: number;
  /** Those of them that watch by WebRTC. */
  readonly whep: number;
  readonly mbps: number;
  /** The part of it that goes over HTTPS. */
  readonly httpsMbps: number;
}

/** Cores that serving viewers keeps busy. */
export function servingCores({ whep, httpsMbps }: Pick<RegionViewers, "whep" | "httpsMbps">, tlsMbpsPerCore: number): number {
  return whep / WHEP_VIEWERS_PER_CORE + httpsMbps / tlsMbpsPerCore;
}

/**
 * Connections that a viewer keeps open: HTTP/2 and HTTP/3 need one, players on HTTP/1.1 load playlist and segment side by side;
 * WebRTC has its signalling and its media.
 */
export const CONNECTIONS_PER_VIEWER = 2;

/** Viewers of every region that reach distributors, not the CDN. */
export function directViewers(topology: Topology, plan: Pick<Plan, "streams">): Map<string, RegionViewers> {
  const regions = new Map<string, RegionViewers>();
  for (const stream of plan.streams) {
    if (behindCdn(topology, stream)) continue;
    for (const [region, count] of expectedViewers(topology, stream.name)) {
      const known = regions.get(region) ?? NOBODY;
      const mbps = (count * viewerKbps(stream)) / 1000;
      const whep = stream.latency === "ultra";
      regions.set(region, {
        viewers: known.viewers + count, whep: known.whep + (whep ? count : 0), mbps: known.mbps + mbps, httpsMbps: known.httpsMbps + (whep ? 0 : mbps),
      });
    }
  }
  return regions;
}

const NOBODY: RegionViewers = { viewers: 0, whep: 0, mbps: 0, httpsMbps: 0 };

/** Caches of the CDN that ask distributors for a stream: the shield alone, else the regional ones near its viewers; 0 without a CDN. */
export function cdnCaches(topology: Topology, stream: StreamPlan): number {
  if (!behindCdn(topology, stream)) return 0;
  if (topology.cdn?.shield) return 1;
  const near = new Set([...expectedViewers(topology, stream.name).keys()].map((region) => cloudfrontRegion(topology.regions[region]?.aws ?? "us-east-1")));
  return Math.max(1, [...near].reduce((sum, region) => sum + REGIONAL_CACHES[region], 0));
}

/**
 * Demand of every host. Worst cases on purpose: every publisher, backups too, on the same multiplexer; every distributor of a stream
 * at the same transcoder; every viewer on the best rendition. Distributors: the regions' viewers spread evenly over `counts` hosts.
 */
export function demands(topology: Topology, plan: Planned, machine: Machine): Map<string, Demand> {
  const load = { multiplexer: multiplexerLoads(topology, plan), transcoder: transcoderLoads(plan, machine), distributor: distributorLoads(topology, plan, machine) };
  return new Map(plan.hosts.map((host) => [host.name, load[host.role](host)]));
}

type Planned = Pick<Plan, "hosts" | "streams">;

/** What the hosts are. */
export interface Machine {
  /** What a pixel costs. */
  readonly cpuOf: (host: Host) => CpuModel;
  /** HTTPS that one core sends, in Mbps. */
  readonly tlsMbpsPerCore: (host: Host) => number;
  /** Distributors of a region that share its viewers. */
  readonly counts: (region: string) => number;
}

type Load = (host: Host) => Demand;

function multiplexerLoads(topology: Topology, plan: Planned): Load {
  // Nearly all paths have the same list of multiplexers: sums are kept by list.
  const byList = new Map<readonly string[], typeof none>();
  const none = { inMbps: 0, outMbps: 0, diskGb: 0, connections: 0 };
  for (const stream of plan.streams) {
    const mbps = stream.source.bitrateKbps / 1000;
    for (const path of stream.publish) {
      const sum = byList.get(path.multiplexers) ?? { ...none };
      sum.inMbps += mbps;
      const copies = stream.transcoders.length + (path.backup ? 0 : stream.restream.length);
      sum.outMbps += mbps * copies;
      sum.connections += 1 + copies;
      sum.diskGb += (mbps / 8000) * recordedSeconds(topology, stream);
      byList.set(path.multiplexers, sum);
    }
  }
  const total = totals(byList);
  return (host) => ({ cores: null, memoryMb: null, viewers: 0, ...total(host.name, none) });
}

function transcoderLoads(plan: Planned, { cpuOf }: Machine): Load {
  const carried = new Map<string, StreamPlan[]>();
  for (const stream of plan.streams) for (const name of stream.transcoders) carried.set(name, [...carried.get(name) ?? [], stream]);
  return (host) => {
    const model = cpuOf(host);
    const streams = carried.get(host.name) ?? [];
    const sum = (value: (stream: StreamPlan) => number): number => streams.reduce((total, stream) => total + value(stream), 0);
    return {
      cores: sum((s) => streamCpu(s, model).cores),
      memoryMb: TRANSCODER_MB + sum((s) => (s.latency === "standard" ? (ladderMbps(s) / 8) * s.segmentSeconds * SEGMENTS_KEPT : 0)),
      inMbps: sum((s) => (s.source.bitrateKbps / 1000) * s.publish.length),
      outMbps: sum((s) => ladderMbps(s) * s.distributors.length),
      diskGb: 0, viewers: 0,
      // A distributor keeps up to 32 connections to a transcoder, whatever the number of streams (render/nginx-distributor.ts).
      connections: sum((s) => s.publish.length) + distributorsOf(streams) * KEPT_ALIVE,
    };
  };
}

/** Number of distributors that fetch any of the streams; nearly all streams share one list. */
function distributorsOf(streams: readonly StreamPlan[]): number {
  const lists = new Set(streams.map((s) => s.distributors));
  return lists.size <= 1 ? streams[0]?.distributors.length ?? 0 : new Set([...lists].flat()).size;
}

function distributorLoads(topology: Topology, plan: Planned, { counts, tlsMbpsPerCore }: Machine): Load {
  const byList = new Map<readonly string[], { inMbps: number; cdnMbps: number }>();
  for (const stream of plan.streams) {
    const sum = byList.get(stream.distributors) ?? { inMbps: 0, cdnMbps: 0 };
    sum.inMbps += ladderMbps(stream);
    sum.cdnMbps += ladderMbps(stream) * cdnCaches(topology, stream);
    byList.set(stream.distributors, sum);
  }
  const total = totals(byList);
  const direct = directViewers(topology, plan);
  return (host) => {
    const { inMbps, cdnMbps } = total(host.name, { inMbps: 0, cdnMbps: 0 });
    const region = direct.get(host.region) ?? NOBODY;
    const hosts = Math.max(1, counts(host.region));
    // Each cache of the CDN takes each object once; all of them may ask the same distributor.
    return {
      cores: servingCores({ whep: region.whep / hosts, httpsMbps: region.httpsMbps / hosts + cdnMbps }, tlsMbpsPerCore(host)), memoryMb: CACHE_MB, inMbps,
      outMbps: region.mbps / hosts + cdnMbps, diskGb: 0, viewers: Math.ceil(region.viewers / hosts), connections: Math.ceil(region.viewers / hosts) * CONNECTIONS_PER_VIEWER,
    };
  };
}

/** Sums over the lists that a host stands in; lists are looked through once. */
function totals<T extends Record<string, number>>(byList: ReadonlyMap<readonly string[], T>): (host: string, zero: T) => T {
  const byHost = new Map<string, T>();
  const keys = Object.keys([...byList.values()][0] ?? {}) as (keyof T)[];
  for (const [hosts, values] of byList) {
    for (const host of hosts) {
      const known = byHost.get(host);
      byHost.set(host, known === undefined ? { ...values } : Object.fromEntries(keys.map((key) => [key, (known[key] as number) + (values[key] as number)])) as T);
    }
  }
  return (host, zero) => byHost.get(host) ?? zero;
}
