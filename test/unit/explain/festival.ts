import { parseTopology } from "../../../infra/spec/load.ts";
import type { LoadedTopology } from "../../../infra/spec/topology.ts";

/** Two regions, a backup, a CDN: with lines that tests may count on, unlike the stacks that people start from. */
const FESTIVAL = `# yaml-language-server: $schema=../infra/spec/topology.schema.json
# A festival on two continents: every role twice, a CDN in front, and nobody notices when one machine goes.
headend: 1
name: festival
domain: live.example.org
event: { doors: 2026-12-05T17:30+01:00, start: 2026-12-05T18:00+01:00, end: 2026-12-05T23:00+01:00 }
streams:
  main-stage:
    source: { resolution: 1920x1080, fps: 30, bitrate: 6 Mbps, keyframe: 2 s }
    publishers:
      truck:  { via: [srt, rtmps], from: [203.0.113.0/24] }
      laptop: { via: [rtmps], backup: true }
    ladder: [source, 720p, 480p, 360p]        # or a preset name, or full rung objects
    latency: standard                         # standard | low | ultra
    segment: 2 s
    redundancy: 2                             # two transcoders at once
    viewers: { eu: 4000, us: 1500 }
    record: { keep: 30 d }
    restream: { youtube: { url: "rtmps://a.rtmps.youtube.com/live2", key: secret:youtube } }
    access: { token: true, countries: [DE, FR, US] }
    slate: { text: "Back in a moment" }
regions:       { eu: { aws: eu-central-1, zones: 2 }, us: { aws: us-east-1, zones: 2 } }
multiplexers:  { eu: 2 }
transcoders:   { eu: { count: 2, size: c7g.2xlarge }, us: 1 }
distributors:  { eu: { min: 2, max: 8 }, us: { min: 1, max: 4 } }
cdn:           { provider: cloudfront, shield: true }
observe:       { alerts: { email: ops@example.org } }
`;

export const festival = (): LoadedTopology => parseTopology(FESTIVAL, "festival.yaml");
