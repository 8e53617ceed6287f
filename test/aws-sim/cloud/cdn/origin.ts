/** Fetching from origins as CloudFront does: attempts, time-outs, and the second member of an origin group. */
import http from "node:http";
import https from "node:https";
import type { Distribution, Origin } from "../state.ts";

export interface Fetched { readonly status: number; readonly headers: Readonly<Record<string, string | string[]>>; readonly body: Buffer; readonly origin: string }
export interface OriginRequest { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> }
export interface Network {
  /** Address that CloudFront comes from. */
  readonly from: string;
  readonly lookUp: (name: string) => readonly string[];
  /** PEM of authorities that CloudFront trusts beside the public ones. */
  readonly ca: readonly string[];
}

/** From the behaviour's target, an origin or a group. An unreachable origin gives 502 or 504 with an empty body. */
export async function fetchFrom(d: Distribution, target: string, request: OriginRequest, net: Network): Promise<Fetched> {
  const group = d.originGroups.find((g) => g.id === target), [first = target, second] = group?.members ?? [target];
  const answer = await oneOrigin(d, first, request, net);
  const reads = ["GET", "HEAD", "OPTIONS"].includes(request.method);
  return group !== undefined && second !== undefined && reads && group.codes.includes(answer.status) ? oneOrigin(d, second, request, net) : answer;
}

async function oneOrigin(d: Distribution, id: string, request: OriginRequest, net: Network): Promise<Fetched> {
  const origin = d.origins.find((o) => o.id === id);
  if (origin === undefined) return failed(502, id, `no origin ${id}`);
  let last: Fetched = failed(502, id, "no attempt");
  for (let i = 0; i < origin.attempts; i++) {
    const addresses = net.lookUp(origin.domain);
    if (addresses.length === 0) { last = failed(502, id, `${origin.domain} does not resolve`); continue; }
    try { return await attempt(origin, addresses[i % addresses.length] ?? "", request, net); } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      last = failed(/timeout/.test(text) ? 504 : 502, id, text);
    }
  }
  return last;
}

function failed(status: number, origin: string, why: string): Fetched {
  return { status, headers: { "x-sim-origin-error": why.replace(/[^\x20-\x7e]/g, " ").slice(0, 200) }, body: Buffer.alloc(0), origin };
}

function attempt(origin: Origin, address: string, request: OriginRequest, net: Network): Promise<Fetched> {
  const secure = origin.protocol !== "http-only", port = secure ? origin.httpsPort : origin.httpPort;
  return new Promise((done, fail) => {
    const options: https.RequestOptions = {
      host: address, port, method: request.method, path: `${origin.path}${request.path}`, localAddress: net.from, agent: secure ? SECURE : PLAIN,
      headers: { ...request.headers, host: request.headers["host"] ?? origin.domain, ...origin.headers, via: "2.0 sim.cloudfront.net (CloudFront)" },
      ...(secure ? { servername: request.headers["host"] ?? origin.domain, ...(net.ca.length > 0 ? { ca: [...net.ca] } : {}) } : {}),
    };
    const req = (secure ? https : http).request(options, (res) => {
      const parts: Buffer[] = [];
      res.on("data", (b: Buffer) => parts.push(b));
      res.on("error", fail);
      res.on("end", () => done({ status: res.statusCode ?? 502, headers: res.headers as Record<string, string | string[]>, body: Buffer.concat(parts), origin: origin.id }));
    });
    const connect = setTimeout(() => { if (req.socket === null || req.socket.connecting) req.destroy(new Error("connect timeout")); }, origin.connectSeconds * 1000);
    req.setTimeout(origin.readSeconds * 1000, () => req.destroy(new Error("read timeout")));
    req.on("error", fail);
    req.on("close", () => clearTimeout(connect));
    req.end();
  });
}

const PLAIN = new http.Agent({ keepAlive: true, maxSockets: 64 });
const SECURE = new https.Agent({ keepAlive: true, maxSockets: 64 });
