import { request } from "node:https";
import type { StackOutputs } from "./stack.ts";

export interface Answer { readonly status: number; readonly body: string }

/** GET as a player does; the certificate must be good (`ca`: PEM of the stack's own authority, if it has one). Never throws. */
export function get(url: string, ca: string | null, timeoutMs = 4_000): Promise<Answer | { readonly problem: string }> {
  return new Promise((done) => {
    const req = request(url, { ...(ca === null ? {} : { ca }), timeout: timeoutMs, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      // MediaMTX's LL-HLS asks for a round trip with a cookie; follow once, as players do.
      if ([301, 302, 307].includes(status) && location !== undefined && !url.includes("cookieCheck")) {
        response.resume();
        done(get(new URL(location, url).href, ca, timeoutMs));
        return;
      }
      let body = "";
      response.setEncoding("latin1").on("data", (text: string) => { body += text; }).on("end", () => done({ status, body })).on("error", (error) => done({ problem: error.message }));
    });
    req.on("timeout", () => req.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    req.on("error", (error: NodeJS.ErrnoException) => done({ problem: error.code === "ECONNREFUSED" ? "nothing listens there" : error.message || String(error.code) }));
    req.end();
  });
}

/** What became of an attempt to play. `ageSeconds`: how long ago the newest segment ended, where the playlist tells. */
export type Playable = { readonly ok: true; readonly ageSeconds: number | null } | { readonly ok: false; readonly reason: string };

/** Plays the first moments of an HLS stream: multivariant playlist, one media playlist, its newest segment. */
export async function tryToPlay(playlist: string, ca: string | null, now: () => number = Date.now): Promise<Playable> {
  const top = await text(playlist, ca);
  if ("reason" in top) return { ok: false, reason: `${path(playlist)}: ${top.reason}` };
  const variant = firstVariant(top.body);
  const mediaUrl = variant === null ? playlist : new URL(variant, playlist).href;
  const media = variant === null ? top : await text(mediaUrl, ca);
  if ("reason" in media) return { ok: false, reason: `${path(mediaUrl)}: ${media.reason}` };
  const newest = newestSegment(media.body);
  if (newest === null) return { ok: false, reason: `${path(mediaUrl)}: no segment yet` };
  const segmentUrl = new URL(newest.uri, mediaUrl).href;
  const segment = await text(segmentUrl, ca);
  if ("reason" in segment) return { ok: false, reason: `${path(segmentUrl)}: ${segment.reason}` };
  return { ok: true, ageSeconds: newest.endsMs === null ? null : (now() - newest.endsMs) / 1000 };
}

async function text(url: string, ca: string | null): Promise<{ readonly body: string } | { readonly reason: string }> {
  const answer = await get(url, ca);
  if ("problem" in answer) return { reason: answer.problem };
  if (answer.status !== 200) return { reason: `status ${answer.status}` };
  return answer.body.length === 0 ? { reason: "empty" } : { body: answer.body };
}

const path = (url: string): string => new URL(url).pathname;

/** URI of the first variant of a multivariant playlist; null when it is a media playlist. */
export function firstVariant(playlist: string): string | null {
  const lines = playlist.split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF"));
  return at < 0 ? null : lines.slice(at + 1).find((line) => line !== "" && !line.startsWith("#")) ?? null;
}

/** The last whole segment of a media playlist and when it ends by EXT-X-PROGRAM-DATE-TIME (RFC 8216, 4.3.2.6). */
export function newestSegment(playlist: string): { readonly uri: string; readonly endsMs: number | null } | null {
  let clock: number | null = null;
  let duration = 0;
  let newest: { uri: string; endsMs: number | null } | null = null;
  for (const line of playlist.split(/\r?\n/)) {
    if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) clock = Date.parse(line.slice("#EXT-X-PROGRAM-DATE-TIME:".length));
    else if (line.startsWith("#EXTINF:")) duration = Number.parseFloat(line.slice("#EXTINF:".length));
    else if (line !== "" && !line.startsWith("#")) {
      if (clock !== null) clock += duration * 1000;
      newest = { uri: line, endsMs: clock };
    }
  }
  return newest;
}

/** Where each distributor answers on this machine. */
export function distributorUrls({ hosts, viewer }: StackOutputs): { readonly host: string; readonly url: string }[] {
  return Object.entries(hosts).flatMap(([host, { role, ports }]) => {
    const port = ports["https"];
    if (role !== "distributor" || port === undefined) return [];
    const url = new URL(viewer);
    url.port = String(port);
    return [{ host, url: url.origin }];
  });
}
