import { hash } from "node:crypto";

/** JSON with sorted keys and no spaces: the same value is always the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
