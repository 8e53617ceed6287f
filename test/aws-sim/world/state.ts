/** The simulation's resources as the cloud container must know them. */
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import type { Balancer, CloudState, DnsRecord, HealthCheck, PolicyDocument, TargetGroup, Zone } from "../cloud/state.ts";
import { distributionState } from "./edge.ts";
import { fullName } from "./names.ts";
import { bool, number, object, objects, optional, text, texts } from "./resource.ts";
import type { Resource } from "./resource.ts";
import { admitted } from "./rules.ts";
import type { World } from "./world.ts";

export function cloudState(world: World): CloudState {
  return {
    internet: { address: world.internet.address, checkers: world.internet.checkers, cidr: world.internet.cidr }, api: world.motoUrl, account: world.account,
    vpcs: world.all("ec2/Vpc").filter((v) => world.hasWire(v.id)).map((v) => ({ id: v.id, cidr: text(v.inputs, "cidrBlock"), router: world.wire(v.id).router, dns: world.wire(v.id).dns })),
    peerings: world.all("ec2/VpcPeeringConnection").filter((p) => p.inputs["autoAccept"] === true || world.all("ec2/VpcPeeringConnectionAccepter").some((a) => a.inputs["vpcPeeringConnectionId"] === p.id)).map((p) => [text(p.inputs, "vpcId"), text(p.inputs, "peerVpcId")] as const),
    addresses: [...world.machines.values()].flatMap((m) => { const address = publicAddress(world, m.id); return address === null ? [] : [{ public: address, private: m.privateIp }]; }),
    instances: [...world.machines.values()].map((m) => ({
      id: m.id, vpc: m.vpc, privateIp: m.privateIp, publicIp: publicAddress(world, m.id), region: m.region, zone: m.zone, zoneId: m.zoneId, type: m.type, image: m.image, userData: m.userData,
      role: roleOf(world, m.profile), tokensRequired: m.tokensRequired, tags: m.tagsShown ? m.tags : null, target: m.group === null ? null : world.groups.get(m.group)?.targetOf(m.id) ?? null,
    })),
    roles: world.all("iam/Role").map((r) => ({ name: r.id, accessKey: `ASIA${hex(r.id, 16).toUpperCase()}`, secretKey: `secret${hex(`s${r.id}`, 34)}`, token: `token${hex(`t${r.id}`, 60)}`, policies: policiesOf(world, r.id) })),
    groups: [...world.groups.values()].map((g) => ({
      name: g.name, arn: text(g.resource.outputs, "arn"), region: g.resource.region, min: g.min, max: g.max, desired: g.desired,
      members: g.members.map((m) => ({ id: m.id, state: m.state, zone: m.zone, healthy: m.healthy || m.inServiceSince === null })),
    })),
    zones: world.all("route53/Zone").map((z) => zoneOf(world, z)), healthChecks: world.all("route53/HealthCheck").map((h) => checkOf(world, h)),
    balancers: world.all("lb/LoadBalancer").map((b) => balancerOf(world, b)), distributions: world.all("cloudfront/Distribution").map((d) => distributionState(world, d)), originAuthorities: world.originAuthorities,
  };
}

/** An Elastic IP takes the place of the address that came with the instance. */
export function publicAddress(world: World, id: string): string | null {
  const association = world.all("ec2/EipAssociation").filter((a) => a.inputs["instanceId"] === id).at(-1);
  // The newest association of an address holds: it moves.
  const latest = association && world.all("ec2/EipAssociation").filter((a) => a.inputs["allocationId"] === association.inputs["allocationId"]).at(-1);
  if (association !== undefined && latest?.id === association.id) return text(association.outputs, "publicIp");
  const direct = world.all("ec2/Eip").find((e) => e.inputs["instance"] === id);
  return direct ? text(direct.outputs, "publicIp") : world.machines.get(id)?.ownPublicIp ?? null;
}

const hex = (seed: string, length: number): string => Buffer.from(seed.repeat(Math.ceil(length / seed.length))).toString("hex").slice(-length);
const roleOf = (world: World, profile: string | null): string | null => optional(world.all("iam/InstanceProfile").find((p) => p.id === profile)?.inputs ?? {}, "role") ?? null;

function policiesOf(world: World, role: string): PolicyDocument[] {
  const inline = world.all("iam/RolePolicy").filter((p) => p.inputs["role"] === role).map((p) => text(p.inputs, "policy"));
  const attached = world.all("iam/RolePolicyAttachment").filter((a) => a.inputs["role"] === role).flatMap((a) => world.all("iam/Policy").filter((p) => p.outputs["arn"] === a.inputs["policyArn"]).map((p) => text(p.inputs, "policy")));
  return [...inline, ...attached].map((t) => JSON.parse(t) as PolicyDocument);
}

function zoneOf(world: World, z: Resource): Zone {
  const name = text(z.inputs, "name").replace(/\.$/, "").toLowerCase();
  return { id: z.id, name, private: objects(z.inputs, "vpcs").length > 0, records: world.all("route53/Record").filter((r) => r.inputs["zoneId"] === z.id).map((r) => recordOf(r.inputs, name)) };
}

function recordOf(i: Properties, zone: string): DnsRecord {
  const alias = objects(i, "aliases")[0], failover = objects(i, "failoverRoutingPolicies")[0], latency = objects(i, "latencyRoutingPolicies")[0], weighted = objects(i, "weightedRoutingPolicies")[0];
  return {
    // IPv6 is not simulated: such records are kept, and never answered.
    name: fullName(text(i, "name"), zone), type: text(i, "type") === "AAAA" ? "AAAA-not-simulated" : text(i, "type"), ttl: number(i, "ttl", 60), values: texts(i, "records"),
    alias: alias === undefined ? null : { name: text(alias, "name"), evaluate: bool(alias, "evaluateTargetHealth") }, healthCheck: optional(i, "healthCheckId") ?? null,
    policy: failover ? { kind: "failover", primary: failover["type"] === "PRIMARY" } : latency ? { kind: "latency", region: text(latency, "region") } : weighted ? { kind: "weighted", weight: number(weighted, "weight") } : i["multivalueAnswerRoutingPolicy"] === true ? { kind: "multivalue" } : { kind: "simple" },
  };
}

function checkOf(world: World, h: Resource): HealthCheck {
  const i = h.inputs, type = text(i, "type"), alarm = optional(i, "cloudwatchAlarmName");
  const watched = alarm === undefined ? undefined : world.all("cloudwatch/MetricAlarm").find((a) => a.inputs["name"] === alarm || a.id === alarm), instance = text(object(watched?.inputs ?? {}, "dimensions"), "InstanceId");
  return {
    id: h.id, type, ip: optional(i, "ipAddress") ?? null, fqdn: optional(i, "fqdn") ?? null, port: number(i, "port", type.startsWith("HTTPS") ? 443 : 80), path: optional(i, "resourcePath") ?? "/", search: optional(i, "searchString") ?? null,
    intervalSeconds: number(i, "requestInterval", 30), threshold: number(i, "failureThreshold", 3), inverted: bool(i, "invertHealthcheck"), children: texts(i, "childHealthchecks"), childThreshold: number(i, "childHealthThreshold"),
    alarmOk: type === "CLOUDWATCH_METRIC" ? world.machines.get(instance)?.running === true : null,
  };
}

function balancerOf(world: World, b: Resource): Balancer {
  const groups = texts(b.inputs, "securityGroups"), addresses = world.balancerAddresses.get(b.id) ?? [];
  const listeners = world.all("lb/Listener").filter((l) => l.inputs["loadBalancerArn"] === b.id).flatMap((l) => {
    const port = number(l.inputs, "port"), protocol = text(l.inputs, "protocol"), arn = objects(l.inputs, "defaultActions").map((a) => text(a, "targetGroupArn"))[0];
    const targets = world.all("lb/TargetGroup").find((t) => t.id === arn);
    if (targets === undefined) return [];
    const transports = protocol === "TCP_UDP" ? ["tcp", "udp"] as const : protocol === "UDP" ? ["udp"] as const : ["tcp"] as const;
    return transports.map((transport) => ({ transport, port, from: groups.length === 0 ? ["0.0.0.0/0"] : admitted(world, groups, transport, port), targetGroup: targetsOf(world, targets) }));
  });
  return { dns: text(b.outputs, "dnsName"), addresses, listeners };
}

/** Members are registered when in service, and also while they come up: their checks begin before they count. */
function targetsOf(world: World, t: Resource): TargetGroup {
  const check = object(t.inputs, "healthCheck"), port = number(t.inputs, "port"), checkPort = text(check, "port");
  const grouped = [...world.groups.values()].filter((g) => texts(g.resource.inputs, "targetGroupArns").includes(t.id)).flatMap((g) => g.members.filter((m) => m.state === "InService").map((m) => m.id));
  const single = world.all("lb/TargetGroupAttachment").filter((a) => a.inputs["targetGroupArn"] === t.id).map((a) => text(a.inputs, "targetId"));
  return {
    arn: t.id, port, targets: [...grouped, ...single].flatMap((id) => { const m = world.machines.get(id); return m === undefined ? [] : [{ id, ip: m.privateIp, port }]; }),
    check: { protocol: text(check, "protocol") || "TCP", port: checkPort === "" || checkPort === "traffic-port" ? null : Number(checkPort), path: text(check, "path") || "/", codes: text(check, "matcher") || "200-399", intervalSeconds: number(check, "interval", 30), healthy: number(check, "healthyThreshold", 3), unhealthy: number(check, "unhealthyThreshold", 3) },
  };
}
