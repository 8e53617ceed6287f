/** VPCs, subnets, security groups, addresses. Each call is put to moto first, which gives the ids. */
import {
  AllocateAddressCommand, AssociateRouteTableCommand, AuthorizeSecurityGroupEgressCommand, AuthorizeSecurityGroupIngressCommand, CreateInternetGatewayCommand, CreateRouteCommand, CreateRouteTableCommand,
  CreateSecurityGroupCommand, CreateSubnetCommand, CreateVpcCommand, CreateVpcEndpointCommand, CreateVpcPeeringConnectionCommand, AttachInternetGatewayCommand, RevokeSecurityGroupEgressCommand,
} from "@aws-sdk/client-ec2";
import type { IpPermission, Tag } from "@aws-sdk/client-ec2";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { bool, number, optional, some, text, textMap, texts } from "./resource.ts";
import type { Handler, Wish } from "./resource.ts";
import { ACCOUNT } from "./moto.ts";

export const tagList = (inputs: Properties): Tag[] => Object.entries(textMap(inputs, "tags")).map(([Key, Value]) => ({ Key, Value }));
const arn = (w: Wish, what: string): string => `arn:aws:ec2:${w.region}:${ACCOUNT}:${what}`;
const ec2 = (w: Wish) => w.world.clients(w.region).ec2;

/** Regions apart, for zone ids such as euc1-az1 → eu-central-1a. */
export function zoneName(region: string, zoneId: string): string {
  return `${region}${"abcdef"[Number(/(\d+)$/.exec(zoneId)?.[1] ?? 1) - 1] ?? "a"}`;
}

const vpc: Handler = {
  async create(w) {
    const made = await ec2(w).send(new CreateVpcCommand(some({ CidrBlock: text(w.inputs, "cidrBlock"), AmazonProvidedIpv6CidrBlock: bool(w.inputs, "assignGeneratedIpv6CidrBlock"), InstanceTenancy: optional(w.inputs, "instanceTenancy") as "default" | undefined })));
    const id = made.Vpc?.VpcId ?? "";
    await w.world.openVpc(id, text(w.inputs, "cidrBlock"));
    return { id, outputs: { arn: arn(w, `vpc/${id}`), ownerId: ACCOUNT, ipv6CidrBlock: made.Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? "2001:db8:1000::/56", defaultSecurityGroupId: `sg-default${id.slice(4, 8)}`, mainRouteTableId: `rtb-main${id.slice(4, 8)}`, defaultNetworkAclId: `acl-${id.slice(4)}`, defaultRouteTableId: `rtb-main${id.slice(4, 8)}` } };
  },
  remove: (world, r) => world.closeVpc(r.id),
};

const subnet: Handler = {
  async create(w) {
    const zoneId = optional(w.inputs, "availabilityZoneId"), zone = optional(w.inputs, "availabilityZone");
    const made = await ec2(w).send(new CreateSubnetCommand(some({ VpcId: text(w.inputs, "vpcId"), CidrBlock: optional(w.inputs, "cidrBlock"), Ipv6CidrBlock: optional(w.inputs, "ipv6CidrBlock"), AvailabilityZone: zone ?? (zoneId === undefined ? undefined : zoneName(w.region, zoneId)) })));
    const id = made.Subnet?.SubnetId ?? "";
    return { id, outputs: { arn: arn(w, `subnet/${id}`), availabilityZone: zone ?? zoneName(w.region, zoneId ?? "1"), availabilityZoneId: zoneId ?? made.Subnet?.AvailabilityZoneId ?? "", ownerId: ACCOUNT } };
  },
};

const securityGroup: Handler = {
  async create(w) {
    const made = await ec2(w).send(new CreateSecurityGroupCommand({ GroupName: text(w.inputs, "name"), Description: text(w.inputs, "description") || "Managed by Pulumi", VpcId: text(w.inputs, "vpcId") }));
    const id = made.GroupId ?? "";
    // AWS begins with a rule that lets everything out; the official plugin takes it away.
    await ec2(w).send(new RevokeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] }));
    return { id, outputs: { arn: arn(w, `security-group/${id}`), ownerId: ACCOUNT } };
  },
};

/** A rule resource as EC2's API takes it. */
export function permission(inputs: Properties): IpPermission {
  const Description = optional(inputs, "description"), group = optional(inputs, "referencedSecurityGroupId"), list = optional(inputs, "prefixListId"), v4 = optional(inputs, "cidrIpv4"), v6 = optional(inputs, "cidrIpv6");
  return some({
    IpProtocol: text(inputs, "ipProtocol"), FromPort: inputs["fromPort"] === undefined ? undefined : number(inputs, "fromPort"), ToPort: inputs["toPort"] === undefined ? undefined : number(inputs, "toPort"),
    IpRanges: v4 === undefined ? undefined : [some({ CidrIp: v4, Description })], Ipv6Ranges: v6 === undefined ? undefined : [some({ CidrIpv6: v6, Description })],
    UserIdGroupPairs: group === undefined ? undefined : [some({ GroupId: group, Description })], PrefixListIds: list === undefined ? undefined : [some({ PrefixListId: list, Description })],
  }) as IpPermission;
}

function groupRule(direction: "ingress" | "egress"): Handler {
  return {
    async create(w) {
      const input = { GroupId: text(w.inputs, "securityGroupId"), IpPermissions: [permission(w.inputs)] };
      const made = direction === "ingress" ? await ec2(w).send(new AuthorizeSecurityGroupIngressCommand(input)) : await ec2(w).send(new AuthorizeSecurityGroupEgressCommand(input));
      const id = made.SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? w.world.newId("sgr");
      return { id, outputs: { arn: arn(w, `security-group-rule/${id}`), securityGroupRuleId: id, tagsAll: w.inputs["tags"] ?? {} } };
    },
  };
}

const eip: Handler = {
  async create(w) {
    const made = await ec2(w).send(new AllocateAddressCommand({ Domain: "vpc" }));
    const id = made.AllocationId ?? w.world.newId("eipalloc"), publicIp = w.world.takePublicAddress(id);
    return { id, outputs: { allocationId: id, publicIp, publicDns: `ec2-${publicIp.replaceAll(".", "-")}.compute.amazonaws.com`, arn: arn(w, `elastic-ip/${id}`), domain: "vpc", associationId: "", instance: optional(w.inputs, "instance") ?? "", networkInterface: "", privateIp: "", privateDns: "", ptrRecord: "", carrierIp: "", customerOwnedIp: "", publicIpv4Pool: "amazon", networkBorderGroup: w.region } };
  },
  remove: async (world, r) => world.freePublicAddress(r.id),
};

/** The link between address and instance is told to everybody by the state; see addressesOf in world.ts. */
const eipAssociation: Handler = {
  async create(w) {
    const instance = w.world.instanceOf(text(w.inputs, "instanceId"));
    if (instance === undefined) throw new Error(`InvalidInstanceID.NotFound: ${text(w.inputs, "instanceId")}`);
    const taken = w.world.all("ec2/EipAssociation").find((a) => a.inputs["allocationId"] === w.inputs["allocationId"]);
    if (taken !== undefined && w.inputs["allowReassociation"] === false) throw new Error(`Resource.AlreadyAssociated: ${text(w.inputs, "allocationId")} is already associated`);
    const publicIp = text(w.world.get("ec2/Eip", text(w.inputs, "allocationId")).outputs, "publicIp");
    return { id: w.world.newId("eipassoc"), outputs: { publicIp, privateIpAddress: instance.privateIp, networkInterfaceId: instance.networkInterface } };
  },
};

const internetGateway: Handler = {
  async create(w) {
    const made = await ec2(w).send(new CreateInternetGatewayCommand({})), id = made.InternetGateway?.InternetGatewayId ?? "", VpcId = optional(w.inputs, "vpcId");
    if (VpcId !== undefined) await ec2(w).send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId }));
    return { id, outputs: { arn: arn(w, `internet-gateway/${id}`), ownerId: ACCOUNT } };
  },
};

const routeTable: Handler = {
  async create(w) {
    const made = await ec2(w).send(new CreateRouteTableCommand({ VpcId: text(w.inputs, "vpcId") })), id = made.RouteTable?.RouteTableId ?? "";
    return { id, outputs: { arn: arn(w, `route-table/${id}`), ownerId: ACCOUNT, routes: [], propagatingVgws: [] } };
  },
};

const route: Handler = {
  async create(w) {
    const i = w.inputs;
    // moto knows peerings of its own account's other regions only after an accepter: the shape is what counts, so they go in as they are.
    await ec2(w).send(new CreateRouteCommand(some({
      RouteTableId: text(i, "routeTableId"), DestinationCidrBlock: optional(i, "destinationCidrBlock"), DestinationIpv6CidrBlock: optional(i, "destinationIpv6CidrBlock"), GatewayId: optional(i, "gatewayId"),
      EgressOnlyInternetGatewayId: optional(i, "egressOnlyGatewayId"), NatGatewayId: optional(i, "natGatewayId"), VpcPeeringConnectionId: optional(i, "vpcPeeringConnectionId"),
    })));
    return { id: w.world.newId("r-rtb"), outputs: { instanceId: "", instanceOwnerId: "", origin: "CreateRoute", state: "active", networkInterfaceId: "" } };
  },
};

const routeTableAssociation: Handler = {
  async create(w) {
    const made = await ec2(w).send(new AssociateRouteTableCommand(some({ RouteTableId: text(w.inputs, "routeTableId"), SubnetId: optional(w.inputs, "subnetId"), GatewayId: optional(w.inputs, "gatewayId") })));
    return { id: made.AssociationId ?? w.world.newId("rtbassoc") };
  },
};

const endpoint: Handler = {
  async create(w) {
    const made = await ec2(w).send(new CreateVpcEndpointCommand(some({ VpcId: text(w.inputs, "vpcId"), ServiceName: text(w.inputs, "serviceName"), VpcEndpointType: optional(w.inputs, "vpcEndpointType") as "Gateway" | undefined, RouteTableIds: w.inputs["routeTableIds"] === undefined ? undefined : texts(w.inputs, "routeTableIds"), PolicyDocument: optional(w.inputs, "policy") })));
    const id = made.VpcEndpoint?.VpcEndpointId ?? w.world.newId("vpce");
    return { id, outputs: { arn: arn(w, `vpc-endpoint/${id}`), state: "available", prefixListId: "pl-s3000000", cidrBlocks: [], dnsEntries: [], networkInterfaceIds: [], ownerId: ACCOUNT, requesterManaged: false } };
  },
};

const peering: Handler = {
  async create(w) {
    const made = await ec2(w).send(new CreateVpcPeeringConnectionCommand(some({ VpcId: text(w.inputs, "vpcId"), PeerVpcId: text(w.inputs, "peerVpcId"), PeerRegion: optional(w.inputs, "peerRegion"), PeerOwnerId: optional(w.inputs, "peerOwnerId") })));
    return { id: made.VpcPeeringConnection?.VpcPeeringConnectionId ?? w.world.newId("pcx"), outputs: { acceptStatus: "pending-acceptance" } };
  },
};

const accepter: Handler = { create: async (w) => ({ id: text(w.inputs, "vpcPeeringConnectionId"), outputs: { acceptStatus: "active" } }) };

export const NETWORK: Readonly<Record<string, Handler>> = {
  "ec2/Vpc": vpc, "ec2/Subnet": subnet, "ec2/SecurityGroup": securityGroup, "vpc/SecurityGroupIngressRule": groupRule("ingress"), "vpc/SecurityGroupEgressRule": groupRule("egress"),
  "ec2/Eip": eip, "ec2/EipAssociation": eipAssociation, "ec2/InternetGateway": internetGateway, "ec2/RouteTable": routeTable, "ec2/Route": route, "ec2/RouteTableAssociation": routeTableAssociation,
  "ec2/VpcEndpoint": endpoint, "ec2/VpcPeeringConnection": peering, "ec2/VpcPeeringConnectionAccepter": accepter,
};
