import type { AgentStream } from "./config.ts";
import type { InitInfo } from "./mp4.ts";
import { type Pathway, VIEWER } from "./pathways.ts";

export const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
/** Segments a media playlist lists. */
export const WINDOW = 8;
/** EXT-X-GAP needs protocol version 8 (RFC 8216bis section 8). */
const MEDIA_VERSION = 8;
const MULTIVARIANT_VERSION = 7;

/**
 * Media playlist from the numbers on disk; they are the truth, FFmpeg's own playlists are not. A number says which 2 s (or D s) of wall
 * time it holds, so there is no EXT-X-DISCONTINUITY and every EXTINF is D. Null when nothing is published.
 */
export function mediaPlaylist(numbers: ReadonlySet<number>, newest: number, seconds: number): string | null {
  const listed = range(newest - WINDOW + 1, newest);
  const first = listed.find((k) => numbers.has(k));
  if (first === undefined) return null;
  const lines = ["#EXTM3U", `#EXT-X-VERSION:${MEDIA_VERSION}`, `#EXT-X-TARGETDURATION:${seconds}`, "#EXT-X-INDEPENDENT-SEGMENTS", `#EXT-X-MEDIA-SEQUENCE:${first}`, `#EXT-X-MAP:URI="init.mp4"`];
  let dated = false;
  for (const k of range(first, newest)) {
    const present = numbers.has(k);
    if (present && !dated) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(k * seconds * 1000).toISOString()}`);
    dated = present;
    if (!present) lines.push("#EXT-X-GAP");
    lines.push(`#EXTINF:${seconds.toFixed(3)},`, `${k}.m4s`);
  }
  return lines.join("\n") + "\n";
}

/** True when no segment of the window is missing. After a start it takes WINDOW segments to become so. */
export function isWhole(numbers: ReadonlySet<number>, newest: number): boolean {
  return range(newest - WINDOW + 1, newest).every((k) => numbers.has(k));
}

/** Renditions that can be offered now, with what their init segments say. */
export interface Offer {
  readonly video: readonly { readonly rendition: AgentStream["renditions"][number]; readonly init: InitInfo }[];
  readonly audio: InitInfo;
}

/** Multivariant playlist of one way to the stream, with the others as redundant variants; without video renditions the audio is the only variant. */
export function multivariantPlaylist(stream: AgentStream, offer: Offer, ways: readonly Pathway[] = []): string {
  const lines = ["#EXTM3U", `#EXT-X-VERSION:${MULTIVARIANT_VERSION}`, "#EXT-X-INDEPENDENT-SEGMENTS"];
  const [own] = ways;
  if (own && ways.length > 1) lines.push(`#EXT-X-CONTENT-STEERING:SERVER-URI="steering.json?home=${own.id}&v=${VIEWER}",PATHWAY-ID="${own.id}"`);
  const all: readonly (Pathway | null)[] = ways.length > 1 ? ways : [null];
  if (offer.video.length > 0) for (const way of all) lines.push(audioGroup(stream, way));
  for (const way of all) lines.push(...variants(stream, offer, way));
  return lines.join("\n") + "\n";
}

const folder = (stream: AgentStream, way: Pathway | null): string => (way === null || way.base === "" ? "" : `${way.base}/live/${stream.name}/`);
const groupOf = (way: Pathway | null): string => (way === null ? "audio" : `audio-${way.id}`);
const mark = (way: Pathway | null): string => (way === null ? "" : `,PATHWAY-ID="${way.id}"`);

function audioGroup(stream: AgentStream, way: Pathway | null): string {
  const { audio } = stream;
  return `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${groupOf(way)}",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audio.channels}"${mark(way)},URI="${folder(stream, way)}${audio.dir}/index.m3u8"`;
}

function variants(stream: AgentStream, offer: Offer, way: Pathway | null): string[] {
  const { audio } = stream, at = folder(stream, way);
  if (offer.video.length === 0) {
    // AAC at a constant rate: the packets' headers add about a tenth.
    const bps = audio.bitrateKbps * 1000;
    return [`#EXT-X-STREAM-INF:BANDWIDTH=${Math.round(bps * 1.1)},AVERAGE-BANDWIDTH=${bps},CODECS="${offer.audio.codec}"${mark(way)}`, `${at}${audio.dir}/index.m3u8`];
  }
  return offer.video.flatMap(({ rendition: r, init }) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${r.peakBps},AVERAGE-BANDWIDTH=${r.averageBps},CODECS="${init.codec},${offer.audio.codec}",RESOLUTION=${init.width ?? r.width}x${init.height ?? r.height},FRAME-RATE=${stream.fps.toFixed(3)},AUDIO="${groupOf(way)}"${mark(way)}`,
    `${at}${r.dir}/index.m3u8`,
  ]);
}

export const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
