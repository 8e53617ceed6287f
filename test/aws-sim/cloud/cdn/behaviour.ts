/** Which behaviour a path has, and what a request's cache key is. */
import type { Behaviour, CachePolicy, Distribution } from "../state.ts";

/** CloudFront's patterns: `*` any characters, `?` one; case matters; a leading slash may be left out. */
export function matches(pattern: string, path: string): boolean {
  const source = pattern.replace(/^\//, "").replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^/${source}$`).test(path);
}

/** The first ordered behaviour whose pattern fits, else the default one. */
export function behaviourOf(d: Distribution, path: string): Behaviour {
  const found = d.behaviours.find((b) => b.pattern !== null && matches(b.pattern, path)) ?? d.behaviours.find((b) => b.pattern === null);
  if (found === undefined) throw new Error(`${d.domain} has no default behaviour`);
  return found;
}

/** Query string that is in the key (and so reaches the origin). */
export function keyQuery(policy: CachePolicy, query: URLSearchParams): string {
  const kept = [...query].filter(([name]) => policy.queryStrings === "all" || policy.queryStrings.includes(name));
  return kept.length === 0 ? "" : `?${new URLSearchParams(kept).toString()}`;
}

/** Identity of a cached object. */
export function cacheKey(policy: CachePolicy, target: string, path: string, query: URLSearchParams, headers: Readonly<Record<string, string | undefined>>, cookies: ReadonlyMap<string, string>): string {
  const kept = policy.cookies === "all" ? [...cookies] : policy.cookies.map((name) => [name, cookies.get(name) ?? ""] as const);
  return JSON.stringify([target, path, keyQuery(policy, query), policy.headers.map((name) => headers[name.toLowerCase()] ?? ""), kept]);
}

/** Seconds that an answer may be kept: the origin's wish within the policy's bounds. */
export function ttlOf(policy: CachePolicy, cacheControl: string | undefined): number {
  const text = cacheControl ?? "";
  if (/\b(no-store|no-cache|private)\b/.test(text)) return policy.minTtl;
  const wish = /s-maxage=(\d+)/.exec(text) ?? /max-age=(\d+)/.exec(text);
  return wish === null ? Math.max(policy.minTtl, policy.defaultTtl) : Math.min(Math.max(Number(wish[1]), policy.minTtl), policy.maxTtl);
}

/** Cookies of a request. */
export function cookiesOf(header: string | undefined): Map<string, string> {
  return new Map((header ?? "").split(/;\s*/).filter(Boolean).map((c) => { const at = c.indexOf("="); return [c.slice(0, at), c.slice(at + 1)]; }));
}
