import type { Plan, Role } from "../../plan/model.ts";
import type { Topology } from "../../spec/topology.ts";
import { AWS_REGIONS, regionFacts } from "./regions.ts";

export const ROLES: readonly Role[] = ["multiplexer", "transcoder", "distributor"];

export interface SubnetPlan {
  readonly role: Role;
  /** Position of the zone, from 0. */
  readonly zone: number;
  /** Availability zone id, e.g. "euc1-az1". */
  readonly zoneId: string;
  readonly cidr: string;
  /** Number of the /64 within the VPC's IPv6 /56. */
  readonly ipv6Index: number;
}

export interface RegionPlan {
  /** The topology's key, e.g. "eu". */
  readonly key: string;
  readonly aws: string;
  readonly cidr: string;
  readonly subnets: readonly SubnetPlan[];
  /** The part of the VPC that a role's subnets lie in: other regions' rules name it, because groups cannot be named across regions. */
  readonly roleCidr: Readonly<Record<Role, string>>;
}

export interface NetworkPlan {
  /** Regions with hosts, in the order of the topology. */
  readonly regions: readonly RegionPlan[];
  /** Regions whose hosts talk to each other, first before second in the order of the topology. */
  readonly peerings: readonly (readonly [RegionPlan, RegionPlan])[];
}

/** Third octet where a role's block begins, size of the block, and octets that one zone takes of it. */
const BLOCKS: Readonly<Record<Role, { readonly start: number; readonly prefix: number; readonly step: number; readonly zonePrefix: number }>> = {
  multiplexer: { start: 0, prefix: 19, step: 1, zonePrefix: 24 },
  transcoder: { start: 32, prefix: 19, step: 1, zonePrefix: 24 },
  distributor: { start: 64, prefix: 18, step: 4, zonePrefix: 22 },
};
/** Second octets: 16 to 255; each AWS region has this many, for topologies that use it twice. */
const OCTETS_PER_REGION = 8;

/**
 * Address blocks, from names alone: adding a region, a zone or a host renumbers nothing.
 * @param zonesOf zone ids that stack config gives for an AWS region, instead of the table's
 * @throws Error for a region without `aws`, or with too few zones
 */
export function networkPlan(topology: Topology, plan: Plan, zonesOf: Readonly<Record<string, readonly string[]>> = {}): NetworkPlan {
  const used = new Map<string, number>();
  const regions = Object.entries(topology.regions).flatMap(([key, { aws, zones }]): RegionPlan[] => {
    const roles = ROLES.filter((role) => plan.hosts.some((host) => host.region === key && host.role === role));
    if (roles.length === 0) return [];
    if (aws === null) throw new Error(`The region ${key} does not say which AWS region it is.\nAdd it to the topology, e.g. regions: { ${key}: { aws: eu-central-1, zones: 2 } }`);
    const ids = zonesOf[aws] ?? regionFacts(aws).zones;
    if (zones > ids.length) throw new Error(`regions.${key}.zones is ${zones}, but headend uses only ${ids.length} zones of ${aws} (${ids.join(", ")}).\nAsk for fewer, or name others: pulumi config set --path 'headend:availabilityZones["${aws}"][0]' ID`);
    const turn = used.get(aws) ?? 0;
    used.set(aws, turn + 1);
    return [regionPlan(key, aws, AWS_REGIONS.indexOf(aws) * OCTETS_PER_REGION + turn + 16, roles, ids.slice(0, zones))];
  });
  return { regions, peerings: peerings(plan, regions) };
}

function regionPlan(key: string, aws: string, octet: number, roles: readonly Role[], zoneIds: readonly string[]): RegionPlan {
  return {
    key, aws, cidr: `10.${octet}.0.0/16`,
    roleCidr: Object.fromEntries(ROLES.map((role) => [role, `10.${octet}.${BLOCKS[role].start}.0/${BLOCKS[role].prefix}`])) as Record<Role, string>,
    subnets: roles.flatMap((role) => zoneIds.map((zoneId, zone) => ({
      role, zone, zoneId,
      cidr: `10.${octet}.${BLOCKS[role].start + zone * BLOCKS[role].step}.0/${BLOCKS[role].zonePrefix}`,
      ipv6Index: ROLES.indexOf(role) * 16 + zone,
    }))),
  };
}

function peerings(plan: Plan, regions: readonly RegionPlan[]): [RegionPlan, RegionPlan][] {
  const regionOf = new Map(plan.hosts.map((host) => [host.name, host.region]));
  const linked = new Set(plan.hosts.flatMap((host) => host.peers.map((peer) => `${host.region} ${regionOf.get(peer)}`)));
  return regions.flatMap((a, i) => regions.slice(i + 1).filter((b) => linked.has(`${a.key} ${b.key}`) || linked.has(`${b.key} ${a.key}`)).map((b): [RegionPlan, RegionPlan] => [a, b]));
}
