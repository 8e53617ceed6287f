/** CloudFront Functions: the code's `handler` sees the request and gives it back, or an answer in its place. */
import vm from "node:vm";

export interface GuardedRequest { readonly method: string; readonly url: URL; readonly headers: Readonly<Record<string, string | undefined>>; /** null: no policy asks for it, so the function is not told. */ readonly country: string | null }
export interface GuardAnswer { readonly status: number; readonly headers: Record<string, string> }

const LIMIT_MS = 50;

/** Null when the request may go on. */
export function runGuard(code: string, r: GuardedRequest): GuardAnswer | null {
  const { ":authority": _a, ":method": _m, ":path": _p, ":scheme": _s, ...plain } = r.headers;
  const headers = Object.fromEntries(Object.entries({ ...plain, ...(r.country === null ? {} : { "cloudfront-viewer-country": r.country }) }).map(([name, value]) => [name, { value: value ?? "" }]));
  const event = { version: "1.0", context: { eventType: "viewer-request" }, request: { method: r.method, uri: r.url.pathname, querystring: Object.fromEntries([...r.url.searchParams].map(([k, value]) => [k, { value }])), headers, cookies: {} } };
  try {
    const result = vm.runInNewContext(`${code}\nhandler(event)`, { event }, { timeout: LIMIT_MS }) as { statusCode?: number; headers?: Record<string, { value: string }> };
    if (result.statusCode === undefined) return null;
    return { status: result.statusCode, headers: Object.fromEntries(Object.entries(result.headers ?? {}).map(([name, { value }]) => [name, value])) };
  } catch (error) {
    process.stderr.write(`function: ${error instanceof Error ? error.message : String(error)}\n`);
    return { status: 503, headers: {} };
  }
}
