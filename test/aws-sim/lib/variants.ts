/** Topologies that between them take every optional branch of the aws target; sizes are x86, as simulated instances are. */
const DAY_MS = 86_400_000;
const at = (days: number, hour: number): string => `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)}T${String(hour).padStart(2, "0")}:00Z`;

export interface Shape { readonly zones?: number; readonly transcoders?: number; readonly stream?: boolean; readonly region?: boolean }

function hosts({ zones = 2, transcoders = 2, region = false }: Shape): string {
  return `
regions: { eu: { aws: eu-central-1, zones: ${zones} }, us: { aws: us-east-1, zones: 2 }${region ? ", west: { aws: eu-west-1, zones: 1 }" : ""} }
multiplexers: { eu: { count: 2, size: c7i.large } }
transcoders: { eu: { count: ${transcoders}, size: c7i.2xlarge }, us: { count: 1, size: c7i.2xlarge } }
distributors: { eu: { min: 2, max: 6, size: c7i.large }, us: { min: 1, max: 4, size: c7i.large }${region ? ", west: { min: 1, max: 2, size: c7i.large }" : ""} }
`;
}

/** CDN with cookies and countries, recordings, restream, dates, alarms, a budget; two regions. */
export function everything(shape: Shape = {}): string {
  return `
domain: live.example.org
event: { doors: ${at(20, 16)}, start: ${at(20, 17)}, end: ${at(20, 22)} }
streams:
  main:
    source: { resolution: 1920x1080, fps: 30, bitrate: 6 Mbps, keyframe: 2 s }
    publishers: { truck: { via: [srt, rtmps], from: [203.0.113.0/24] }, laptop: { via: [rtmp], backup: true } }
    ladder: [source, 720p]
    redundancy: 2
    viewers: { eu: 4000, us: 1500 }
    record: { keep: 30 d }
    restream: { youtube: { url: "rtmps://a.rtmps.youtube.com/live2", key: secret:youtube } }
    access: { token: true, countries: [DE, FR] }
  side:
    publishers: { phone: { via: [srt] } }
    ladder: [480p]
    viewers: { eu: 10 }
    access: { token: true, countries: [US] }
${shape.stream ? "  third: { publishers: { desk: { via: [srt] } }, ladder: [480p], access: { token: true } }\n" : ""}${hosts(shape)}cdn: { provider: cloudfront, shield: true }
observe: { alerts: { email: ops@example.org }, budget: 8000 USD }
`;
}

/** Viewers come to the distributors themselves. */
export const WITHOUT_CDN = `
domain: live.example.org
streams:
  main:
    publishers: { truck: { via: [srt] } }
    ladder: [480p]
    latency: low
    viewers: { eu: 40, us: 15 }
${hosts({})}cdn: none
`;
