/** Serves the player page and a recording as if it were live, and misbehaves when told to. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { KeyPairPem } from "../../e2e/lib/ca.ts";
import type { Sample } from "./sample.ts";

const REPO = fileURLToPath(new URL("../../..", import.meta.url));
const TYPES: Record<string, string> = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml", m3u8: "application/vnd.apple.mpegurl", m4s: "video/mp4", mp4: "video/mp4", json: "application/json" };

/** What the page is allowed; the distributor sends the same. */
export const PLAYER_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

export interface LiveServer {
  readonly port: number;
  /** Status for playlists and segments instead of the file; null = behave. "drop" cuts the connection. */
  trouble: { readonly match: RegExp; readonly answer: number | "drop" } | null;
  /** The broadcast begins: segment 0 is complete now. */
  begin(): void;
  readonly requests: string[];
  streams: unknown;
  close(): Promise<void>;
}

const WINDOW = 6;

/** Starts it on a free loopback port with TLS. */
export async function liveServer(sample: Sample, tls: KeyPairPem): Promise<LiveServer> {
  let began: number | null = null;
  const requests: string[] = [];
  const bandwidth = { v0: 900_000, v1: 320_000 };
  const multivariant = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a/index.m3u8"',
    `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth.v0},RESOLUTION=640x360,FRAME-RATE=30,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="a"`, "v0/index.m3u8",
    `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth.v1},RESOLUTION=320x180,FRAME-RATE=30,CODECS="avc1.4d400d,mp4a.40.2",AUDIO="a"`, "v1/index.m3u8", ""].join("\n");
  const media = (start: number): string => {
    const d = sample.segmentSeconds, newest = Math.min(sample.segments - 1, Math.floor((Date.now() - start) / 1000 / d) + 3), first = Math.max(0, newest - WINDOW + 1);
    const lines = ["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${d}`, "#EXT-X-INDEPENDENT-SEGMENTS", `#EXT-X-MEDIA-SEQUENCE:${first}`, '#EXT-X-MAP:URI="init.mp4"', `#EXT-X-PROGRAM-DATE-TIME:${new Date(start + (first - 4) * d * 1000).toISOString()}`];
    for (let k = first; k <= newest; k++) lines.push(`#EXTINF:${d}.000,`, `${k}.m4s`);
    return `${lines.join("\n")}\n`;
  };
  const server = createServer({ cert: tls.cert, key: tls.key }, (q, s) => {
    const path = normalize(new URL(q.url ?? "/", "https://x").pathname), ext = /\.(\w+)$/.exec(path)?.[1] ?? "html";
    requests.push(path);
    s.setHeader("content-security-policy", PLAYER_CSP);
    s.setHeader("cache-control", "no-store");
    const send = (code: number, body: Buffer | string, type = TYPES[ext] ?? "application/octet-stream"): void => { s.writeHead(code, { "content-type": type }); s.end(body); };
    const t = api.trouble;
    if (t?.match.test(path)) {
      if (t.answer === "drop") { q.socket.destroy(); return; }
      return send(t.answer, "no", "text/plain");
    }
    if (path === "/streams.json") return send(200, JSON.stringify(api.streams));
    if (path === "/pathways.json") return send(200, JSON.stringify({ self: "dist-home-1", others: [] }));
    if (path === "/" || path.startsWith("/watch/")) return send(200, readFileSync(join(REPO, "templates/player/index.html")));
    if (path === "/player/hls.min.js") return send(200, readFileSync(join(REPO, "node_modules/hls.js/dist/hls.min.js")));
    if (path.startsWith("/player/")) { const f = join(REPO, "templates", path); return existsSync(f) ? send(200, readFileSync(f)) : send(404, "no"); }
    const m = /^\/live\/main\/(?:(v0|v1|a)\/)?([\w.]+)$/.exec(path);
    if (!m || began === null) return send(404, "no", "text/plain");
    if (!m[1]) return send(200, multivariant);
    if (m[2] === "index.m3u8") return send(200, media(began));
    const f = join(sample.dir, m[1], m[2] ?? "");
    return existsSync(f) ? send(200, readFileSync(f)) : send(404, "no", "text/plain");
  });
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  const api: LiveServer = {
    port: (server.address() as AddressInfo).port, trouble: null, requests, begin: () => { began = Date.now(); },
    streams: { name: "Festival", streams: [{ name: "main", latency: "standard", playlist: "/live/main/index.m3u8", token: false }] },
    close: () => new Promise((r) => { server.closeAllConnections(); server.close(() => r()); }),
  };
  return api;
}
