/** One way to a stream: a distributor or a CDN. */
export interface Pathway {
  readonly id: string;
  /** "https://host:port"; empty for the way that the playlist itself came by, whose addresses are relative. */
  readonly base: string;
}

/** Header with which a distributor says by which ways its viewers can load: `self,other=https://host:port,…`. */
export const PATHWAYS_HEADER = "x-headend-pathways";
/** Header with the distributor's time, seconds since the epoch. */
export const NOW_HEADER = "x-headend-now";
/** The distributor puts something different for each viewer here, so that weights divide viewers and not addresses. */
export const VIEWER = "@viewer@";

const ID = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const BASE = /^https:\/\/[A-Za-z0-9.:[\]-]+$/;
const MAX = 16;

/** Ways of a header, the own one first; entries without an address (the target knows none) or with one that another has are left out. */
export function readPathways(header: string | undefined): Pathway[] {
  if (header === undefined) return [];
  const ways: Pathway[] = [];
  for (const [index, entry] of header.split(",").slice(0, MAX).entries()) {
    const [id = "", base = ""] = entry.trim().split("=", 2);
    if (!ID.test(id) || ways.some((w) => w.id === id)) continue;
    if (index === 0) ways.push({ id, base: "" });
    else if (BASE.test(base) && !ways.some((w) => w.base === base)) ways.push({ id, base });
  }
  return ways;
}
