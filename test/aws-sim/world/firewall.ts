/** Security groups as nftables rules for one instance: stateful, closed, by address, by group, by prefix list. */

export interface GroupRule {
  readonly direction: "ingress" | "egress";
  /** "tcp", "udp", "icmp", "-1" … */
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  /** Blocks, v4 and v6; a named group's or list's members are resolved to their addresses. */
  readonly blocks: readonly string[];
}

/** The ruleset of an instance's interface. @param metadata addresses AWS serves inside a VPC and no group filters */
export function firewallText(rules: readonly GroupRule[], metadata: readonly string[]): string {
  const lines = (direction: GroupRule["direction"]): string[] => [...new Set(rules.filter((r) => r.direction === direction).flatMap((r) => linesOf(r)))].sort();
  const free = `{ ${metadata.join(", ")} }`;
  return `table inet aws
delete table inet aws
table inet aws {
  chain input {
    type filter hook input priority -150; policy drop;
    iifname "lo" accept
    ct state established,related accept
    ip saddr ${free} accept
${lines("ingress").map((l) => `    ${l}`).join("\n")}
  }
  chain output {
    type filter hook output priority -150; policy drop;
    oifname "lo" accept
    ct state established,related accept
    ip daddr ${free} accept
${lines("egress").map((l) => `    ${l}`).join("\n")}
  }
}
`;
}

function linesOf(rule: GroupRule): string[] {
  const v4 = rule.blocks.filter((b) => !b.includes(":")), v6 = rule.blocks.filter((b) => b.includes(":"));
  const field = rule.direction === "ingress" ? "saddr" : "daddr";
  const ports = rule.protocol === "-1" ? "" : rule.protocol === "tcp" || rule.protocol === "udp" ? ` ${rule.protocol} dport ${rule.from === rule.to ? rule.from : `${rule.from}-${rule.to}`}` : ` meta l4proto ${rule.protocol}`;
  // Blocks may overlap; nft's sets may not, so one line each.
  return [...v4.map((b) => `ip ${field} ${b}${ports} accept`), ...v6.map((b) => `ip6 ${field} ${b}${ports} accept`)];
}
