import type { EncoderSettings, Way } from "./kit.ts";
import type { PublishSecrets } from "./urls.ts";

/** A link that sets an app up in one tap or scan. It holds the keys. */
export interface MobileLink { readonly app: string; readonly link: string }

/** SRT's buffer for lost packets, in the unit that phones take (ms); mobile networks lose more than others. */
const LATENCY_MS = 1000;

/** More make a code too fine for a camera: two are about 800 characters, 97 modules a side. */
const MOST_WAYS = 2;

/**
 * A link in the Larix Grove format, which Larix Broadcaster, IRL Pro and others read: the first two ways by SRT and RTMP(S), with the
 * first one switched on. Format as Softvelum's own app writes it (`conn[][srtstreamid]`, `conn[][srtpass]`, latency in ms).
 * @returns null where no way is by SRT or RTMP(S)
 */
export function mobileLink(name: string, ways: readonly Way[], secrets: PublishSecrets, encoder: EncoderSettings): MobileLink | null {
  const usable = ways.filter(({ protocol }) => protocol !== "whip").slice(0, MOST_WAYS);
  if (usable.length === 0) return null;
  const connections = usable.flatMap((way, i) => connection(`${name} ${i + 1} ${way.protocol.toUpperCase()}`, way, secrets, i === 0));
  const video: [string, string][] = [
    ["enc[vid][res]", encoder.resolution], ["enc[vid][fps]", String(encoder.fps)], ["enc[vid][bitrate]", String(encoder.bitrateKbps)],
    ["enc[vid][keyframe]", String(encoder.keyframeSeconds)], ["enc[aud][bitrate]", String(encoder.audioKbps)], ["enc[aud][channels]", "2"],
  ];
  return { app: "Larix Broadcaster", link: `larix://set/v1?${[...connections, ...video].map(([key, value]) => `${key}=${encoded(key, value)}`).join("&")}` };
}

function connection(name: string, { protocol, url }: Way, { passphrase }: PublishSecrets, active: boolean): [string, string][] {
  const common: [string, string][] = [["conn[][name]", name], ["conn[][overwrite]", "on"], ["conn[][active]", active ? "on" : "off"], ["conn[][mode]", "av"]];
  if (protocol !== "srt") return [["conn[][url]", url], ...common];
  const [, host = "", streamId = ""] = /^(srt:\/\/[^?]+)\?streamid=([^&]+)/.exec(url) ?? [];
  return [
    ["conn[][url]", host], ...common, ["conn[][srtmode]", "c"], ["conn[][srtstreamid]", streamId], ["conn[][srtlatency]", String(LATENCY_MS)],
    ...(passphrase === null ? [] : [["conn[][srtpass]", passphrase], ["conn[][srtpbkl]", "16"]] as [string, string][]),
  ];
}

/** The app hands a stream id on as it is written, so its colons and slashes stay. */
function encoded(key: string, value: string): string {
  return key === "conn[][srtstreamid]" ? value : encodeURIComponent(value);
}
