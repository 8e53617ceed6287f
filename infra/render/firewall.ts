import type { Host, Listener, Peer } from "../plan/model.ts";
import { GATEWAY_MARKER, UPLINK_MARKER } from "./markers.ts";

/** nft set that holds a peer's current addresses; the host fills it. */
export function peerSet(host: string): string {
  return host.replaceAll("-", "_");
}

/**
 * nftables rulesets of hosts: exactly their listeners, from exactly their peers; everything else is dropped.
 * Peers are named sets, so that the text is known before any address is. Hosts with the same listeners get the same text.
 */
export class FirewallRules {
  private readonly texts = new Map<string, string>();
  private readonly numbers = new Map<readonly Peer[], number>();

  of(host: Host): string {
    const key = host.listeners.map((l) => `${l.name} ${l.transport} ${l.port} ${this.number(l.from)}`).join();
    const text = this.texts.get(key) ?? ruleset(host.listeners);
    this.texts.set(key, text);
    return text;
  }

  /** Tells lists of peers apart: hosts with equal neighbours share the array (see SharedLists). */
  private number(from: readonly Peer[]): number {
    const number = this.numbers.get(from) ?? this.numbers.size;
    this.numbers.set(from, number);
    return number;
  }
}

function ruleset(listeners: readonly Listener[]): string {
  const peers = [...new Set(listeners.flatMap((l) => l.from.flatMap((p) => (p.kind === "host" ? [peerSet(p.host)] : []))))].sort();
  const lines = listeners.map((l) => rulesOf(l)).sort();
  return `table inet headend
delete table inet headend
table inet headend {
${peers.map((set) => `  set ${set} { type ipv4_addr; }\n`).join("")}  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "lo" accept
    meta l4proto { 1, 58 } accept comment "icmp"
${lines.join("")}  }
}
`;
}

/** Lines of a listener, sorted. */
function rulesOf(listener: Listener): string {
  // A public port is open to the outside, not to the hosts behind: "anyone" does not include a transcoder on the inner network.
  const side = listener.plane === "ingest" || listener.plane === "edge" ? `iifname "${UPLINK_MARKER}" ` : "";
  const to = `${side}${listener.transport} dport ${listener.port} accept comment "${listener.name}"`;
  return rules(listener.from, to).sort().map((rule) => `    ${rule}\n`).join("");
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
