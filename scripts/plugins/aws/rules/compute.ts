/** What AWS refuses of networks, hosts and groups of hosts. */
import { isObject, isUnknown } from "../../wire/values.ts";
import type { Properties } from "../../wire/values.ts";
import { atMostOne, atLeastOne, custom, each, exactlyOne, needs, oneOf, range, text } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** EC2's limit on user data before base64. */
const USER_DATA_BYTES = 16_384;
const DESCRIPTION = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const cidr4 = /^(\d{1,3}\.){3}\d{1,3}\/([0-9]|[12][0-9]|3[0-2])$/, cidr6 = /^[0-9a-fA-F:]+\/(\d|[1-9]\d|1[01]\d|12[0-8])$/;

const userData = (property: string, encoded: boolean): Rule => custom(property, (inputs) => {
  const value = inputs[property];
  if (typeof value !== "string" || isUnknown(value)) return undefined;
  if (encoded && !/^[A-Za-z0-9+/=\s]*$/.test(value)) return `"${property}" must be base64 text`;
  const bytes = encoded ? Buffer.from(value, "base64").length : Buffer.byteLength(value);
  return bytes > USER_DATA_BYTES ? `"${property}" has ${bytes} bytes; EC2 takes ${USER_DATA_BYTES} at most` : undefined;
});

const METADATA: readonly Rule[] = [
  oneOf("metadataOptions.httpTokens", "required", "optional"), oneOf("metadataOptions.httpEndpoint", "enabled", "disabled"),
  oneOf("metadataOptions.instanceMetadataTags", "enabled", "disabled"), range("metadataOptions.httpPutResponseHopLimit", 1, 64),
];

const SECURITY_RULE: readonly Rule[] = [
  exactlyOne("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),
  text("cidrIpv4", cidr4, "an IPv4 block such as 203.0.113.0/24"), text("cidrIpv6", cidr6, "an IPv6 block such as 2001:db8::/32"),
  text("description", DESCRIPTION, "at most 255 of letters, digits and . _-:/()#,@[]+=&;{}!$*"),
  custom("fromPort", (inputs) => {
    const all = inputs["ipProtocol"] === "-1", from = inputs["fromPort"], to = inputs["toPort"];
    if (all) return from !== undefined || to !== undefined ? "with ipProtocol \"-1\" no ports may be given" : undefined;
    if (from === undefined || to === undefined) return "\"fromPort\" and \"toPort\" are required unless ipProtocol is \"-1\"";
    return typeof from === "number" && typeof to === "number" && from > to ? `fromPort ${from} is above toPort ${to}` : undefined;
  }),
  range("fromPort", -1, 65_535), range("toPort", -1, 65_535),
];

const groupSizes: Rule = custom("minSize", (inputs: Properties) => {
  const { minSize: low, maxSize: high, desiredCapacity: wanted } = inputs;
  if (typeof low === "number" && typeof high === "number" && low > high) return `minSize ${low} is above maxSize ${high}`;
  return typeof wanted === "number" && ((typeof low === "number" && wanted < low) || (typeof high === "number" && wanted > high)) ? `desiredCapacity ${wanted} is outside minSize to maxSize` : undefined;
});

/** By type. */
export const COMPUTE_RULES: Readonly<Record<string, readonly Rule[]>> = {
  "ec2/Vpc": [
    exactlyOne("cidrBlock", "ipv4IpamPoolId"), text("cidrBlock", (v) => { const size = Number(v.split("/")[1]); return cidr4.test(v) && size >= 16 && size <= 28; }, "an IPv4 block of size /16 to /28"),
    oneOf("instanceTenancy", "default", "dedicated"), atMostOne("assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId"),
  ],
  "ec2/Subnet": [text("cidrBlock", cidr4, "an IPv4 block such as 10.0.1.0/24"), text("ipv6CidrBlock", cidr6, "an IPv6 block"), atMostOne("availabilityZone", "availabilityZoneId")],
  "ec2/Route": [
    exactlyOne("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),
    exactlyOne("gatewayId", "egressOnlyGatewayId", "natGatewayId", "networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId", "localGatewayId", "carrierGatewayId", "coreNetworkArn"),
  ],
  "ec2/RouteTableAssociation": [exactlyOne("subnetId", "gatewayId")],
  "ec2/VpcEndpoint": [oneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer"), custom("subnetIds", (i) => i["vpcEndpointType"] !== "Interface" && i["subnetIds"] !== undefined ? "a gateway endpoint takes routeTableIds, not subnetIds" : undefined)],
  "ec2/SecurityGroup": [atMostOne("name", "namePrefix"), text("name", (v) => !v.startsWith("sg-") && v.length <= 255 && DESCRIPTION.test(v), "at most 255 characters, not beginning with sg-"), text("description", DESCRIPTION, "at most 255 of letters, digits and . _-:/()#,@[]+=&;{}!$*")],
  "vpc/SecurityGroupIngressRule": SECURITY_RULE,
  "vpc/SecurityGroupEgressRule": SECURITY_RULE,
  "ec2/Eip": [oneOf("domain", "vpc"), atMostOne("instance", "networkInterface")],
  "ec2/EipAssociation": [exactlyOne("allocationId", "publicIp"), exactlyOne("instanceId", "networkInterfaceId")],
  "ec2/Instance": [
    atMostOne("userData", "userDataBase64"), userData("userData", false), userData("userDataBase64", true), ...METADATA,
    atMostOne("networkInterfaces", "subnetId"), atMostOne("networkInterfaces", "vpcSecurityGroupIds"), atMostOne("networkInterfaces", "associatePublicIpAddress"), atMostOne("networkInterfaces", "privateIp"),
    atMostOne("securityGroups", "networkInterfaces"), atMostOne("ipv6AddressCount", "ipv6Addresses"), atMostOne("placementGroup", "placementGroupId"),
    custom("ami", (i) => i["launchTemplate"] === undefined && (i["ami"] === undefined || i["instanceType"] === undefined) ? "\"ami\" and \"instanceType\" are required unless a launchTemplate has them" : undefined),
    oneOf("rootBlockDevice.volumeType", "gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"), oneOf("instanceInitiatedShutdownBehavior", "stop", "terminate"),
  ],
  "ec2/LaunchTemplate": [
    atMostOne("name", "namePrefix"), text("name", /^[a-zA-Z0-9().\-/_]{3,128}$/, "3 to 128 of letters, digits and ().-/_"), userData("userData", true), ...METADATA,
    atMostOne("instanceType", "instanceRequirements"), atMostOne("defaultVersion", "updateDefaultVersion"), atMostOne("vpcSecurityGroupIds", "networkInterfaces"), atMostOne("vpcSecurityGroupIds", "securityGroupNames"),
    each("networkInterfaces", text("associatePublicIpAddress", /^(true|false)$/, "true or false")),
    custom("blockDeviceMappings", (i) => (Array.isArray(i["blockDeviceMappings"]) ? i["blockDeviceMappings"] : []).some((m) => isObject(m) && m["deviceName"] === undefined) ? "each block device needs its deviceName" : undefined),
  ],
  "autoscaling/Group": [
    exactlyOne("launchTemplate", "mixedInstancesPolicy", "launchConfiguration"), exactlyOne("vpcZoneIdentifiers", "availabilityZones"), groupSizes, atMostOne("name", "namePrefix"), text("name", /^.{1,255}$/, "at most 255 characters"),
    each("launchTemplate", exactlyOne("id", "name")), oneOf("healthCheckType", "EC2", "ELB", "EBS", "VPC_LATTICE"), atMostOne("targetGroupArns", "trafficSources"),
    range("instanceRefresh.preferences.minHealthyPercentage", 0, 100), range("instanceRefresh.preferences.maxHealthyPercentage", 100, 200), oneOf("instanceRefresh.strategy", "Rolling"),
    oneOf("warmPool.poolState", "Stopped", "Running", "Hibernated"),
    custom("warmPool", (i) => i["warmPool"] !== undefined && i["mixedInstancesPolicy"] !== undefined ? "a warm pool cannot be with a mixedInstancesPolicy that has Spot or several sizes" : undefined),
    each("tags", needs("key", "value")),
  ],
  "autoscaling/LifecycleHook": [oneOf("lifecycleTransition", "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"), oneOf("defaultResult", "CONTINUE", "ABANDON"), range("heartbeatTimeout", 30, 172_800), needs("notificationTargetArn", "roleArn"), text("name", /^[A-Za-z0-9\-_/]{1,255}$/, "at most 255 of letters, digits and -_/")],
  "autoscaling/Policy": [
    oneOf("policyType", "SimpleScaling", "StepScaling", "TargetTrackingScaling", "PredictiveScaling"),
    custom("targetTrackingConfiguration", (i) => i["policyType"] === "TargetTrackingScaling" && i["targetTrackingConfiguration"] === undefined ? "\"targetTrackingConfiguration\" is required with policyType TargetTrackingScaling" : undefined),
    each("targetTrackingConfiguration", exactlyOne("predefinedMetricSpecification", "customizedMetricSpecification")),
  ],
  "autoscaling/Schedule": [atLeastOne("startTime", "recurrence"), atLeastOne("minSize", "maxSize", "desiredCapacity"), text("startTime", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "a UTC time such as 2026-12-05T16:30:00Z"), text("endTime", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "a UTC time such as 2026-12-05T22:30:00Z")],
  "lb/LoadBalancer": [atMostOne("name", "namePrefix"), text("name", /^(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/, "at most 32 letters, digits and hyphens"), oneOf("loadBalancerType", "application", "network", "gateway"), atMostOne("subnets", "subnetMappings")],
  "lb/TargetGroup": [atMostOne("name", "namePrefix"), text("name", /^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/, "at most 32 letters, digits and hyphens"), oneOf("protocol", "HTTP", "HTTPS", "TCP", "UDP", "TLS", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"), oneOf("targetType", "instance", "ip", "lambda", "alb"), custom("healthCheck", (i) => i["protocol"] === "UDP" && isObject(i["healthCheck"]) && i["healthCheck"]["protocol"] === "UDP" ? "a UDP target group is checked over TCP, HTTP or HTTPS" : undefined)],
  "lb/Listener": [oneOf("protocol", "HTTP", "HTTPS", "TCP", "UDP", "TLS", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"), range("port", 1, 65_535), custom("certificateArn", (i) => (i["protocol"] === "HTTPS" || i["protocol"] === "TLS") && i["certificateArn"] === undefined ? "\"certificateArn\" is required with protocol HTTPS or TLS" : undefined)],
};
