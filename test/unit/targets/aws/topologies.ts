/** Topologies that between them ask for everything the target can make. */

/** Two regions, two zones, CDN with cookies and countries, recording, restream, alarms, budget, event. */
export const FESTIVAL = `headend: 1
name: festival
domain: live.example.org
event: { doors: 2030-12-05T17:30+01:00, start: 2030-12-05T18:00+01:00, end: 2030-12-05T23:00+01:00 }
streams:
  main-stage:
    source: { resolution: 1920x1080, fps: 30, bitrate: 6 Mbps }
    publishers:
      truck:  { via: [srt, rtmps], from: [203.0.113.0/24, "2001:db8::/32"] }
      laptop: { via: [rtmps], backup: true }
    redundancy: 2
    viewers: { eu: 4000, us: 1500 }
    record: { keep: 30 d }
    restream: { youtube: { url: "rtmp://a.rtmp.example.com/live2", key: secret:youtube } }
    access: { token: true, countries: [DE, FR, US] }
regions:       { eu: { aws: eu-central-1, zones: 2 }, us: { aws: us-east-1, zones: 2 } }
multiplexers:  { eu: 2 }
transcoders:   { eu: { count: 2, size: c7g.2xlarge }, us: 1 }
distributors:  { eu: { min: 2, max: 8 }, us: { min: 1, max: 4 } }
cdn:           { provider: cloudfront, shield: true }
observe:       { alerts: { email: ops@example.org }, budget: 500 USD }
`;

/** One region without a CDN, no event, nobody told, publishers behind an allow-list for UDP only. */
export const PLAIN = `headend: 1
name: plain
domain: live.example.org
streams:
  main:
    publishers: { desk: { via: [srt], from: [198.51.100.7/32] } }
    ladder: source-only
  talk:
    latency: low
    ladder: source-only
    publishers: { desk: { via: [srt], from: [198.51.100.7/32] } }
    viewers: 500
  chat:
    latency: ultra
    ladder: source-only
    publishers: { desk: { via: [srt], from: [198.51.100.7/32] } }
regions: { home: { aws: eu-west-1 } }
transcoders: { home: { count: 1, size: c7i.2xlarge } }
distributors: { home: { count: 1, size: c7i.large } }
`;

/** Some streams through the CDN and some not; cookies, countries and pages that differ by stream. */
export const MIXED = `headend: 1
name: mixed
domain: live.example.org
streams:
  open:   { publishers: { a: { via: [whip, rtmp] } } }
  ticket: { access: { token: true, countries: [DE] } }
  page:   { access: { origins: ["https://example.org"] }, record: { keep: 7 d } }
  fast:   { latency: low, ladder: source-only }
regions: { eu: { aws: eu-central-1, zones: 2 } }
distributors: { eu: { min: 1, max: 3 } }
cdn: cloudfront
observe: { budget: 20 USD }
`;
