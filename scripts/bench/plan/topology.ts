import type { Stream, Topology } from "../../../infra/spec/topology.ts";

export interface Size {
  readonly streams: number;
  readonly multiplexers: number;
  readonly transcoders: number;
  readonly distributors: number;
  readonly regions: number;
}

/** What the limit is stated for: 1,000 hosts and 5,000 streams. */
export const LARGE: Omit<Size, "regions"> = { streams: 5000, multiplexers: 10, transcoders: 600, distributors: 390 };

/**
 * A large topology as the loader would give it: hosts dealt over the regions, streams with two renditions, DASH and every protocol;
 * one stream in five hundred is watched at low and one at ultra latency. Every object is its own, as after parsing.
 */
export function largeTopology(size: Size): Topology {
  const regions = Array.from({ length: size.regions }, (_, i) => `region${i + 1}`);
  const dealt = (total: number, region: number): number => Math.floor(total / size.regions) + (region < total % size.regions ? 1 : 0);
  const each = <T>(make: (index: number) => T): Record<string, T> => Object.fromEntries(regions.map((region, i) => [region, make(i)]));
  return {
    headend: 1, name: "bench", domain: null, event: null, cdn: null, delivery: { distributors: { domain: null, priority: 1, weight: 1 } }, dns: { ttlSeconds: 30 }, observe: { alerts: { email: null }, budgetUsd: null },
    streams: Object.fromEntries(Array.from({ length: size.streams }, (_, i) => [`stream-${i}`, stream(i)])),
    regions: each(() => ({ aws: null, zones: 2 })),
    multiplexers: each((i) => ({ count: dealt(size.multiplexers, i), size: null, diskGb: null })),
    transcoders: each((i) => ({ count: dealt(size.transcoders, i), size: null })),
    distributors: each((i) => ({ min: dealt(size.distributors, i), max: dealt(size.distributors, i), size: null })),
  };
}

function stream(index: number): Stream {
  return {
    source: { width: 1280, height: 720, fps: 30, bitrateKbps: 2500, keyframeSeconds: 2 },
    publishers: { studio: { via: ["srt", "rtmps", "rtmp", "whip"], from: [], backup: false, keyRotation: 1 } },
    ladder: [
      { name: "source", source: true, width: 1280, height: 720, fps: 30, bitrateKbps: 2500 },
      { name: "360p", source: false, width: 640, height: 360, fps: 30, bitrateKbps: 800 },
    ],
    audio: { bitrateKbps: 96, channels: 2 }, encoder: { kind: "x264", preset: "veryfast" },
    latency: index % 500 === 1 ? "low" : index % 500 === 2 ? "ultra" : "standard",
    segmentSeconds: 2, dash: true, redundancy: 1, viewers: {}, record: index % 10 === 0 ? { keepSeconds: 604_800 } : null, restream: {},
    access: { token: false, countries: [], origins: index % 100 === 0 ? ["https://*.example.org"] : [] },
    slate: { text: `Back in a moment: ${index}`, image: null },
  };
}
