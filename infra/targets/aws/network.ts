import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { VpcPeeringConnection } from "@pulumi/aws/ec2/vpcPeeringConnection.js";
import { VpcPeeringConnectionAccepter } from "@pulumi/aws/ec2/vpcPeeringConnectionAccepter.js";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../plan/model.ts";
import type { AwsContext } from "./context.ts";
import type { RegionPlan } from "./network-plan.ts";

/** The /64 with a number, out of a VPC's /56. */
export function ipv6Subnet(vpcBlock: string, index: number): string {
  const [address = ""] = vpcBlock.split("/");
  const groups = address.split("::")[0]!.split(":");
  while (groups.length < 4) groups.push("0");
  const fourth = (parseInt(groups[3] || "0", 16) + index).toString(16);
  return `${groups.slice(0, 3).join(":")}:${fourth}::/64`;
}

/** A region's VPC with public subnets by role and zone: hosts have addresses of their own, so no NAT is paid for. Costs nothing by itself. */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly routeTableId: pulumi.Output<string>;
  private readonly subnets = new Map<string, Subnet>();

  constructor(readonly region: RegionPlan, context: AwsContext, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:Network", `${region.key}-network`, { cidr: region.cidr, region: region.aws }, opts);
    const at = { parent: this };
    const key = region.key;
    const tags = (what: string): { tags: { Name: string }; region: string } => ({ region: region.aws, tags: { Name: `${context.stack}/${key}${what}` } });
    const vpc = new Vpc(`${key}-vpc`, { cidrBlock: region.cidr, assignGeneratedIpv6CidrBlock: true, enableDnsHostnames: true, enableDnsSupport: true, ...tags("") }, at);
    const gateway = new InternetGateway(`${key}-gateway`, { vpcId: vpc.id, ...tags("") }, at);
    const table = new RouteTable(`${key}-routes`, { vpcId: vpc.id, ...tags("") }, at);
    new Route(`${key}-internet`, { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id, region: region.aws }, at);
    new Route(`${key}-internet-6`, { routeTableId: table.id, destinationIpv6CidrBlock: "::/0", gatewayId: gateway.id, region: region.aws }, at);
    // Nothing uses it; without rules it cannot be used by accident either.
    new DefaultSecurityGroup(`${key}-default`, { vpcId: vpc.id, ...tags("/default-unused") }, at);
    new VpcEndpoint(`${key}-s3`, { vpcId: vpc.id, serviceName: `com.amazonaws.${region.aws}.s3`, vpcEndpointType: "Gateway", routeTableIds: [table.id], ...tags("/s3") }, at);
    for (const { role, zone, zoneId, cidr, ipv6Index } of region.subnets) {
      // A subnet's logical name stays as first deployed: a rename deletes and recreates it, which fails while hosts are in it.
      const name = `${key}-${role}-${zone + 1}`;
      const subnet = new Subnet(name, {
        vpcId: vpc.id, availabilityZoneId: zoneId, cidrBlock: cidr, ipv6CidrBlock: vpc.ipv6CidrBlock.apply((block) => ipv6Subnet(block, ipv6Index)),
        mapPublicIpOnLaunch: true, assignIpv6AddressOnCreation: true, ...tags(`/${role}/${zoneId}`),
      }, at);
      new RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: table.id, region: region.aws }, at);
      this.subnets.set(`${role} ${zone}`, subnet);
    }
    this.vpcId = vpc.id;
    this.routeTableId = table.id;
    this.registerOutputs({});
  }

  /** Subnet of a role in a zone, by the zone's position. */
  subnet(role: Role, zone: number): pulumi.Output<string> {
    const found = this.subnets.get(`${role} ${zone}`);
    if (!found) throw new Error(`${this.region.key} has no subnet for ${role} in zone ${zone + 1}`);
    return found.id;
  }

  subnetsOf(role: Role): pulumi.Output<string>[] {
    return this.region.subnets.filter((s) => s.role === role).map(({ zone }) => this.subnet(role, zone));
  }
}

/** Joins two regions whose hosts talk to each other. AWS encrypts what passes between regions; it costs $0.02 a GB. */
export class Peering extends pulumi.ComponentResource {
  constructor(a: Network, b: Network, context: AwsContext, opts?: pulumi.ComponentResourceOptions) {
    const name = `${a.region.key}-${b.region.key}`;
    super("headend:aws:Peering", name, {}, opts);
    const at = { parent: this };
    const tags = { Name: `${context.stack}/${name}` };
    const near = a.region.aws === b.region.aws;
    const connection = new VpcPeeringConnection(name, {
      vpcId: a.vpcId, peerVpcId: b.vpcId, region: a.region.aws, ...(near ? { autoAccept: true } : { peerRegion: b.region.aws }), tags,
    }, at);
    const accepted = near ? connection : new VpcPeeringConnectionAccepter(name, { vpcPeeringConnectionId: connection.id, autoAccept: true, region: b.region.aws, tags }, at);
    for (const [from, to] of [[a, b], [b, a]] as const) {
      new Route(`${from.region.key}-to-${to.region.key}`, {
        routeTableId: from.routeTableId, destinationCidrBlock: to.region.cidr, vpcPeeringConnectionId: connection.id, region: from.region.aws,
      }, { ...at, dependsOn: accepted });
    }
    this.registerOutputs({});
  }
}
