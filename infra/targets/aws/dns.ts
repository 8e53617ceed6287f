import type { Instance } from "@pulumi/aws/ec2/instance.js";
import { HealthCheck } from "@pulumi/aws/route53/healthCheck.js";
import { Record } from "@pulumi/aws/route53/record.js";
import { Zone } from "@pulumi/aws/route53/zone.js";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../plan/model.ts";
import type { Balancer } from "./balancer.ts";
import { type AwsContext, nameOf, regionOf } from "./context.ts";
import type { Member } from "./members.ts";
import type { Network } from "./network.ts";
import type { PublicNames } from "./public-names.ts";

/** Hosts look each other up every second; a moved host is found as soon. */
const INTERNAL_TTL = 5;

/** The zone that only our networks see: `<host>.<topology>.internal`. $0.50 a month. */
export class InternalNames extends pulumi.ComponentResource {
  private readonly zoneId: pulumi.Output<string>;

  constructor(context: AwsContext, networks: readonly Network[], opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:InternalNames", "internal", {}, opts);
    this.zoneId = new Zone("internal", {
      name: context.plan.internalDomain, comment: `headend ${context.stack}`, vpcs: networks.map((n) => ({ vpcId: n.vpcId, vpcRegion: n.region.aws })), forceDestroy: true,
    }, { parent: this }).zoneId;
    this.registerOutputs({});
  }

  /** Points a host's name at its instance, once it serves. */
  name(host: Host, instance: Instance, serves: readonly pulumi.Resource[]): Record {
    return new Record(host.address, { zoneId: this.zoneId, name: host.address, type: "A", ttl: INTERNAL_TTL, records: [instance.privateIp] }, { parent: this, dependsOn: [...serves] });
  }
}

/** The public zone: the user's own, or one that this stack makes and somebody must delegate. */
export class PublicZone extends pulumi.ComponentResource {
  readonly zoneId: pulumi.Output<string>;
  /** Name servers to delegate to; null for a zone of the user's own. */
  readonly nameServers: pulumi.Output<string[]> | null;

  constructor(private readonly context: AwsContext, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:PublicZone", "zone", {}, opts);
    const { zoneId } = context.settings;
    const zone = zoneId === null ? new Zone("domain", { name: context.domain, comment: `headend ${context.stack}`, forceDestroy: true }, { parent: this }) : null;
    this.zoneId = zone?.zoneId ?? pulumi.output(zoneId as string);
    this.nameServers = zone?.nameServers ?? null;
    if (!pulumi.runtime.isDryRun()) {
      // Said as soon as it is known: certificates wait for it.
      this.nameServers?.apply((servers) => void pulumi.log.info(`Delegate ${context.domain} now, at whoever keeps the domain above it: NS ${servers.join(", ")}. Certificates wait for it.`));
    }
    this.registerOutputs({});
  }

  address(name: string, type: "A" | "AAAA", values: pulumi.Input<pulumi.Input<string>[]>, parent: pulumi.Resource): Record {
    return new Record(`${name}-${type}`, { zoneId: this.zoneId, name, type, ttl: this.context.topology.dns.ttlSeconds, records: values, allowOverwrite: false }, { parent });
  }

  /** One of several answers to a name: nearest region. */
  nearest(name: string, region: string, balancer: Balancer, parent: pulumi.Resource): Record {
    return new Record(`${name}-${region}`, {
      zoneId: this.zoneId, name, type: "A", setIdentifier: region, latencyRoutingPolicies: [{ region: regionOf(this.context, region).aws }],
      // Its health is that of the hosts behind it: a region without any drops out.
      aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }],
    }, { parent });
  }

  alias(name: string, type: "A" | "AAAA", target: { readonly name: pulumi.Input<string>; readonly zoneId: pulumi.Input<string>; readonly health: boolean }, parent: pulumi.Resource): Record {
    return new Record(`${name}-${type}`, { zoneId: this.zoneId, name, type, aliases: [{ name: target.name, zoneId: target.zoneId, evaluateTargetHealth: target.health }] }, { parent });
  }
}

export interface IngestTarget {
  readonly member: Member;
  readonly publicIp: pulumi.Output<string>;
  readonly instance: Instance;
  /** Alarm in the multiplexer's region that fires when the instance is gone. */
  readonly gone: pulumi.Output<string>;
}

/** Names that publishers use: one of its own for each multiplexer, and one that follows their health. $0.50 to $1 a month for each health check. */
export class IngestNames extends pulumi.ComponentResource {
  readonly checks = new Map<string, HealthCheck>();

  constructor(context: AwsContext, zone: PublicZone, names: PublicNames, targets: readonly IngestTarget[], opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:IngestNames", "ingest", {}, opts);
    const at = { parent: this };
    for (const target of targets) {
      const { member, publicIp, instance } = target;
      const name = names.ingestOf.get(member.key) ?? "";
      zone.address(name, "A", [publicIp], this);
      zone.address(name, "AAAA", instance.ipv6Addresses, this);
      this.checks.set(member.key, new HealthCheck(member.key, { ...this.check(context, target), tags: { Name: nameOf(context, "alarm", member.key) } }, at));
    }
    // Route 53 knows one primary and one secondary. A lone primary is answered whatever its health, and takes a second one without a change of its own.
    for (const [index, { member, publicIp }] of targets.slice(0, 2).entries()) {
      new Record(`${names.ingest}-${member.key}`, {
        zoneId: zone.zoneId, name: names.ingest, type: "A", ttl: context.topology.dns.ttlSeconds, records: [publicIp],
        setIdentifier: member.key, failoverRoutingPolicies: [{ type: index === 0 ? "PRIMARY" : "SECONDARY" }], healthCheckId: this.checks.get(member.key)?.id ?? "",
      }, at);
    }
    this.registerOutputs({});
  }

  /** A connection from outside where a TCP port is open to anyone; else the instance's own status, since nothing is opened for a check. */
  private check(context: AwsContext, { member, publicIp, gone }: IngestTarget): ConstructorParameters<typeof HealthCheck>[1] {
    const open = member.host.listeners.find((l) => l.transport === "tcp" && l.plane === "ingest" && l.from.some((p) => p.kind === "anyone"));
    if (open) return { type: "TCP", ipAddress: publicIp, port: open.port, requestInterval: 10, failureThreshold: 2, measureLatency: false };
    return { type: "CLOUDWATCH_METRIC", cloudwatchAlarmName: gone, cloudwatchAlarmRegion: regionOf(context, member.region).aws, insufficientDataHealthStatus: "LastKnownStatus" };
  }
}
