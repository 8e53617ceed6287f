/** HTTP(S) requests with an own CA and own name resolution; nothing is ever accepted without checking its certificate. */
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";

export interface HttpOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of the only CA to trust. */
  readonly ca?: string | undefined;
  /** Host name → address. */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
  readonly timeoutMs?: number;
  readonly agent?: http.Agent | https.Agent;
  /** Follows redirects (5 at most) and keeps cookies here, as a browser would. */
  readonly cookies?: Map<string, string>;
}

export interface HttpAnswer { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: Buffer; /** After redirects. */ readonly url: string }

/** A resolver that knows `hosts` and asks nobody for them. */
export function lookupOf(hosts: Readonly<Record<string, string>>): LookupFunction {
  return (name, options, callback) => {
    const address = hosts[name] ?? (name === "localhost" ? "127.0.0.1" : undefined);
    const done = callback as (e: Error | null, a: unknown, f?: number) => void;
    if (address === undefined) return done(new Error(`the test does not know the host ${name}`), "");
    const family = address.includes(":") ? 6 : 4;
    return options.all ? done(null, [{ address, family }]) : done(null, address, family);
  };
}

/** A request; follows redirects only with `cookies`. Rejects on connection errors and after `timeoutMs` (10 s). */
export async function httpRequest(url: string, o: HttpOptions = {}): Promise<HttpAnswer> {
  let answer = await once(url, o);
  for (let hops = 0; o.cookies && hops < 5 && answer.status >= 300 && answer.status < 400 && answer.headers.location; hops++) {
    answer = await once(new URL(answer.headers.location, answer.url).href, o);
  }
  return answer;
}

function once(url: string, o: HttpOptions): Promise<HttpAnswer> {
  const cookie = [...(o.cookies ?? [])].map(([k, v]) => `${k}=${v}`).join("; ");
  const secure = url.startsWith("https:");
  return new Promise((resolve, reject) => {
    const options: https.RequestOptions = {
      method: o.method ?? "GET", headers: { ...(cookie ? { cookie } : {}), ...o.headers }, timeout: o.timeoutMs ?? 10_000,
      ...(o.ca ? { ca: o.ca } : {}), ...(o.hosts ? { lookup: lookupOf(o.hosts) } : {}), ...(o.agent ? { agent: o.agent } : {}),
    };
    const req = (secure ? https : http).request(url, options, (res) => {
      const parts: Buffer[] = [];
      for (const c of res.headers["set-cookie"] ?? []) {
        const m = /^([^=;]+)=([^;]*)/.exec(c);
        if (m?.[1]) o.cookies?.set(m[1], m[2] ?? "");
      }
      res.on("data", (b: Buffer) => parts.push(b));
      res.on("error", reject);
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(parts), url }));
    });
    req.on("timeout", () => req.destroy(new Error(`no answer from ${new URL(url).host} in time`)));
    req.on("error", reject);
    req.end(o.body);
  });
}
