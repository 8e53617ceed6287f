/** Numbers and small questions that several rules share. */
import ipaddr from "ipaddr.js";
import type { Stream, Topology } from "../../spec/topology.ts";

/**
 * From here on losing the stream is an event of its own: about what one nginx core carries at 5 Mbit/s, and where CloudFront's
 * origin shield begins to pay (knowledge: media 6, aws 3).
 */
export const MANY_VIEWERS = 1000;

export const viewersOf = (stream: Stream): number => Object.values(stream.viewers).reduce((sum, count) => sum + count, 0);
export const allViewers = (topology: Topology): number => Object.values(topology.streams).reduce((sum, stream) => sum + viewersOf(stream), 0);

/** Streams that people paid for, or that many watch. */
export const isImportant = (stream: Stream): boolean => stream.access.token || viewersOf(stream) >= MANY_VIEWERS;
export const important = (topology: Topology): string[] => Object.entries(topology.streams).filter(([, stream]) => isImportant(stream)).map(([name]) => name).sort();

export const hasCdn = (topology: Topology): boolean => topology.cdn?.provider === "cloudfront";
/** Meant for others than the people on this machine. */
export const isPublic = (topology: Topology): boolean => topology.domain !== null || topology.event !== null;
export const hostCount = (groups: Readonly<Record<string, { readonly count: number }>>): number => Object.values(groups).reduce((sum, { count }) => sum + count, 0);

/** "a, b and 3 more". */
export function some(names: readonly string[], most = 3): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

/** 6000 → "6 Mbps". */
export const rate = (kbps: number): string => (kbps >= 1e6 ? `${Number((kbps / 1e6).toFixed(1))} Gbps` : kbps >= 1000 ? `${Number((kbps / 1000).toFixed(1))} Mbps` : `${Math.round(kbps)} kbps`);

/** True when one block of addresses holds a part of the other. Both are as the loader gives them. */
export function overlap(a: string, b: string): boolean {
  const [addressA, lengthA] = ipaddr.parseCIDR(a);
  const [addressB, lengthB] = ipaddr.parseCIDR(b);
  return addressA.kind() === addressB.kind() && addressA.match(addressB, Math.min(lengthA, lengthB));
}

/** True when one name of a certificate stands for a host name; a wildcard stands for one label (RFC 6125 6.4.3). */
export function covers(name: string, host: string): boolean {
  return name.startsWith("*.") ? host.slice(host.indexOf(".")) === name.slice(1) : name.toLowerCase() === host;
}

/** Private addresses (RFC 1918, RFC 4193), loopback and link-local: never seen as a source on the internet. */
export function isPrivate(address: string): boolean {
  return ["private", "uniqueLocal", "loopback", "linkLocal", "carrierGradeNat"].includes(ipaddr.parse(address.replace(/\/\d+$/, "")).range());
}

/** Host of an address such as "rtmps://a.rtmps.youtube.com:443/live2", without brackets and port. */
export function urlHost(url: string): string {
  return new URL(url.replace(/^[a-z]+/, "http")).hostname.replace(/^\[|\]$/g, "");
}

/** A host that is reached over the internet: not a private address, and a name with a dot that no private network ends in. */
export function isInternetHost(host: string): boolean {
  if (ipaddr.isValid(host)) return !isPrivate(host);
  return host.includes(".") && !/\.(internal|local|lan|home|localhost|home\.arpa)$/i.test(host);
}
