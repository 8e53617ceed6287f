import { RELAY_RTMP_PORT, RELAY_RTSP_PORT } from "../render/paths.ts";
import { isMedia, type Track } from "../agent/tracks.ts";

/** What MediaMTX 1.20.1 sends by RTMP, enhanced or not (internal/protocols/rtmp/from_stream.go), as its API names it. */
const BY_RTMP = new Set(["H264", "H265", "AV1", "VP9", "MPEG-4 Audio", "MPEG-4 Audio LATM", "Opus", "MPEG-1/2 Audio", "AC-3"]);
/** G.711 at this rate only (Hz). */
const G711_RATE = 8000;

export type Hop = "rtmp" | "rtsp";

/**
 * How a publisher goes to the transcoders: by RTMP, which keeps how sound and picture belong together, unless one of its tracks would be
 * left out there (VP8, G.722, MPEG-2 video …): then by RTSP, which carries everything, and the agent encodes it anew.
 */
export function hopFor(tracks: readonly Track[]): Hop {
  const carried = (t: Track): boolean => BY_RTMP.has(t.codec) || (t.codec === "G711" && t.sampleRate === G711_RATE);
  return tracks.every((t) => !isMedia(t) || carried(t)) ? "rtmp" : "rtsp";
}

/** Who pushes where: the same for both hops. */
export interface Push { readonly host: string; readonly path: string; readonly user: string; readonly pass: string }

/** Ports of a transcoder's relay. */
const PORT: Readonly<Record<Hop, number>> = { rtmp: RELAY_RTMP_PORT, rtsp: RELAY_RTSP_PORT };

/**
 * Address of a push, for a `forward` list. What follows the `#` is RTMP's stream key: MediaMTX joins it to the path, and leaves it out of
 * its log, which shows a query.
 */
export function pushAddress({ host, path, user, pass }: Push, hop: Hop): string {
  if (hop === "rtsp") return `rtsp://${user}:${pass}@${host}:${PORT.rtsp}/${path}`;
  const at = path.lastIndexOf("/");
  return `rtmp://${host}:${PORT.rtmp}/${path.slice(0, at)}#${path.slice(at + 1)}?user=${user}&pass=${pass}`;
}

/** Where nobody answers: a push is sent here and back again to make MediaMTX connect anew. It still says which push it is. */
export function nowhere(push: Push): string {
  return pushAddress(push, "rtmp").replace(`//${push.host}:${PORT.rtmp}/`, `//${NOWHERE}/${push.host}/`);
}

const NOWHERE = "127.0.0.1:9";

/** The push that an address stands for; null for one of another platform. */
export function pushOf(address: string): Push | null {
  const rtsp = /^rtsp:\/\/([^:@/]+):([^@/]+)@([a-z0-9-]+\.[a-z0-9-]+\.internal):8554\/(in\/[^?#]+)$/.exec(address);
  if (rtsp) return { user: rtsp[1] ?? "", pass: rtsp[2] ?? "", host: rtsp[3] ?? "", path: rtsp[4] ?? "" };
  const rtmp = /^rtmp:\/\/(?:127\.0\.0\.1:9\/)?([a-z0-9-]+\.[a-z0-9-]+\.internal)(?::1935)?\/(in\/[^?#]+)#([^?]+)\?user=([^&]+)&pass=(.+)$/.exec(address);
  return rtmp && { host: rtmp[1] ?? "", path: `${rtmp[2]}/${rtmp[3]}`, user: rtmp[4] ?? "", pass: rtmp[5] ?? "" };
}

/** The same list with every push by this hop. */
export function byHop(list: readonly string[], hop: Hop): string[] {
  return list.map((address) => { const push = pushOf(address); return push === null ? address : pushAddress(push, hop); });
}
