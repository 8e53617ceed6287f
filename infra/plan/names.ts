import { hash } from "node:crypto";
import type { Role } from "./model.ts";

const PREFIX: Record<Role, string> = { multiplexer: "mux", transcoder: "tx", distributor: "dist" };

/**
 * Host name from its place in the topology. Multiplexers are lettered (people say "ingest a, ingest b"), the others
 * numbered from 1; both come from the position in the region's own group, so another region or role renumbers nothing.
 */
export function hostName(role: Role, region: string, index: number): string {
  const suffix = role === "multiplexer" ? letters(index) : String(index + 1);
  return `${PREFIX[role]}-${region}-${suffix}`;
}

/** 0 → a, 25 → z, 26 → aa. */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

/** First `length` hex digits of SHA-256 of the text. */
export function shortHash(text: string, length = 6): string {
  return hash("sha256", text, "hex").slice(0, length);
}
