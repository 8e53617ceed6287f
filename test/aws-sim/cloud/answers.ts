/** Route 53's answers as data: which values a name has now, by routing policy and health. */
import type { CloudState, DnsRecord } from "./state.ts";

export interface Resolved { readonly ttl: number; readonly values: readonly string[]; readonly type: string }
export interface View {
  /** Whether private zones are seen. */
  readonly private: boolean;
  /** AWS region that latency records take the asker to be in. */
  readonly region: string;
  readonly healthy: (check: string) => boolean;
}

/** CloudFront and load balancers answer with this TTL. */
const ALIAS_TTL = 60;

/** Null: no such name; empty values: the name has no record of the type. A CNAME is given where one stands. */
export function resolve(state: CloudState, name: string, type: string, view: View, depth = 0): Resolved | null {
  const asked = name.toLowerCase().replace(/\.$/, "");
  const own = ownNames(state, asked);
  if (own !== null) return { ttl: ALIAS_TTL, type: "A", values: type === "A" ? own : [] };
  const zones = state.zones.filter((z) => (view.private || !z.private) && (asked === z.name || asked.endsWith(`.${z.name}`))).sort((a, b) => b.name.length - a.name.length || Number(b.private) - Number(a.private));
  for (const zone of zones) {
    const records = zone.records.filter((r) => r.name === asked || (r.name.startsWith("*.") && asked.endsWith(r.name.slice(1)) && !zone.records.some((e) => e.name === asked)));
    if (records.length === 0) continue;
    const cname = type === "CNAME" ? undefined : records.find((r) => r.type === "CNAME");
    const chosen = choose(state, cname !== undefined ? [cname] : records.filter((r) => r.type === type), view, depth);
    if (cname !== undefined) return { ttl: cname.ttl, type: "CNAME", values: cname.values };
    return chosen.length === 0 ? { ttl: 0, type, values: [] } : answer(state, chosen, type, view, depth);
  }
  return null;
}

function answer(state: CloudState, chosen: readonly DnsRecord[], type: string, view: View, depth: number): Resolved {
  const alias = chosen[0]?.alias;
  if (alias && depth < 8) return resolve(state, alias.name, type, view, depth + 1) ?? { ttl: 0, type, values: [] };
  return { ttl: Math.min(...chosen.map((r) => r.ttl)), type, values: chosen.flatMap((r) => r.values) };
}

function choose(state: CloudState, records: readonly DnsRecord[], view: View, depth: number): readonly DnsRecord[] {
  const up = (r: DnsRecord): boolean => {
    if (r.healthCheck !== null && !view.healthy(r.healthCheck)) return false;
    if (!r.alias?.evaluate || depth >= 8) return true;
    return (resolve(state, r.alias.name, r.type, view, depth + 1)?.values.length ?? 0) > 0;
  };
  const first = records[0];
  if (first === undefined) return [];
  // With every record down Route 53 answers as if all were up.
  const living = records.some(up) ? records.filter(up) : records;
  switch (first.policy.kind) {
    case "failover": return [living.find((r) => r.policy.kind === "failover" && r.policy.primary) ?? living[0] ?? first];
    case "latency": return [living.find((r) => r.policy.kind === "latency" && r.policy.region === view.region) ?? living[0] ?? first];
    case "weighted": return [weighted(living)];
    case "multivalue": return living.slice(0, 8);
    case "simple": return [first];
  }
}

function weighted(records: readonly DnsRecord[]): DnsRecord {
  const weight = (r: DnsRecord): number => (r.policy.kind === "weighted" ? r.policy.weight : 0);
  let at = Math.random() * records.reduce((n, r) => n + weight(r), 0);
  return records.find((r) => (at -= weight(r)) < 0) ?? records[0] as DnsRecord;
}

/** Names that AWS itself serves: distributions, load balancers. */
function ownNames(state: CloudState, name: string): readonly string[] | null {
  const distribution = state.distributions.find((d) => d.domain === name);
  if (distribution !== undefined) return [distribution.address];
  const balancer = state.balancers.find((b) => b.dns.toLowerCase() === name);
  return balancer === undefined ? null : balancer.addresses.map((a) => a.public);
}
