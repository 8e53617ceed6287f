import { getManagedPrefixListOutput } from "@pulumi/aws/ec2/getManagedPrefixList.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, type AwsContext } from "./context.ts";
import type { Network } from "./network.ts";
import { type GroupName, groupRules, type Rule } from "./rules.ts";

const CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing";

/** A region's security groups, one for each role and one for the load balancer, with a resource for each rule. */
export class SecurityGroups extends pulumi.ComponentResource {
  private readonly groups = new Map<GroupName, SecurityGroup>();

  constructor(network: Network, context: AwsContext, opts?: pulumi.ComponentResourceOptions) {
    const { region } = network;
    const all = groupRules(context.topology, context.plan, context.network, region.key);
    super("headend:aws:SecurityGroups", `${region.key}-groups`, shown(all), opts);
    for (const { group } of all) {
      const name = `${region.key}-${group}`;
      this.groups.set(group, new SecurityGroup(name, {
        name: nameOf(context, "securityGroup", name), description: `headend ${context.stack}: ${group} in ${region.key}`, vpcId: network.vpcId,
        region: region.aws, tags: { Name: `${context.stack}/${name}` },
        // Groups name each other in their rules, which AWS does not delete while another group names them.
        revokeRulesOnDelete: true,
      }, { parent: this }));
    }
    for (const { group, ingress, egress } of all) {
      const securityGroupId = this.id(group);
      const parent = { parent: this.groups.get(group) as SecurityGroup };
      for (const rule of ingress) new SecurityGroupIngressRule(`${region.key}-${group}-in-${rule.name}`, { securityGroupId, region: region.aws, ...this.args(rule, region.aws, parent) }, parent);
      for (const rule of egress) new SecurityGroupEgressRule(`${region.key}-${group}-out-${rule.name}`, { securityGroupId, region: region.aws, ...this.args(rule, region.aws, parent) }, parent);
    }
    this.registerOutputs({});
  }

  id(group: GroupName): pulumi.Output<string> {
    const found = this.groups.get(group);
    if (!found) throw new Error(`no security group for ${group}`);
    return found.id;
  }

  private args({ transport, port, end, description }: Rule, region: string, parent: pulumi.InvokeOptions) {
    const target = end.kind === "group" ? { referencedSecurityGroupId: this.id(end.group) }
      : end.kind === "cloudfront" ? { prefixListId: getManagedPrefixListOutput({ name: CLOUDFRONT, region }, parent).id }
      : end.cidr.includes(":") ? { cidrIpv6: end.cidr } : { cidrIpv4: end.cidr };
    return { ipProtocol: transport, fromPort: port, toPort: port, description, ...target };
  }
}

/** Rules as the diff shows them, one line each. */
function shown(groups: ReturnType<typeof groupRules>): pulumi.Inputs {
  const line = ({ transport, port, end }: Rule): string => `${transport} ${port} ${end.kind === "cidr" ? end.cidr : end.kind === "group" ? end.group : "CloudFront"}`;
  return Object.fromEntries(groups.map(({ group, ingress, egress }) => [group, { in: ingress.map(line), out: egress.map(line) }]));
}
