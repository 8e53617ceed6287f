import { Listener } from "@pulumi/aws/lb/listener.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { type AwsContext, nameOf, regionOf } from "./context.ts";
import type { Network } from "./network.ts";
import { cdnOnly } from "./rules.ts";

/** How long a host that goes keeps its connections: twice a playlist's window of 2 s segments, and the longest answer. */
export const DRAIN_SECONDS = 120;

/**
 * One address for a region's distributors, which come and go. It passes connections on and does not end TLS: viewers' addresses,
 * HTTP/3 and certificates stay the distributors'. About $17 a month and $0.006 a GB.
 */
export class Balancer extends pulumi.ComponentResource {
  readonly dnsName: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly targetGroupArn: pulumi.Output<string>;
  /** For CloudWatch. */
  readonly arnSuffix: pulumi.Output<string>;
  readonly targetGroupSuffix: pulumi.Output<string>;

  constructor(region: string, context: AwsContext, network: Network, groupId: pulumi.Input<string>, opts?: pulumi.ComponentResourceOptions) {
    const name = `${region}-edge`;
    super("headend:aws:Balancer", name, {}, opts);
    const at = { parent: this };
    const aws = regionOf(context, region).aws;
    // CloudFront comes by TCP; viewers also by UDP (HTTP/3). Replaced when that changes, since a group keeps its protocol.
    const protocol = cdnOnly(context.topology, context.plan) ? "TCP" : "TCP_UDP";
    const balancer = new LoadBalancer(name, {
      name: nameOf(context, "loadBalancer", name), loadBalancerType: "network", internal: false, ipAddressType: "ipv4", subnets: network.subnetsOf("distributor"),
      securityGroups: [groupId], enableCrossZoneLoadBalancing: true, region: aws, tags: { Name: `${context.stack}/${name}` },
    }, at);
    const targets = new TargetGroup(name, {
      name: nameOf(context, "targetGroup", region, protocol === "TCP" ? "tcp" : "udp"), port: 443, protocol, targetType: "instance", vpcId: network.vpcId,
      preserveClientIp: "true", deregistrationDelay: DRAIN_SECONDS, region: aws,
      // LL-HLS and WHEP keep a session on one host.
      stickiness: { type: "source_ip", enabled: protocol === "TCP_UDP" },
      healthCheck: { protocol: "HTTPS", port: "443", path: "/healthz", matcher: "200", interval: 5, timeout: 3, healthyThreshold: 2, unhealthyThreshold: 2 },
      // A host that does not answer keeps no viewer waiting. AWS offers it for TCP alone.
      ...(protocol === "TCP" ? { targetHealthStates: [{ enableUnhealthyConnectionTermination: true }] } : {}),
      tags: { Name: `${context.stack}/${name}` },
    }, at);
    new Listener(name, {
      loadBalancerArn: balancer.arn, port: 443, protocol, region: aws, defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
    }, at);
    this.dnsName = balancer.dnsName;
    this.zoneId = balancer.zoneId;
    this.arn = balancer.arn;
    this.arnSuffix = balancer.arnSuffix;
    this.targetGroupArn = targets.arn;
    this.targetGroupSuffix = targets.arnSuffix;
    this.registerOutputs({});
  }
}
