/** Security group rules of an instance, with groups and prefix lists resolved to addresses. */
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import type { GroupRule } from "./firewall.ts";
import type { Machine } from "./machines.ts";
import { number, objects, optional, text, texts } from "./resource.ts";
import type { Resource } from "./resource.ts";
import type { World } from "./world.ts";

/** Names a prefix list by what the stand-in answers for it; CloudFront comes from the cloud's own address. */
function prefixList(world: World, id: string): string[] {
  return id.startsWith("pl-cloudfront") ? [`${world.internet.address}/32`] : [];
}

/** Addresses of a group's members: instances, and nodes of load balancers. */
export function membersOf(world: World, group: string): string[] {
  const instances = [...world.machines.values()].filter((m) => m.groups.includes(group)).map((m) => m.privateIp);
  const nodes = world.all("lb/LoadBalancer").filter((b) => texts(b.inputs, "securityGroups").includes(group)).flatMap((b) => world.balancerAddresses.get(b.id)?.map((a) => a.private) ?? []);
  return [...new Set([...instances, ...nodes])].sort().map((ip) => `${ip}/32`);
}

function blocks(world: World, i: Properties): string[] {
  const list = optional(i, "prefixListId"), group = optional(i, "referencedSecurityGroupId");
  return [...[optional(i, "cidrIpv4"), optional(i, "cidrIpv6")].filter((b): b is string => b !== undefined), ...(list === undefined ? [] : prefixList(world, list)), ...(group === undefined ? [] : membersOf(world, group))];
}

/** Rules of one security group, inline ones and resources of their own. */
export function groupRules(world: World, group: string): GroupRule[] {
  const own = (["ingress", "egress"] as const).flatMap((direction) => world.all(direction === "ingress" ? "vpc/SecurityGroupIngressRule" : "vpc/SecurityGroupEgressRule").filter((r) => r.inputs["securityGroupId"] === group)
    .map((r): GroupRule => ({ direction, protocol: text(r.inputs, "ipProtocol"), from: number(r.inputs, "fromPort"), to: number(r.inputs, "toPort"), blocks: blocks(world, r.inputs) })));
  const resource: Resource | undefined = world.all("ec2/SecurityGroup").find((g) => g.id === group);
  const inline = resource === undefined ? [] : (["ingress", "egress"] as const).flatMap((direction) => objects(resource.inputs, direction).map((r): GroupRule => ({
    direction, protocol: text(r, "protocol"), from: number(r, "fromPort"), to: number(r, "toPort"),
    blocks: [...texts(r, "cidrBlocks"), ...texts(r, "ipv6CidrBlocks"), ...texts(r, "prefixListIds").flatMap((p) => prefixList(world, p)), ...texts(r, "securityGroups").flatMap((g) => membersOf(world, g)), ...(r["self"] === true ? membersOf(world, group) : [])],
  })));
  return [...own, ...inline];
}

/** Rules of all groups of an instance. */
export function rulesOf(world: World, m: Machine): GroupRule[] { return m.groups.flatMap((g) => groupRules(world, g)); }

/** IPv4 blocks that may open a connection to a port of the group. */
export function admitted(world: World, groups: readonly string[], transport: "tcp" | "udp", port: number): string[] {
  const open = groups.flatMap((g) => groupRules(world, g)).filter((r) => r.direction === "ingress" && (r.protocol === "-1" || (r.protocol === transport && r.from <= port && port <= r.to)));
  const all = [...new Set(open.flatMap((r) => r.blocks))].filter((b) => !b.includes(":"));
  return all.includes("0.0.0.0/0") ? ["0.0.0.0/0"] : all;
}
