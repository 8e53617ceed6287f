import http from "node:http";
import { prometheus } from "./metrics.ts";
import { MPD_TYPE } from "./mpd.ts";
import { PLAYLIST_TYPE } from "./playlist.ts";
import { OVERRIDES, type Override } from "./selection.ts";
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

interface Reply { readonly code: number; readonly type: string; readonly body: string; readonly headers?: Readonly<Record<string, string>> }

const text = (code: number, body: string, headers?: Reply["headers"]): Reply => ({ code, type: "text/plain; charset=utf-8", body: body + "\n", ...(headers ? { headers } : {}) });

/**
 * Answers one request. No CORS header here: the distributor adds it, and two make every cross-origin player fail. A stale playlist is
 * 503, so that the distributor asks the other transcoder; a removed rendition is 410, so that its players move to another one.
 */
export function respond(source: Source, method: string, target: string, body: string, asker?: Asker): Reply {
  let path: string;
  try { path = decodeURIComponent(target.split("?")[0] ?? ""); } catch { return text(400, "bad address"); }
  const override = /^\/streams\/([^/]+)\/override$/.exec(path);
  if (override) return setOverride(source, override[1] ?? "", method, body);
  if (method !== "GET" && method !== "HEAD") return text(405, "only GET", { Allow: "GET, HEAD" });
  if (path === "/status") return { code: 200, type: "application/json", body: JSON.stringify(source.status(), null, 2) + "\n", headers: { "Cache-Control": "no-store" } };
  if (path === "/metrics") return { code: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: prometheus(source.status()) };
  const ways = readPathways(asker?.pathways);
  if (ways[0] && asker?.now !== undefined) source.heard(ways[0].id, Number(asker.now));
  if (path === "/healthz") {
    const bad = source.names().filter((name) => !source.stream(name)?.healthy);
    return bad.length === 0 ? text(200, "ok") : text(503, `not fresh: ${bad.join(", ")}`);
  }
  const live = /^\/live\/([^/]+)\/(?:([^/]+)\/)?(index\.m3u8|manifest\.mpd)$/.exec(path);
  const stream = live && source.stream(live[1] ?? "");
  if (!live || !stream) return text(404, "not here");
  const [, , dir, file] = live;
  const whole = asker?.whole === "1";
  if (file === "manifest.mpd") return dir === undefined ? playlist(stream.mpd(whole), MPD_TYPE) : text(404, "not here");
  return playlist(dir === undefined ? stream.multivariant(ways) : stream.media(dir, whole), PLAYLIST_TYPE);
}

function playlist(answer: Answer, type: string): Reply {
  switch (answer.kind) {
    case "ok": return { code: 200, type, body: answer.text, headers: { "Cache-Control": "max-age=1" } };
    case "stale": return text(503, "nothing fresh", { "Retry-After": "1", "Cache-Control": "no-store" });
    case "gone": return text(410, "this rendition was removed", { "Cache-Control": "no-store" });
    case "unknown": return text(404, "not here", { "Cache-Control": "no-store" });
  }
}

function setOverride(source: Source, name: string, method: string, body: string): Reply {
  const stream = source.stream(name);
  if (!stream) return text(404, `no stream "${name}" here; there are: ${source.names().join(", ") || "none"}`);
  if (method !== "POST") return text(405, "POST one of: " + OVERRIDES.join(", "), { Allow: "POST" });
  const wanted = OVERRIDES.find((o) => o === body.trim());
  if (wanted === undefined) return text(400, `"${body.trim().slice(0, 40)}" is not an override; allowed: ${OVERRIDES.join(", ")}`);
  stream.setOverride(wanted);
  return text(200, wanted);
}

const header = (request: http.IncomingMessage, name: string): string | undefined => [request.headers[name] ?? []].flat()[0];

const MAX_BODY = 1024;

/** Serves on loopback. Rejects when the port cannot be had. */
export function listen(source: Source, port: number): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (c: Buffer) => { body += c.toString("utf8"); if (body.length > MAX_BODY) request.destroy(); });
    request.on("end", () => {
      const reply = respond(source, request.method ?? "GET", request.url ?? "/", body, { pathways: header(request, PATHWAYS_HEADER), now: header(request, NOW_HEADER), whole: header(request, WHOLE_HEADER) });
      response.writeHead(reply.code, { "Content-Type": reply.type, "Content-Length": Buffer.byteLength(reply.body), ...reply.headers });
      response.end(request.method === "HEAD" ? undefined : reply.body);
    });
  });
  server.keepAliveTimeout = 65_000;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => { server.off("error", reject); resolve(server); });
  });
}
