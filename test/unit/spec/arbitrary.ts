/** Topologies as people write them, for property tests of everything behind the loader. All of them load. */
import fc from "fast-check";
import { stringify } from "yaml";

/** A topology in written form as YAML text. */
export const toYaml = (written: object): string => stringify(written, { aliasDuplicateObjects: false });

export const nameArb: fc.Arbitrary<string> = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,6}$/).filter((name) => name !== "constructor");

const maybe = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: undefined });
const names = (min: number, max: number) => fc.uniqueArray(nameArb, { minLength: min, maxLength: max });
/** Leaves out what is undefined, as a file would. */
const compact = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined));
const record = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model).map(compact);
const keyed = <T>(keys: readonly string[], arb: fc.Arbitrary<T>) =>
  fc.tuple(...keys.map(() => arb)).map((values): Record<string, T> => Object.fromEntries(keys.map((key, i) => [key, values[i] as T])));

const SOURCES = [[640, 360, 1200], [1280, 720, 3000], [1920, 1080, 6000], [720, 1280, 3000], [640, 480, 1500]] as const;
const RUNGS = [["360p", 360], ["240p", 240], ["180p", 180]] as const;

const publisherArb = fc.option(record({
  via: maybe(fc.oneof(fc.constantFrom("srt", "rtmps", "rtmp", "whip"), fc.uniqueArray(fc.constantFrom("srt", "rtmps", "rtmp", "whip"), { minLength: 1 }))),
  from: maybe(fc.constantFrom<unknown>("203.0.113.7", ["203.0.113.0/24", "2001:db8::/32"], [])),
  keyRotation: maybe(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(20261105))),
}), { nil: null });

const publishersArb = names(1, 3).chain((keys) => fc.tuple(keyed(keys, publisherArb), fc.boolean()).map(([all, spare]) => {
  const last = keys.at(-1)!;
  return spare && keys.length > 1 ? { ...all, [last]: { ...all[last], backup: true } } : all;
}));

const ladderArb = (height: number) => fc.oneof(
  fc.constantFrom("full", "standard", "light", "source-only"),
  fc.subarray([...RUNGS].filter(([, lines]) => lines < height).map(([name]) => name as string)).map((rungs) => ["source", ...rungs]),
  fc.constant([{ name: "mobile", resolution: "320x180", bitrate: "200 kbps" }, { name: "240p", bitrate: "0.3 Mbps" }]),
);

const streamArb = (regions: readonly string[], transcoders: number) => fc.option(
  fc.tuple(fc.constantFrom(...SOURCES), fc.constantFrom("standard", "standard", "low", "ultra")).chain(([[width, height, kbps], latency]) => record({
    source: fc.record({ resolution: fc.constant(`${width}x${height}`), fps: fc.constantFrom(25, 30, 50, 60), bitrate: fc.constant(`${kbps} kbps`), keyframe: fc.constantFrom("1 s", "2s") }),
    latency: fc.constant(latency),
    publishers: maybe(publishersArb),
    // The tall sources are narrower than named rungs of the wide ones, so they keep to presets.
    ladder: latency === "standard" ? maybe(height > width ? fc.constantFrom("full", "light") : ladderArb(Math.min(width, height))) : fc.constantFrom(undefined, "source-only", ["source"]),
    segment: maybe(fc.constantFrom("1 s", "2 s", "4 s", "8 s")),
    audio: maybe(record({ bitrate: maybe(fc.constantFrom("96 kbps", "128k")), channels: maybe(fc.constantFrom(1, 2)) })),
    encoder: maybe(fc.constantFrom<unknown>("x264", { preset: "superfast" }, { kind: "nvenc", preset: "p5" }, "vaapi")),
    dash: latency === "standard" ? maybe(fc.boolean()) : fc.constant(undefined),
    redundancy: transcoders > 1 ? maybe(fc.constantFrom(1, 2)) : fc.constant(undefined),
    viewers: maybe(fc.subarray([...regions], { minLength: 1 }).chain((some) => keyed(some, fc.integer({ min: 0, max: 5000 })))),
    record: maybe(fc.constantFrom<unknown>(true, false, { keep: "30 d" }, { keep: "1 h" })),
    restream: maybe(names(1, 2).chain((keys) => keyed(keys, fc.constantFrom<Record<string, string>>({ url: "rtmps://a.example.org/live", key: "secret:youtube" }, { url: "srt://b.example.org:9000" })))),
    access: maybe(record({ token: maybe(fc.boolean()), countries: maybe(fc.constantFrom([], ["DE", "FR"])), origins: maybe(fc.constantFrom([], ["https://*.example.org"])) })),
    slate: maybe(fc.constantFrom<unknown>("Back soon", { text: "Break", image: "slate.png" }, null)),
  })), { nil: null, freq: 6 });

/** Valid topologies, small: up to 3 regions, 4 streams and 3 hosts a group. */
export const topologyArb: fc.Arbitrary<object> = names(1, 3).chain((regions) =>
  keyed(regions, fc.integer({ min: 1, max: 3 })).chain((transcoders) => {
    const total = Object.values(transcoders).reduce((sum, count) => sum + count, 0);
    return names(1, 4).chain((streams) => record({
      headend: fc.constant(1),
      name: nameArb,
      domain: maybe(fc.constantFrom("live.example.org")),
      event: maybe(fc.constantFrom<unknown>(
        { start: "2026-12-05T18:00+01:00", end: "2026-12-05T23:00+01:00" },
        { doors: "2026-07-01T09:30", start: "2026-07-01 10:00", end: "2026-07-01T12:00Z", timeZone: "Europe/Berlin" })),
      streams: keyed(streams, streamArb(regions, total)),
      regions: keyed(regions, fc.constantFrom<unknown>(null, { aws: "eu-central-1", zones: 2 }, {})),
      multiplexers: maybe(keyed(regions, fc.oneof(fc.integer({ min: 1, max: 2 }), fc.constantFrom<unknown>({ count: 2, size: "c7g.large" }, { disk: "500 GB" })))),
      transcoders: fc.constant(transcoders),
      distributors: maybe(keyed(regions, fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constantFrom<unknown>({ min: 1, max: 3 }, { count: 2 }, {})))),
      cdn: maybe(fc.constantFrom<unknown>("cloudfront", "none", { provider: "cloudfront", shield: true }, null)),
      dns: maybe(fc.constantFrom<unknown>({ ttl: "60 s" }, {}, null)),
      delivery: maybe(fc.constantFrom<unknown>(null, { distributors: { weight: 3 } }, { other: { domain: "cdn.example.org", priority: 2 }, distributors: null })),
      observe: maybe(fc.constantFrom<unknown>({ budget: 50 }, { budget: "$12.50", alerts: { email: "ops@example.org" } })),
    }));
  }));
