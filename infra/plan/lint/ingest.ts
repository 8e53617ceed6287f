import { isPrivate, isPublic, overlap, rate, some } from "./facts.ts";
import { eachStream, type Found, type Rule, type StreamView } from "./rule.ts";
import type { Publisher } from "../../spec/topology.ts";

/** Upload that a publisher needs over what it sends (requirements 2 and 12: at least half as much again). */
const UPLOAD_FACTOR = 1.5;

const DAY_MS = 86_400_000;
/** Keys older than this are old. */
const KEY_MS = 365 * DAY_MS;

/** 20261205 → that day in epoch milliseconds; null for numbers that are no date. */
function dateOf(rotation: number): number | null {
  const text = /^(20\d\d)(\d\d)(\d\d)$/.exec(String(rotation));
  const ms = text === null ? Number.NaN : Date.parse(`${text[1]}-${text[2]}-${text[3]}`);
  return Number.isNaN(ms) ? null : ms;
}

/** A check that looks at one publisher at a time. */
const eachPublisher = (check: (publisher: Publisher, label: string, path: (string | number)[], stream: StreamView) => Found | null | false, when: (stream: StreamView) => boolean = () => true) =>
  (stream: StreamView): Found[] => (when(stream) ? Object.entries(stream.spec.publishers) : []).flatMap(([name, publisher]) =>
    check(publisher, `${stream.name}/${name}`, stream.at("publishers", name), stream) || []);

/** Rules about publishers and how they come in. */
export const ingestRules: readonly Rule[] = [
  {
    id: "HE301", severity: "info", title: "publishers that share an uplink",
    reason: "Upload must be half as much again as everything that is sent over it; several publishers behind one address add up.",
    fix: "Measure the upload at the venue, or lower source.bitrate.", source: "requirements 2 and 12 (s2: upload at least 1.5 x bitrate)",
    check: ({ streams, topology }) => {
      const uplinks = new Map<string, { path: (string | number)[]; kbps: number; publishers: string[] }>();
      for (const { name } of streams) {
        const { source, audio, publishers } = topology.streams[name]!;
        for (const [publisher, { from }] of Object.entries(publishers)) {
          if (from.length !== 1) continue;
          const uplink = uplinks.get(from[0]!) ?? { path: ["streams", name, "publishers", publisher, "from"], kbps: 0, publishers: [] };
          uplink.kbps += source.bitrateKbps + audio.bitrateKbps;
          uplink.publishers.push(`${name}/${publisher}`);
          uplinks.set(from[0]!, uplink);
        }
      }
      return [...uplinks].filter(([, { publishers }]) => publishers.length > 1).map(([block, { path, kbps, publishers }]) => ({
        path, message: `${publishers.length} publishers come from ${block} (${some(publishers)}); together they need ${rate(kbps * UPLOAD_FACTOR)} of upload.`,
      }));
    },
  },
  {
    id: "HE302", severity: "warning", title: "plain RTMP from the internet",
    reason: "RTMP sends the stream key and the picture in the clear, and anybody may try keys.",
    fix: "Put rtmps or srt instead of rtmp, or say `from`.", source: "requirements 7 (s2: RTMPS, IP allow-list, firewall 1935 \"only if needed externally\")",
    check: eachStream((stream, { topology }) => isPublic(topology) ? eachPublisher(({ via, from }, label, path) => via.includes("rtmp") && !via.includes("rtmps") && from.length === 0 && {
      path: [...path, "via"], message: `${label}: publishes by plain RTMP from any address, and RTMPS is not offered.`,
    })(stream) : []),
  },
  {
    id: "HE303", severity: "info", title: "RTMP before SRT",
    reason: "RTMP runs on TCP: one lost packet holds up all that follow. At 15 % loss SRT carried on where RTMP ended on the slate.",
    fix: "Put srt first and keep RTMP as what to fall back to.", source: "knowledge: continuity 9.7 (measured); requirements 2 (s4: head-of-line blocking, SRT -> RTMP fallback)",
    check: eachStream((stream) => eachPublisher(({ via }, label, path) => {
      const rtmp = via.findIndex((protocol) => protocol === "rtmp" || protocol === "rtmps");
      return rtmp !== -1 && rtmp < via.indexOf("srt") && { path: [...path, "via"], message: `${label}: prefers ${via[rtmp]} over srt.` };
    })(stream)),
  },
  {
    id: "HE304", severity: "info", title: "one publisher on one protocol",
    reason: "Where a network blocks that protocol (UDP often is), nothing is left to try and nobody else publishes.",
    fix: "Offer a second protocol, e.g. via: [srt, rtmps], or add a backup publisher.", source: "requirements 2 (s4: SRT -> RTMP automatic fallback)",
    check: eachStream((stream, { topology }) => isPublic(topology) && eachPublisher(({ via }, label, path, { spec }) => via.length === 1 && Object.keys(spec.publishers).length === 1 && {
      path: [...path, "via"], message: `${label}: is the only publisher and can only come by ${via[0]}.`,
    })(stream)),
  },
  {
    id: "HE305", severity: "warning", title: "backup behind a publisher that only has WHIP",
    reason: "A WebRTC publisher that vanishes is noticed after about 32 s, RTMP and SRT within 4 s; the backup takes over that much later.",
    fix: "Let the primary come by srt or rtmps.", source: "measured on MediaMTX v1.20.1 (32 s); pion/ice defaults: disconnected 5 s, failed 25 s more; knowledge: continuity 2 (RTMP, SRT)",
    check: eachStream((stream) => eachPublisher(({ via, backup }, label, path, { spec }) => !backup && via.every((p) => p === "whip") && Object.values(spec.publishers).some((p) => p.backup) && {
      path: [...path, "via"], message: `${label}: only has WHIP; when it is lost the backup takes over after about 32 s of a frozen picture or slate.`,
    })(stream)),
  },
  {
    id: "HE306", severity: "info", title: "publisher may come from any address",
    reason: "The key alone protects the stream; a list of addresses keeps everybody else from even trying.",
    fix: "Where the venue's address is known, say `from: [203.0.113.0/24]`.", source: "requirements 7 (s2: IP allow-list)",
    check: eachStream((stream, { topology }) => {
      const open = isPublic(topology) ? Object.entries(stream.spec.publishers).filter(([, { from }]) => from.length === 0).map(([name]) => name) : [];
      return open.length > 0 && { path: stream.at("publishers", open[0]!), message: `${stream.name}: ${some(open)} may publish from any address.` };
    }),
  },
  {
    id: "HE307", severity: "warning", title: "allow-list that allows everybody",
    reason: "A block of length 0 holds every address; it reads like protection and is none.",
    fix: "Leave `from` out, or say which addresses.", source: "RFC 4632 3.1 (prefix length 0 matches everything); requirements 7",
    check: eachStream((stream) => eachPublisher(({ from }, label, path) => {
      const open = from.findIndex((block) => block.endsWith("/0"));
      return open !== -1 && { path: [...path, "from", open], message: `${label}: ${from[open]} is every address.` };
    })(stream)),
  },
  {
    id: "HE308", severity: "warning", title: "private addresses for multiplexers on AWS",
    reason: "Routers replace private addresses on the way, so a multiplexer on the internet never sees them and refuses the publisher.",
    fix: "Say the venue's public address.", source: "RFC 1918 section 3, RFC 4193; knowledge: aws 2 (security groups see publisher addresses)",
    check: eachStream((stream, { topology }) => {
      const onAws = Object.keys(topology.multiplexers).every((region) => topology.regions[region]?.aws);
      return onAws && eachPublisher(({ from }, label, path) => from.length > 0 && from.every(isPrivate) && { path: [...path, "from"], message: `${label}: ${some(from)} cannot be seen from AWS.` })(stream);
    }),
  },
  {
    id: "HE309", severity: "warning", title: "old stream key",
    reason: "A key that was given to people a year ago is on laptops, in chats and with those who have left. Keys are never short: headend derives them with 128 bits or more from the stack's secret, which must have 32 characters.",
    fix: "Raise keyRotation to today's date and send the new publish kit.", source: "requirements 7 (s2: stream keys are secrets, rotate them)",
    check: eachStream((stream, { nowMs }) => nowMs !== null && eachPublisher(({ keyRotation }, label, path) => {
      const rotated = dateOf(keyRotation);
      return rotated !== null && nowMs - rotated > KEY_MS && { path: [...path, "keyRotation"], message: `${label}: has the key of ${new Date(rotated).toISOString().slice(0, 10)}, ${Math.floor((nowMs - rotated) / DAY_MS)} days old.` };
    })(stream)),
  },
  {
    id: "HE310", severity: "info", title: "age of a stream key is not known",
    reason: "An event that people pay for should not run on keys that nobody knows the age of.",
    fix: "Write keyRotation as a date, e.g. keyRotation: 20261205; the publisher then needs the new publish kit.", source: "requirements 7 (s2: stream keys are secrets, rotate them); issue \"Foresight\": short or old keys",
    check: eachStream((stream) => stream.spec.access.token && eachPublisher(({ keyRotation }, label, path) => keyRotation > 1 && dateOf(keyRotation) === null && {
      path: [...path, "keyRotation"], message: `${label}: was given new keys ${keyRotation - 1} times, but not when.`,
    })(stream)),
  },
  {
    id: "HE401", severity: "warning", title: "primary and backup in the same place",
    reason: "Both come from one network: what cuts one off, a router, an uplink or the mains, cuts off the other.",
    fix: "Let the backup publish over another network, e.g. a mobile one.", source: "requirements 1 (s3: broadcaster duplicated), 8 (redundancy per level); issue \"Foresight\": same failure domain",
    check: eachStream(({ name, spec, at }) => {
      const all = Object.entries(spec.publishers);
      const primaries = all.filter(([, p]) => !p.backup);
      return all.filter(([, p]) => p.backup).flatMap(([backup, { from }]) => {
        const near = primaries.find(([, primary]) => primary.from.length > 0 && from.length > 0 && from.every((a) => primary.from.some((b) => overlap(a, b))));
        return near ? [{ path: at("publishers", backup, "from"), message: `${name}: ${backup} is to replace ${near[0]} and comes from the same network.` }] : [];
      });
    }),
  },
];
