import type { Host, Listener } from "../plan/model.ts";
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
  const peers = [...new Set(host.listeners.flatMap((l) => l.from).flatMap((p) => (p.kind === "host" ? [p.host] : [])))].sort();
  const rules = host.listeners.flatMap((l) => rulesOf(l)).sort();
  return `table inet headend
delete table inet headend
table inet headend {
${peers.map((peer) => `  set ${peerSet(peer)} { type ipv4_addr; }\n`).join("")}  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "lo" accept
    meta l4proto { 1, 58 } accept comment "icmp"
${rules.map((rule) => `    ${rule}\n`).join("")}  }
}
`;
}

function rulesOf(listener: Listener): string[] {
  const to = `${listener.transport} dport ${listener.port} accept comment "${listener.name}"`;
  const v4: string[] = [], v6: string[] = [], rules: string[] = [];
  for (const peer of listener.from) {
    if (peer.kind === "host") rules.push(`ip saddr @${peerSet(peer.host)} ${to}`);
    else if (peer.kind === "anyone") rules.push(to);
    else (peer.cidr.includes(":") ? v6 : v4).push(peer.cidr);
  }
  // The operator's own machine may always publish through the ports it maps, or an event with an allow-list could not be rehearsed.
  if (v4.length + v6.length > 0) rules.push(`ip saddr { ${[...v4.sort(), GATEWAY_MARKER].join(", ")} } ${to}`);
  if (v6.length > 0) rules.push(`ip6 saddr { ${v6.sort().join(", ")} } ${to}`);
  return rules;
}
