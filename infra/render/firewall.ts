import type { Host, Listener, Peer } from "../plan/model.ts";
import { GATEWAY_MARKER } from "./markers.ts";

/** nft set that holds a peer's current addresses; the host fills it. */
export function peerSet(host: string): string {
  return host.replaceAll("-", "_");
}

/**
 * nftables ruleset of a host: exactly its listeners, from exactly their peers; everything else is dropped.
 * Peers are named sets, so that the text is known before any address is.
 */
export function firewallRules(host: Host): string {
  const peers = [...new Set(host.listeners.flatMap((l) => setsOf(l.from)))].sort();
  const rules = host.listeners.map((l) => rulesOf(l)).sort();
  return `table inet headend
delete table inet headend
table inet headend {
${peers.map((set) => `  set ${set} { type ipv4_addr; }\n`).join("")}  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "lo" accept
    meta l4proto { 1, 58 } accept comment "icmp"
${rules.join("")}  }
}
`;
}

const setCache = new WeakMap<readonly Peer[], readonly string[]>();
const ruleCache = new WeakMap<readonly Peer[], Map<string, string>>();

/** Sets that a list of peers needs. Hosts with equal neighbours share the list, so it is worked out once. */
function setsOf(from: readonly Peer[]): readonly string[] {
  const sets = setCache.get(from) ?? from.flatMap((p) => (p.kind === "host" ? [peerSet(p.host)] : []));
  setCache.set(from, sets);
  return sets;
}

/** Lines of a listener, sorted. */
function rulesOf(listener: Listener): string {
  const to = `${listener.transport} dport ${listener.port} accept comment "${listener.name}"`;
  const known = ruleCache.get(listener.from) ?? new Map<string, string>();
  ruleCache.set(listener.from, known);
  const text = known.get(to) ?? rules(listener.from, to).sort().map((rule) => `    ${rule}\n`).join("");
  known.set(to, text);
  return text;
}

function rules(from: readonly Peer[], to: string): string[] {
  const v4: string[] = [], v6: string[] = [], lines: string[] = [];
  for (const peer of from) {
    if (peer.kind === "host") lines.push(`ip saddr @${peerSet(peer.host)} ${to}`);
    else if (peer.kind === "anyone") lines.push(to);
    else (peer.cidr.includes(":") ? v6 : v4).push(peer.cidr);
  }
  // The operator's own machine may always publish through the ports it maps, or an event with an allow-list could not be rehearsed.
  if (v4.length + v6.length > 0) lines.push(`ip saddr { ${[...v4.sort(), GATEWAY_MARKER].join(", ")} } ${to}`);
  if (v6.length > 0) lines.push(`ip6 saddr { ${v6.sort().join(", ")} } ${to}`);
  return lines;
}
