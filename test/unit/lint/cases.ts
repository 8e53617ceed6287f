import { PRICES, type PriceList } from "../../../infra/plan/cost/prices.ts";
import type { CertificateFacts } from "../../../infra/plan/lint/rule.ts";

/** For every rule a topology that it finds something in, and one like it that it does not. Bodies follow `headend: 1` and `name: studio`. */
export interface Case {
  readonly fails: string; readonly passes: string;
  /** Name of the topology. */
  readonly name?: string;
  /** What is known beside the file, for both. */
  readonly certificate?: CertificateFacts;
  readonly prices?: PriceList;
  /** Checked along with it, for both. */
  readonly other?: string;
}

/** One stream named main, in flow style. */
const main = (fields: string, rest = ""): string => `streams:\n  main: { ${fields} }\n${rest}`;
const aws = "regions: { eu: { aws: eu-central-1 } }\n";
const event = (doors: string, start: string, end: string): string => `event: { doors: ${doors}, start: ${start}, end: ${end} }\n`;
const evening = event("2026-12-05T17:30Z", "2026-12-05T18:00Z", "2026-12-05T23:00Z");
const domain = "domain: live.example.org\n";
const cloudfront = "cdn: cloudfront\n";

/** The present of every case: between the two events of HE701. */
export const NOW_MS = Date.UTC(2026, 10, 21);

export const CASES: Readonly<Record<string, Case>> = {
  HE001: { fails: main("source: { resolution: 1920x1080, fps: 60, bitrate: 8 Mbps }, ladder: [source, 360p]"), passes: main("source: { resolution: 1920x1080 }, ladder: [source, 360p]") },
  HE002: {
    fails: main("publishers: { a: {}, b: {} }, restream: { other: { url: \"rtmps://live.example.org/app\", key: secret:other } }", "multiplexers: 2\n"),
    passes: main("publishers: { a: {}, b: {} }, restream: { other: { url: \"rtmps://live.example.org/app\", key: secret:other } }"),
  },
  HE003: { fails: main("access: { token: true }"), passes: main("access: { token: true }", cloudfront) },
  HE101: { fails: main("source: { bitrate: 2 Mbps }, ladder: [720p]"), passes: main("source: { bitrate: 3 Mbps }, ladder: [720p]") },
  HE102: { fails: main("ladder: [{ name: 720p, bitrate: 1 Mbps }, { name: 480p, bitrate: 1 Mbps }]"), passes: main("ladder: [720p, 480p]") },
  HE103: { fails: main("ladder: [720p, { name: again, resolution: 1280x720, bitrate: 2500 kbps }]"), passes: main("ladder: [720p, { name: again, resolution: 1280x720, bitrate: 1500 kbps }]") },
  HE104: { fails: main("ladder: [source]"), passes: main("ladder: [source, 480p]") },
  HE105: { fails: main("ladder: [{ name: 720p, fps: 15 }]"), passes: main("ladder: [{ name: 720p, fps: 30 }]") },
  HE106: { fails: main("source: { keyframe: 4 s }"), passes: main("source: { keyframe: 4 s }, segment: 4 s") },
  HE107: { fails: main("source: { keyframe: 1.5 s }"), passes: main("source: { keyframe: 1 s }") },
  HE108: { fails: main("source: { resolution: 1920x1080, bitrate: 8 Mbps }, ladder: [source]"), passes: main("source: { resolution: 1920x1080, bitrate: 5 Mbps }, ladder: [source]") },
  HE109: { fails: main("source: { resolution: 7680x4320, fps: 60, bitrate: 60 Mbps }, ladder: [source]"), passes: main("source: { resolution: 3840x2160, fps: 60, bitrate: 30 Mbps }, ladder: [source]") },
  HE110: { fails: main("source: { resolution: 3840x2160, bitrate: 20 Mbps }, ladder: [source]"), passes: main("source: { resolution: 1920x1080, fps: 60, bitrate: 6 Mbps }, ladder: [source]") },
  HE111: { fails: main("source: { fps: 90 }"), passes: main("source: { fps: 60 }") },
  HE112: { fails: main("encoder: { preset: slow }"), passes: main("encoder: { preset: fast }") },
  HE201: { fails: main("segment: 8 s"), passes: main("segment: 4 s") },
  HE202: { fails: main("segment: 1 s"), passes: main("segment: 1 s, latency: low") },
  HE203: { fails: main("latency: low", cloudfront), passes: main("latency: low") },
  HE204: { fails: main("latency: ultra", cloudfront), passes: main("latency: ultra") },
  HE205: { fails: main("latency: ultra, viewers: 500"), passes: main("latency: ultra, viewers: 500", "distributors: 4\n") },
  HE206: { fails: main("latency: low", "distributors: 2\n"), passes: main("latency: low") },
  HE301: {
    fails: "streams:\n  a: { publishers: { desk: { from: 203.0.113.0/24 } } }\n  b: { publishers: { desk: { from: 203.0.113.0/24 } } }\n",
    passes: "streams:\n  a: { publishers: { desk: { from: 203.0.113.0/24 } } }\n  b: { publishers: { desk: { from: 198.51.100.0/24 } } }\n",
  },
  HE302: { fails: domain + main("publishers: { desk: { via: rtmp } }"), passes: domain + main("publishers: { desk: { via: rtmp, from: 203.0.113.7 } }") },
  HE303: { fails: main("publishers: { desk: { via: [rtmps, srt] } }"), passes: main("publishers: { desk: { via: [srt, rtmps] } }") },
  HE304: { fails: domain + main("publishers: { desk: { via: srt } }"), passes: domain + main("publishers: { desk: { via: srt }, spare: { via: rtmps, backup: true } }") },
  HE305: { fails: main("publishers: { page: { via: whip }, spare: { backup: true } }"), passes: main("publishers: { page: { via: whip } }") },
  HE306: { fails: domain + main(""), passes: domain + main("publishers: { desk: { from: 203.0.113.7 } }") },
  HE307: { fails: main("publishers: { desk: { from: 0.0.0.0/0 } }"), passes: main("publishers: { desk: { from: 203.0.113.0/24 } }") },
  HE308: { fails: main("publishers: { desk: { from: 192.168.1.0/24 } }", aws), passes: main("publishers: { desk: { from: 192.168.1.0/24 } }") },
  HE309: { fails: main("publishers: { desk: { keyRotation: 20250101 } }"), passes: main("publishers: { desk: { keyRotation: 20261001 } }") },
  HE310: { fails: main("publishers: { desk: { keyRotation: 3 } }, access: { token: true }"), passes: main("publishers: { desk: { keyRotation: 20261001 } }, access: { token: true }") },
  HE401: {
    fails: main("publishers: { desk: { from: 203.0.113.0/24 }, spare: { from: 203.0.113.7, backup: true } }"),
    passes: main("publishers: { desk: { from: 203.0.113.0/24 }, spare: { from: 198.51.100.7, backup: true } }"),
  },
  HE402: { fails: main("viewers: 5000"), passes: main("viewers: 5000", "multiplexers: 2\n") },
  HE403: { fails: main("viewers: 5000", `${aws}multiplexers: { eu: 2 }\n`), passes: main("viewers: 5000", "regions: { eu: { aws: eu-central-1, zones: 2 } }\nmultiplexers: { eu: 2 }\n") },
  HE404: { fails: main("viewers: 5000", "transcoders: 2\n"), passes: main("viewers: 5000, redundancy: 2", "transcoders: 2\n") },
  HE405: { fails: main("redundancy: 2", `${aws}transcoders: { eu: 2 }\n`), passes: main("redundancy: 2", "regions: { eu: { aws: eu-central-1, zones: 2 } }\ntranscoders: { eu: 2 }\n") },
  HE406: { fails: main("viewers: 5000"), passes: main("viewers: 5000", "distributors: 2\n") },
  HE407: {
    fails: main("redundancy: 2, viewers: { us: 10 }", "regions: { eu: {}, us: {} }\nmultiplexers: { eu: 1 }\ntranscoders: { eu: 2, us: 1 }\n"),
    passes: main("redundancy: 2, viewers: { us: 10 }", "regions: { eu: {}, us: {} }\nmultiplexers: { eu: 1 }\ntranscoders: { eu: 2, us: 2 }\n"),
  },
  HE408: { fails: main("", "regions: { eu: { aws: eu-central-1 }, de: { aws: eu-central-1 } }\n"), passes: main("", "regions: { eu: { aws: eu-central-1 }, ie: { aws: eu-west-1 } }\n") },
  HE409: { fails: main("redundancy: 2, latency: low", "transcoders: 2\n"), passes: main("redundancy: 2", "transcoders: 2\n") },
  HE501: { fails: main("viewers: { us: 10 }", "regions: { eu: {}, us: {} }\ndistributors: { eu: 1 }\n"), passes: main("viewers: { us: 10 }", "regions: { eu: {}, us: {} }\n") },
  HE502: { fails: main("access: { countries: [DE] }"), passes: main("access: { countries: [DE] }", cloudfront) },
  HE503: { fails: main("access: { countries: [DE] }", cloudfront), passes: main("", cloudfront) },
  HE504: { fails: main("access: { token: true }"), passes: domain + main("access: { token: true }") },
  HE505: { fails: main("", cloudfront), passes: domain + main("", cloudfront) },
  HE506: { fails: main("", cloudfront), passes: main("", aws + cloudfront) },
  HE507: { fails: main("viewers: 50", "cdn: { shield: true }\n"), passes: main("viewers: 5000", "cdn: { shield: true }\n") },
  HE508: {
    fails: main("viewers: { eu: 1000, us: 1000 }", `regions: { eu: { aws: eu-central-1 }, us: { aws: us-east-1 } }\n${cloudfront}`),
    passes: main("viewers: { eu: 1000, us: 1000 }", "regions: { eu: { aws: eu-central-1 }, us: { aws: us-east-1 } }\ncdn: { shield: true }\n"),
  },
  HE509: { fails: main("viewers: 1000", `${aws}distributors: { eu: { count: 1, size: c7gn.2xlarge } }\n`), passes: main("viewers: 1000", `${aws}distributors: { eu: { count: 1, size: c7gn.8xlarge } }\n`) },
  HE510: { fails: domain + main(""), passes: domain + main("viewers: 50") },
  HE511: {
    fails: main(`publishers: { desk: { via: [srt, rtmps], from: [${Array.from({ length: 31 }, (_, i) => `203.0.113.${i}`).join(", ")}] } }`, aws),
    passes: main("publishers: { desk: { via: [srt, rtmps], from: [203.0.113.0/27] } }", aws),
  },
  HE512: { fails: main("", `${aws}distributors: { eu: { size: c7gn.2xlarge } }\n`), passes: main("", `${aws}distributors: { eu: { size: c7gn.large } }\n`) },
  HE513: {
    fails: main("source: { resolution: 320x180, bitrate: 100 kbps }, ladder: [source], audio: { bitrate: 16 kbps }, viewers: 20000", `${aws}distributors: { eu: { count: 1, size: c7gn.large } }\n`),
    passes: main("source: { resolution: 320x180, bitrate: 100 kbps }, ladder: [source], audio: { bitrate: 16 kbps }, viewers: 10000", `${aws}distributors: { eu: { count: 1, size: c7gn.large } }\n`),
  },
  HE601: { fails: evening + main("record: { keep: 2 h }"), passes: evening + main("record: { keep: 2 d }") },
  HE602: { fails: main("record: { keep: 30 d }", "multiplexers: { home: { disk: 500 GB } }\n"), passes: main("record: { keep: 30 d }", "multiplexers: { home: { disk: 2 TB } }\n") },
  HE603: { fails: main("restream: { other: { url: \"rtmp://live.example.org/app\", key: secret:other } }"), passes: main("restream: { other: { url: \"rtmp://192.168.1.9/app\", key: secret:other } }") },
  HE604: { fails: main("restream: { other: { url: \"srt://live.example.org:9000?streamid=abc\" } }"), passes: main("restream: { other: { url: \"srt://live.example.org:9000?mode=caller\" } }") },
  HE605: { fails: main("restream: { other: { url: \"rtmps://live.example.org/app\" } }"), passes: main("restream: { other: { url: \"rtmps://live.example.org/app\", key: secret:other } }") },
  HE606: {
    fails: main("source: { keyframe: 5 s }, restream: { yt: { url: \"rtmps://a.rtmps.youtube.com/live2\", key: secret:yt } }"),
    passes: main("source: { keyframe: 2 s }, restream: { yt: { url: \"rtmps://a.rtmps.youtube.com/live2\", key: secret:yt } }"),
  },
  HE607: {
    fails: main("source: { bitrate: 2 Mbps }, restream: { yt: { url: \"rtmps://a.rtmps.youtube.com/live2\", key: secret:yt } }"),
    passes: main("source: { bitrate: 4 Mbps }, restream: { yt: { url: \"rtmps://a.rtmps.youtube.com/live2\", key: secret:yt } }"),
  },
  HE611: { fails: main("slate: \" \""), passes: main("slate: Soon") },
  HE612: { fails: main("slate: { image: 1280x900.png }"), passes: main("slate: { image: 1280x720.png }") },
  HE613: { fails: main("slate: まもなく再開"), passes: main("slate: Скоро вернёмся") },
  HE701: { fails: event("2025-12-05T17:30Z", "2025-12-05T18:00Z", "2025-12-05T23:00Z") + main(""), passes: evening + main("") },
  HE702: { fails: event("2026-12-05T17:30Z", "2026-12-05T18:00Z", "2026-12-12T23:00Z") + main(""), passes: evening + main("") },
  HE703: { fails: event("2026-12-05T17:50Z", "2026-12-05T18:00Z", "2026-12-05T23:00Z") + main(""), passes: evening + main("") },
  HE704: { fails: evening + main("viewers: 50"), passes: evening + domain + main("viewers: 50") },
  HE705: { fails: evening + main(""), passes: `${evening}${main("")}observe: { alerts: { email: ops@example.org } }\n` },
  HE706: {
    fails: evening + domain + main(""), passes: evening + domain.replace("live", "stage") + main(""),
    other: `name: other\n${event("2026-12-05T20:00Z", "2026-12-05T21:00Z", "2026-12-06T02:00Z")}${domain}${main("")}`,
  },
  HE707: { fails: main("", "distributors: 2\ndns: { ttl: 300 s }\n"), passes: main("", "distributors: 2\ndns: { ttl: 60 s }\n") },
  HE711: { fails: `domain: ${"a".repeat(60)}.example.org\n${main("")}`, passes: domain + main("") },
  HE712: { fails: main("", aws), passes: main("", aws.replace("aws: eu-central-1", "zones: 1")), name: "the-annual-general-assembly-of-2026" },
  HE713: { fails: domain + main(""), passes: `domain: stage.example.org\n${main("")}`, certificate: { names: ["stage.example.org"], endsMs: Date.UTC(2027, 0, 1) } },
  HE714: { fails: event("2027-01-05T17:30Z", "2027-01-05T18:00Z", "2027-01-05T23:00Z") + domain + main(""), passes: evening + domain + main(""), certificate: { names: ["*.example.org"], endsMs: Date.UTC(2027, 0, 1) } },
  HE801: { fails: main("", `${aws}transcoders: { eu: { size: t3.large } }\n`), passes: main("", `${aws}transcoders: { eu: { size: c7g.large } }\n`) },
  HE802: { fails: main("", `${aws}distributors: { eu: { size: c7gn.huge } }\n`), passes: main("", `${aws}distributors: { eu: { size: c7gn.large } }\n`) },
  HE803: { fails: main("", `${aws}distributors: { eu: { size: t4g.medium } }\n`), passes: main("", `${aws}distributors: { eu: { size: c7g.medium } }\n`) },
  HE804: {
    fails: main("source: { resolution: 1920x1080, bitrate: 6 Mbps }, ladder: standard", `${aws}transcoders: { eu: { size: c7g.xlarge } }\n`),
    passes: main("source: { resolution: 1920x1080, bitrate: 6 Mbps }, ladder: standard", `${aws}transcoders: { eu: { size: c7g.2xlarge } }\n`),
  },
  HE805: { fails: main("", "transcoders: { home: { size: c7g.2xlarge } }\n"), passes: main("", `${aws}transcoders: { eu: { size: c7g.2xlarge } }\n`) },
  HE806: { fails: main("encoder: nvenc", `${aws}transcoders: { eu: { size: c7g.2xlarge } }\n`), passes: main("encoder: nvenc", `${aws}transcoders: { eu: { size: g4dn.xlarge } }\n`) },
  HE807: { fails: main("", `${aws}transcoders: { eu: { size: vt1.3xlarge } }\n`), passes: main("", `${aws}transcoders: { eu: { size: g6.xlarge } }\n`) },
  HE808: { fails: main("", `${aws}transcoders: { eu: { size: c7g.medium } }\n`), passes: main("", `${aws}transcoders: { eu: { size: c7g.large } }\n`) },
  HE809: {
    fails: main("ladder: [source, 720p, 480p]", `${aws}transcoders: { eu: { count: 1, size: t4g.large } }\ndistributors: { eu: 100 }\n`),
    passes: main("ladder: [source, 720p, 480p]", `${aws}transcoders: { eu: { count: 1, size: t4g.large } }\ndistributors: { eu: 10 }\n`),
  },
  HE810: {
    fails: main("source: { resolution: 1920x1080, bitrate: 50 Mbps }, publishers: { a: {}, b: { backup: true }, c: { backup: true }, d: { backup: true }, e: { backup: true } }", `${aws}multiplexers: { eu: { size: t4g.medium } }\n`),
    passes: main("source: { resolution: 1920x1080, bitrate: 50 Mbps }, publishers: { a: {} }", `${aws}multiplexers: { eu: { size: t4g.medium } }\n`),
  },
  HE811: {
    fails: main("source: { resolution: 1920x1080, bitrate: 50 Mbps }, ladder: [source], segment: 8 s", `${aws}transcoders: { eu: { size: c7g.large } }\n`),
    passes: main("source: { resolution: 1920x1080, bitrate: 5 Mbps }, ladder: [source]", `${aws}transcoders: { eu: { size: c7g.large } }\n`),
  },
  HE851: { fails: `${evening}${main("viewers: 1000", aws)}observe: { budget: 5 USD }\n`, passes: `${evening}${main("viewers: 1000", aws)}observe: { budget: 5000 USD }\n` },
  HE852: { fails: evening + main("viewers: 5000", aws), passes: evening + main("viewers: 50", aws) },
  HE853: { fails: evening + main("viewers: 2000", aws.replace("eu-central-1", "ap-southeast-1") + cloudfront), passes: evening + main("viewers: 2000", aws + cloudfront) },
  HE854: {
    fails: main("source: { resolution: 1920x1080, bitrate: 8 Mbps }, viewers: { us: 10 }", "regions: { eu: { aws: eu-central-1 }, us: { aws: us-east-1 } }\nmultiplexers: { eu: 1 }\ntranscoders: { eu: 1 }\ndistributors: { us: 60 }\n"),
    passes: main("source: { resolution: 1920x1080, bitrate: 8 Mbps }, viewers: { us: 10 }", "regions: { eu: { aws: eu-central-1 }, us: { aws: us-east-1 } }\nmultiplexers: { eu: 1 }\ntranscoders: { eu: 1 }\ndistributors: { us: 1 }\n"),
  },
  HE855: { fails: evening + main("record: { keep: 3650 d }, source: { bitrate: 10 Mbps }", aws), passes: evening + main("record: { keep: 30 d }", aws) },
  HE856: { fails: evening + main("", aws), passes: main("", aws), prices: { ...PRICES, date: "2025-11-21" } },
};
