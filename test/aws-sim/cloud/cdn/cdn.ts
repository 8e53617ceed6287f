/** CloudFront, one edge for all the world: behaviours, caching, errors, origin groups, signed cookies, countries. */
import http from "node:http";
import http2 from "node:http2";
import type { CloudState, Distribution } from "../state.ts";
import { behaviourOf, cacheKey, cookiesOf, keyQuery, ttlOf } from "./behaviour.ts";
import { EdgeCache } from "./cache.ts";
import { fetchFrom } from "./origin.ts";
import type { Fetched, Network } from "./origin.ts";
import { runGuard } from "./guard.ts";
import { refusal } from "./signed.ts";

/** Where a test's viewer says it is; everybody else is in Germany. */
const COUNTRY_HEADER = "x-sim-country", HOME = "DE";
/** CloudFront's own, where a distribution says nothing about an error. */
const DEFAULT_ERROR_TTL = 10;
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "te", "trailer"]);

type Req = http.IncomingMessage | http2.Http2ServerRequest;
type Res = http.ServerResponse | http2.Http2ServerResponse;

export class Cdn {
  private readonly servers = new Map<string, { close(): void; setSecureContext?: (o: { cert: string; key: string }) => void }[]>();
  private readonly caches = new Map<string, EdgeCache>();
  private readonly counted: Record<string, number> = {};

  constructor(private readonly state: () => CloudState | null, private readonly lookUp: (name: string) => readonly string[]) {}

  /** Requests by "hit", "miss", status and origin, since the start. */
  counts(): Readonly<Record<string, number>> { return this.counted; }

  /** Opens what is new and closes what is gone. */
  follow(state: CloudState): void {
    for (const [id, servers] of this.servers) if (!state.distributions.some((d) => d.id === id)) { for (const s of servers) s.close(); this.servers.delete(id); this.caches.delete(id); }
    for (const d of state.distributions) {
      const open = this.servers.get(d.id);
      if (open !== undefined) { for (const s of open) s.setSecureContext?.(d.certificate); continue; }
      const handle = (secure: boolean) => (req: Req, res: Res): void => { void this.handle(d.id, secure, req, res).catch((error: unknown) => { if (!res.headersSent) { res.statusCode = 500; res.end(String(error)); } }); };
      const secure = http2.createSecureServer({ ...d.certificate, allowHTTP1: true }, handle(true)), plain = http.createServer(handle(false));
      for (const server of [secure, plain]) server.on("error", (error) => process.stderr.write(`cdn ${d.domain}: ${error.message}\n`));
      secure.listen(443, d.address);
      plain.listen(80, d.address);
      this.servers.set(d.id, [secure as unknown as { close(): void }, plain]);
    }
  }

  private async handle(id: string, secure: boolean, req: Req, res: Res): Promise<void> {
    const state = this.state(), d = state?.distributions.find((x) => x.id === id);
    if (!state || !d || d.out) return this.end(res, 503, {}, "");
    const headers = Object.fromEntries(Object.entries(req.headers).map(([k, v]) => [k, Array.isArray(v) ? v.join(",") : v]));
    const host = String(headers[":authority"] ?? headers["host"] ?? d.domain).replace(/:\d+$/, ""), url = new URL(req.url ?? "/", `${secure ? "https" : "http"}://${host}`);
    if (host !== d.domain && !d.aliases.some((a) => a === host || (a.startsWith("*.") && host.endsWith(a.slice(1))))) return this.error(res, 403, "the name is no alias of the distribution");
    const b = behaviourOf(d, url.pathname), country = headers[COUNTRY_HEADER] ?? HOME;
    if (!secure && b.viewerProtocol === "redirect-to-https") return this.end(res, 301, { location: `https://${host}${url.pathname}${url.search}` }, "");
    if (!secure && b.viewerProtocol === "https-only") return this.error(res, 403, "https only");
    if ((d.geo.type === "whitelist" && !d.geo.countries.includes(country)) || (d.geo.type === "blacklist" && d.geo.countries.includes(country))) return this.error(res, 403, `not from ${country}`);
    const method = req.method ?? "GET", cookies = cookiesOf(headers["cookie"]);
    if (!b.methods.includes(method)) return this.error(res, 403, `${method} is not allowed`);
    if (b.keys !== null && method !== "OPTIONS") {
      const why = refusal(cookies, b.keys, `https://${host}${url.pathname}`, req.socket.remoteAddress ?? "", Date.now() / 1000);
      if (why !== null) return this.error(res, 403, why);
    }
    const guarded = b.guard === null ? null : runGuard(b.guard, { method, url, headers, country: [...b.cache.headers, ...b.forwardHeaders].some((n) => n.toLowerCase() === "cloudfront-viewer-country") ? country : null });
    if (guarded !== null) { this.count(`status ${guarded.status}`, "refused: function"); return this.end(res, guarded.status, guarded.headers, ""); }
    await this.serve(state, d, b, { method, url, headers, cookies, country, host }, res);
  }

  private async serve(state: CloudState, d: Distribution, b: Distribution["behaviours"][number], r: { method: string; url: URL; headers: Record<string, string | undefined>; cookies: Map<string, string>; country: string; host: string }, res: Res): Promise<void> {
    const viewer: Record<string, string> = { "cloudfront-viewer-country": r.country };
    const names = [...new Set([...b.cache.headers, ...b.forwardHeaders].map((n) => n.toLowerCase()))];
    const toOrigin: Record<string, string> = { "user-agent": "Amazon CloudFront" };
    for (const name of names) { const value = name === "host" ? r.host : viewer[name] ?? r.headers[name]; if (value !== undefined) toOrigin[name] = value; }
    const kept = b.cache.cookies === "all" ? [...r.cookies] : [...r.cookies].filter(([n]) => (b.cache.cookies as readonly string[]).includes(n));
    if (kept.length > 0) toOrigin["cookie"] = kept.map(([n, v]) => `${n}=${v}`).join("; ");
    const query = b.forwardQuery ? r.url.search : keyQuery(b.cache, r.url.searchParams);
    const network: Network = { from: state.internet.address, lookUp: this.lookUp, ca: state.originAuthorities };
    const fetch = (): Promise<Fetched> => fetchFrom(d, b.target, { method: r.method, path: `${r.url.pathname}${query}`, headers: toOrigin }, network);
    const cached = r.method === "GET" || r.method === "HEAD";
    const key = `${r.method} ${cacheKey(b.cache, b.target, r.url.pathname, r.url.searchParams, { ...r.headers, ...viewer }, r.cookies)}`;
    const served = cached ? await this.cache(d.id).get(key, fetch, (a) => this.ttl(d, b, a)) : { answer: await fetch(), from: "Miss" as const, ageSeconds: 0 };
    const { answer } = served;
    this.count(served.from.toLowerCase(), `status ${answer.status}`, `origin ${answer.origin}`);
    const out: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(answer.headers)) if (!HOP_BY_HOP.has(name)) out[name] = value;
    for (const h of b.responseHeaders) if (h.override || out[h.name.toLowerCase()] === undefined) out[h.name.toLowerCase()] = h.value;
    for (const name of b.removedHeaders) delete out[name.toLowerCase()];
    const told = b.removedHeaders.some((n) => n.toLowerCase() === "x-cache") ? {} : { "x-cache": `${answer.status >= 400 ? "Error" : served.from} from cloudfront` };
    this.end(res, answer.status, { ...out, ...told, ...(served.from === "Hit" ? { age: String(Math.floor(served.ageSeconds)) } : {}) }, r.method === "HEAD" ? "" : answer.body);
  }

  private ttl(d: Distribution, b: Distribution["behaviours"][number], answer: Fetched): number {
    const control = answer.headers["cache-control"];
    const text = Array.isArray(control) ? control.join(",") : control;
    if (answer.status < 400) return ttlOf(b.cache, text);
    const least = d.errorTtls[String(answer.status)] ?? DEFAULT_ERROR_TTL, wish = /(?:s-maxage|max-age)=(\d+)/.exec(text ?? "");
    return Math.max(least, /no-store|no-cache|private/.test(text ?? "") ? 0 : Math.min(Number(wish?.[1] ?? 0), b.cache.maxTtl));
  }

  private cache(id: string): EdgeCache {
    const cache = this.caches.get(id) ?? new EdgeCache();
    this.caches.set(id, cache);
    return cache;
  }

  private error(res: Res, status: number, why: string): void {
    this.count(`status ${status}`, `refused: ${why}`);
    this.end(res, status, { "x-cache": "Error from cloudfront", "content-type": "text/html" }, `<html><body><h1>${status}</h1>Request blocked. ${why}</body></html>`);
  }

  private end(res: Res, status: number, headers: Record<string, string | string[]>, body: string | Buffer): void {
    res.statusCode = status;
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    if (status !== 204 && status !== 304) res.setHeader("content-length", String(Buffer.byteLength(body)));
    (res as http.ServerResponse).end(body);
  }

  private count(...names: readonly string[]): void {
    for (const name of names) this.counted[name] = (this.counted[name] ?? 0) + 1;
  }
}
