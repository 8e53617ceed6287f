import type http from "node:http";
import { prometheus } from "./metrics.ts";
import { MPD_TYPE } from "./mpd.ts";
import { PLAYLIST_TYPE } from "./playlist.ts";
import type { Override } from "./selection.ts";
import { json, overrideReply, plain, type Reply, serve } from "./serve.ts";
import { NOW_HEADER, type Pathway, PATHWAYS_HEADER, readPathways } from "./pathways.ts";
import type { AgentStatus } from "./status.ts";
import type { Answer } from "./stream.ts";

/** What the server needs of a stream. */
export interface Served {
  readonly healthy: boolean;
  multivariant(ways: readonly Pathway[]): Answer;
  media(dir: string, whole: boolean): Answer;
  mpd(whole: boolean): Answer;
  setOverride(override: Override): void;
}

/** What a distributor sends along. */
export interface Asker { readonly pathways: string | undefined; /** Its time, seconds since the epoch. */ readonly now: string | undefined; /** "1": it will ask again without this if nobody has the whole window. */ readonly whole?: string | undefined }

const WHOLE_HEADER = "x-headend-whole";

export interface Source { heard(distributor: string, theirs: number): void; stream(name: string): Served | null; names(): readonly string[]; status(): AgentStatus }

/**
 * Answers one request. No CORS header here: the distributor adds it, and two make every cross-origin player fail. A stale playlist is
 * 503, so that the distributor asks the other transcoder; a removed rendition is 410, so that its players move to another one.
 */
export function respond(source: Source, method: string, target: string, body: string, asker?: Asker): Reply {
  let path: string;
  try { path = decodeURIComponent(target.split("?")[0] ?? ""); } catch { return plain(400, "bad address"); }
  const override = overrideReply({ names: () => source.names(), override: (name, to) => source.stream(name)?.setOverride(to) }, method, path, body);
  if (override) return override;
  if (method !== "GET" && method !== "HEAD") return plain(405, "only GET", { Allow: "GET, HEAD" });
  if (path === "/status") return json(source.status());
  if (path === "/metrics") return { code: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: prometheus(source.status()) };
  const ways = readPathways(asker?.pathways);
  if (ways[0] && asker?.now !== undefined) source.heard(ways[0].id, Number(asker.now));
  if (path === "/healthz") {
    const bad = source.names().filter((name) => !source.stream(name)?.healthy);
    return bad.length === 0 ? plain(200, "ok") : plain(503, `not fresh: ${bad.join(", ")}`);
  }
  const live = /^\/live\/([^/]+)\/(?:([^/]+)\/)?(index\.m3u8|manifest\.mpd)$/.exec(path);
  const stream = live && source.stream(live[1] ?? "");
  if (!live || !stream) return plain(404, "not here");
  const [, , dir, file] = live;
  const whole = asker?.whole === "1";
  if (file === "manifest.mpd") return dir === undefined ? playlist(stream.mpd(whole), MPD_TYPE) : plain(404, "not here");
  return playlist(dir === undefined ? stream.multivariant(ways) : stream.media(dir, whole), PLAYLIST_TYPE);
}

function playlist(answer: Answer, type: string): Reply {
  switch (answer.kind) {
    case "ok": return { code: 200, type, body: answer.text, headers: { "Cache-Control": "max-age=1" } };
    case "stale": return plain(503, "nothing fresh", { "Retry-After": "1", "Cache-Control": "no-store" });
    case "gone": return plain(410, "this rendition was removed", { "Cache-Control": "no-store" });
    case "unknown": return plain(404, "not here", { "Cache-Control": "no-store" });
  }
}

/** Serves on loopback. Rejects when the port cannot be had. */
export function listen(source: Source, port: number): Promise<http.Server> {
  return serve(({ method, target, body, header }) => respond(source, method, target, body, { pathways: header(PATHWAYS_HEADER), now: header(NOW_HEADER), whole: header(WHOLE_HEADER) }), port);
}
