import { isInternetHost, rate, some, urlHost } from "./facts.ts";
import { eachStream, type Found, type Rule, type StreamView } from "./rule.ts";
import type { Restream } from "../../spec/topology.ts";

const eachRestream = (check: (restream: Restream, label: string, path: (string | number)[], stream: StreamView) => Found | null | false) => eachStream((stream) =>
  Object.entries(stream.spec.restream).flatMap(([name, restream]) => check(restream, `${stream.name} → ${name}`, stream.at("restream", name), stream) || []));

const isYoutube = (host: string): boolean => /(^|\.)youtube\.com$/i.test(host);
/** Forms of stream keys: YouTube's groups of four, Twitch's live_…. */
const KEY_IN_PATH = /^([a-z0-9]{4}(-[a-z0-9]{4}){3,}|live_\d+_\w+)$/;
const KEY_IN_QUERY = /^(streamid|sign|sig|signature|secret|auth|authorization|pw|user|username|code|credential)$/i;

/** True when the address holds something that looks like a key. */
function holdsKey(url: string): boolean {
  const { hash, pathname, searchParams } = new URL(url.replace(/^[a-z]+/, "http"));
  return hash !== "" || pathname.split("/").some((part) => KEY_IN_PATH.test(part)) || [...searchParams].some(([name, value]) => value !== "" && (KEY_IN_QUERY.test(name) || /^[\w-]{16,}$/.test(value)));
}

/**
 * YouTube's bitrates in Mbps by lines: [up to 30 pictures a second, up to 60], each lowest and highest
 * (support.google.com/youtube/answer/2853702).
 */
const YOUTUBE: readonly (readonly [number, readonly [number, number], readonly [number, number]])[] = [
  [720, [3, 8], [3, 8]], [1080, [3, 8], [4, 10]], [1440, [5, 25], [6, 30]], [2160, [8, 35], [10, 40]],
];

/** Characters of scripts that DejaVu, the only font of the host image, does not draw. */
const NOT_IN_FONT = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}]/u;

/** 16 TiB, and the part of a disk that may be planned with: file systems want some room, and bitrates are averages. */
const LARGEST_DISK_GB = 17_592;
const DISK_USE = 0.9;
const gigabytes = (gb: number): string => (gb >= 10_000 ? `${Number((gb / 1000).toFixed(1))} TB` : `${Math.ceil(gb)} GB`);

/** Rules about what leaves besides the viewers' stream: recordings, other platforms, the slate. */
export const outputRules: readonly Rule[] = [
  {
    id: "HE002", severity: "warning", title: "two primary publishers may be forwarded to one platform",
    reason: "A multiplexer forwards one publisher at a time, but knows nothing of another's; the platform gets two streams for one key.",
    fix: "Mark all but one publisher `backup: true`.", source: "docs/continuity.md, Other platforms",
    check: eachStream(({ name, plan, at }) => plan.restream.length > 0 && plan.publish.filter((p) => !p.backup && p.multiplexers.length > 1).length > 1 && {
      path: at("restream"), message: `${name}: two primary publishers that come in at different multiplexers would both be forwarded to ${some(plan.restream.map((r) => r.name))}.`,
    }),
  },
  {
    id: "HE601", severity: "warning", title: "recordings are deleted before the event ends",
    reason: "What is older than `keep` is removed while the event still runs.",
    fix: "Keep recordings for longer than the event.", source: "knowledge: media 2.4 (recordDeleteAfter), aws 6 (recordDeleteAfter pitfall)",
    check: eachStream(({ name, spec, at }, { topology: { event } }) => {
      const seconds = event === null ? 0 : (event.endMs - event.doorsMs) / 1000;
      return spec.record !== null && spec.record.keepSeconds < seconds && {
        path: at("record", "keepSeconds"), message: `${name}: keeps ${Number((spec.record.keepSeconds / 3600).toFixed(1))} h of an event of ${Number((seconds / 3600).toFixed(1))} h.`,
      };
    }),
  },
  {
    id: "HE602", severity: "warning", title: "recording disk too small",
    reason: "When the disk is full recording ends for every stream of the host; nobody notices until the recording is wanted.",
    fix: "Keep recordings for a shorter time, or say a larger disk.", source: "knowledge: media 2.4 (recordDeleteAfter); Amazon EBS user guide, gp3 volumes: at most 16 TiB; requirements 12 (bitrate x time)",
    check: ({ topology, hosts, capacity }) => Object.entries(topology.multiplexers).flatMap(([region, { diskGb }]) => {
      if (!Object.values(topology.streams).some(({ record }) => record !== null)) return [];
      const own = new Set(hosts.filter((host) => host.role === "multiplexer" && host.region === region).map(({ name }) => name));
      const needed = Math.max(0, ...capacity().hosts.filter(({ host }) => own.has(host)).map(({ demand }) => demand.diskGb));
      const room = diskGb ?? LARGEST_DISK_GB;
      return needed <= room * DISK_USE ? [] : [{
        path: diskGb === null ? ["multiplexers", region] : ["multiplexers", region, "diskGb"],
        message: `Recordings grow to ${gigabytes(needed)} on each multiplexer in ${region}; ${diskGb === null ? `the largest gp3 disk has ${gigabytes(room)}` : `its disk has ${gigabytes(room)}`}.`,
        fix: `Keep recordings for a shorter time${diskGb === null ? "" : `, or say disk: ${gigabytes(Math.ceil(needed / DISK_USE))}`}.`,
      }];
    }),
  },
  {
    id: "HE603", severity: "warning", title: "plain RTMP or RTSP to another platform", hidesLine: true,
    reason: "The platform's key crosses the internet in the clear; whoever reads it can publish in your name.",
    fix: "Use the platform's rtmps:// address.", source: "requirements 7 (s2: RTMPS); knowledge: media 3.1 (Forward)",
    check: eachRestream(({ url }, label, path) => /^(rtmp|rtsp|whip):/.test(url) && isInternetHost(urlHost(url)) && { path: [...path, "url"], message: `${label}: goes over the internet by plain ${url.split(":")[0]}.` }),
  },
  {
    id: "HE604", severity: "warning", title: "key in a restream address", hidesLine: true,
    reason: "Addresses are in plans, diffs, MediaMTX's log and its API; only `key` is kept encrypted.",
    fix: "Put the key into the stack's config and write key: secret:NAME; if it was real, get a new one.", source: "knowledge: media 2.4 (forward dest, lastError in the API); topology schema (`restream.*.key`)",
    check: eachRestream(({ url }, label, path) => holdsKey(url) && { path: [...path, "url"], message: `${label}: the address holds what looks like a key.` }),
  },
  {
    id: "HE605", severity: "warning", title: "restream without a key", hidesLine: true,
    reason: "Platforms that take RTMP tell streams apart by their key; without one they refuse.",
    fix: "Say key: secret:NAME and store the value with `headend secret set NAME`.", source: "knowledge: media 3.1 (Forward: app in the path, key of its own); dev.twitch.tv/docs/video-broadcast",
    check: eachRestream(({ url, key }, label, path) => key === null && /^rtmps?:/.test(url) && isInternetHost(urlHost(url)) && !holdsKey(url) && { path, message: `${label}: has no key.` }),
  },
  {
    id: "HE606", severity: "warning", title: "keyframes too far apart for YouTube", hidesLine: true,
    reason: "The publisher's picture is forwarded as it is; YouTube wants a keyframe every 2 s and at the latest after 4 s.",
    fix: "Set the encoder's keyframe interval to 2 s.", source: "YouTube Help, \"Choose live encoder settings\" (answer 2853702)",
    check: eachRestream(({ url }, label, path, { spec }) => isYoutube(urlHost(url)) && spec.source.keyframeSeconds > 4 && { path, message: `${label}: keyframes every ${spec.source.keyframeSeconds} s.` }),
  },
  {
    id: "HE607", severity: "info", title: "bitrate outside what YouTube recommends", hidesLine: true,
    reason: "Below it YouTube's own renditions look worse than they could, above it the upload is wasted.",
    fix: "Change source.bitrate, or accept it.", source: "YouTube Help, \"Choose live encoder settings\" (answer 2853702): minimum and maximum by picture size and rate",
    check: eachRestream(({ url }, label, path, { spec: { source } }) => {
      const row = YOUTUBE.find(([lines]) => Math.min(source.width, source.height) <= lines);
      if (!row || !isYoutube(urlHost(url))) return null;
      const [least, most] = source.fps > 30 ? row[2] : row[1];
      const mbps = source.bitrateKbps / 1000;
      return (mbps < least || mbps > most) && { path, message: `${label}: ${rate(source.bitrateKbps)} for ${source.width}x${source.height} at ${source.fps} pictures a second; YouTube says ${least} to ${most} Mbps.` };
    }),
  },
  {
    id: "HE611", severity: "warning", title: "slate without a text",
    reason: "Viewers see an empty picture while nobody publishes, and take it for a fault.",
    fix: "Say what is going on, e.g. slate: The next talk begins soon.", source: "issue \"Foresight\": missing slate; knowledge: continuity 1 (the slate is on air in every gap)",
    check: eachStream(({ name, spec, at }) => spec.slate.text.trim() === "" && spec.slate.image === null && { path: at("slate", "text"), message: `${name}: the slate says nothing.` }),
  },
  {
    id: "HE612", severity: "warning", title: "slate image is cut or enlarged",
    reason: "The image fills the picture: what is of another shape is cut at two sides, what is small is blurred.",
    fix: "Use an image of the size of the largest rung.", source: "infra/render/slate.ts (scaled to fill, cut in the middle)",
    check: eachStream(({ name, spec, plan, at }) => {
      const { slate } = plan, facts = slate.picture?.facts;
      if (spec.slate.image === null || facts === undefined) return null;
      const grown = Math.max(slate.width / facts.width, slate.height / facts.height);
      const cut = 1 - (slate.width * slate.height) / (facts.width * grown * facts.height * grown);
      if (grown <= 1.5 && cut <= 0.1) return null;
      const how = [...(cut > 0.1 ? [`${Math.round(cut * 100)} % of it is cut off`] : []), ...(grown > 1.5 ? [`it is enlarged ${grown.toFixed(1)} times`] : [])];
      return { path: at("slate", "image"), message: `${name}: ${facts.path} has ${facts.width}x${facts.height}, the picture ${slate.width}x${slate.height}; ${how.join(" and ")}.` };
    }),
  },
  {
    id: "HE613", severity: "warning", title: "slate text that the font cannot draw",
    reason: "The host image has DejaVu, which has no such letters; viewers would see empty boxes.",
    fix: "Write the text in Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian or Georgian letters.", source: "templates: host image with fonts-dejavu-core; DejaVu Fonts, list of scripts",
    check: eachStream(({ name, spec, at }) => NOT_IN_FONT.test(spec.slate.text) && { path: at("slate", "text"), message: `${name}: the slate's font has no letters for “${NOT_IN_FONT.exec(spec.slate.text)![0]}”.` }),
  },
];
