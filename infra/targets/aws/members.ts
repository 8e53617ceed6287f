import type { Host, Plan, Role } from "../../plan/model.ts";
import type { Bundle } from "../../render/bundle.ts";
import { renderDistributors } from "../../render/render.ts";
import type { Topology } from "../../spec/topology.ts";
import { canonicalJson, sha256 } from "./canonical.ts";
import { groupKey } from "./contract.ts";
import { grouped } from "./grouped.ts";

/** Hosts that share a key: one instance, or the group of a region's distributors. */
export interface Member {
  readonly key: string;
  readonly role: Role;
  readonly region: string;
  /** The host of the plan whose bundle it runs; for a group the region's first distributor. */
  readonly host: Host;
  /** Bundle as it goes to AWS, and its address. */
  readonly bundle: Bundle;
  readonly bundleJson: string;
  readonly bundleSha256: string;
  /** Size of the group; null for a single instance. */
  readonly group: { readonly min: number; readonly max: number } | null;
}

/** The plan's hosts as AWS runs them: multiplexers and transcoders one by one, distributors by region. `addresses`: see `Bundle.addresses`. */
export function members(topology: Topology, plan: Plan, bundles: readonly Bundle[], addresses: Readonly<Record<string, string>>): Member[] {
  const bundleOf = new Map([...bundles, ...renderDistributors(grouped(plan))].map((bundle) => [bundle.host, bundle]));
  const distributors = new Set(plan.hosts.filter((h) => h.role === "distributor").map((h) => h.name));
  const seen = new Set<string>();
  return plan.hosts.flatMap((host): Member[] => {
    const grouped = host.role === "distributor";
    const key = grouped ? groupKey(host.region) : host.name;
    if (seen.has(key)) return [];
    seen.add(key);
    const rendered = bundleOf.get(host.name);
    if (!rendered) throw new Error(`${host.name} has no bundle`);
    const bundle = onAws(rendered, distributors, addresses);
    const bundleJson = canonicalJson(bundle);
    const group = topology.distributors[host.region];
    return [{
      key, role: host.role, region: host.region, host, bundle, bundleJson, bundleSha256: sha256(bundleJson),
      group: grouped && group ? { min: group.min, max: group.max } : null,
    }];
  });
}

/** Files are the same bytes as everywhere, but for the ways that viewers of a group have; security groups filter instead of nftables, and members of a group have no names to look up. */
function onAws(bundle: Bundle, distributors: ReadonlySet<string>, addresses: Readonly<Record<string, string>>): Bundle {
  return { ...bundle, firewall: null, addresses, peers: bundle.peers.filter(({ host }) => !distributors.has(host)) };
}
