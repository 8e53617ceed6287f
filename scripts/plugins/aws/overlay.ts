/** What terraform-provider-aws does and the declarations of @pulumi/aws do not say, by type (`ec2/Instance`). */
import { COMPUTE_RULES } from "./rules/compute.ts";
import { DELIVERY_RULES } from "./rules/delivery.ts";
import { STORAGE_RULES } from "./rules/storage.ts";
import type { Rule } from "./rules/rule.ts";

/** Properties whose change needs a new resource, beside `region` and the prefix forms of names, which always do. */
export const REPLACES: Readonly<Record<string, readonly string[]>> = {
  "acm/Certificate": ["domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm", "certificateAuthorityArn", "validationOptions"],
  "acm/CertificateValidation": ["certificateArn", "validationRecordFqdns"],
  "autoscaling/Group": ["name"],
  "autoscaling/LifecycleHook": ["autoscalingGroupName", "name"],
  "autoscaling/Policy": ["autoscalingGroupName", "name"],
  "autoscaling/Schedule": ["autoscalingGroupName", "scheduledActionName"],
  "budgets/Budget": ["accountId", "name"],
  "cloudfront/CachePolicy": ["name"],
  "cloudfront/Function": ["name"],
  "cloudfront/MonitoringSubscription": ["distributionId"],
  "cloudfront/OriginRequestPolicy": ["name"],
  "cloudfront/PublicKey": ["name", "encodedKey"],
  "cloudfront/ResponseHeadersPolicy": ["name"],
  "cloudwatch/Dashboard": ["dashboardName"],
  "cloudwatch/EventRule": ["name", "eventBusName"],
  "cloudwatch/EventTarget": ["rule", "targetId", "eventBusName"],
  "cloudwatch/LogDelivery": ["deliverySourceName", "deliveryDestinationArn"],
  "cloudwatch/LogDeliveryDestination": ["name"],
  "cloudwatch/LogDeliverySource": ["name", "resourceArn", "logType"],
  "cloudwatch/LogGroup": ["name", "logGroupClass"],
  "cloudwatch/LogMetricFilter": ["name", "logGroupName"],
  "cloudwatch/MetricAlarm": ["name"],
  "ec2/EgressOnlyInternetGateway": ["vpcId"],
  "ec2/Eip": ["address", "domain", "networkBorderGroup", "publicIpv4Pool", "customerOwnedIpv4Pool"],
  "ec2/EipAssociation": ["allocationId", "allowReassociation", "instanceId", "networkInterfaceId", "privateIpAddress", "publicIp"],
  "ec2/Instance": [
    "ami", "associatePublicIpAddress", "availabilityZone", "cpuOptions", "enclaveOptions", "ephemeralBlockDevices", "hibernation", "hostResourceGroupArn",
    "ipv6AddressCount", "keyName", "networkInterfaces", "placementGroup", "privateIp", "securityGroups", "subnetId", "tenancy",
    "rootBlockDevice.encrypted", "rootBlockDevice.kmsKeyId", "ebsBlockDevices.deviceName", "ebsBlockDevices.encrypted",
  ],
  "ec2/LaunchTemplate": ["name"],
  "ec2/NetworkInterface": ["subnetId", "interfaceType"],
  "ec2/PlacementGroup": ["name", "strategy", "partitionCount"],
  "ec2/Route": ["routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"],
  "ec2/RouteTable": ["vpcId"],
  "ec2/RouteTableAssociation": ["subnetId", "gatewayId"],
  "ec2/SecurityGroup": ["description", "name", "vpcId"],
  "ec2/SecurityGroupRule": ["type", "fromPort", "toPort", "protocol", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroupId", "sourceSecurityGroupId", "self"],
  "ec2/Subnet": ["availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native", "outpostArn", "vpcId"],
  "ec2/Vpc": ["cidrBlock", "ipv4IpamPoolId"],
  "ec2/VpcEndpoint": ["serviceName", "vpcEndpointType", "vpcId"],
  "ec2/VpcEndpointRouteTableAssociation": ["routeTableId", "vpcEndpointId"],
  "ec2/VpcPeeringConnection": ["peerOwnerId", "peerRegion", "peerVpcId", "vpcId"],
  "ec2/VpcPeeringConnectionAccepter": ["vpcPeeringConnectionId"],
  "iam/InstanceProfile": ["name", "path"],
  "iam/Policy": ["description", "name", "path"],
  "iam/Role": ["name", "path"],
  "iam/RolePolicy": ["name", "role"],
  "iam/RolePolicyAttachment": ["policyArn", "role"],
  "kms/Alias": ["name"],
  "kms/Key": ["customerMasterKeySpec", "keyUsage", "multiRegion"],
  "lb/Listener": ["loadBalancerArn"],
  "lb/LoadBalancer": ["internal", "loadBalancerType", "name"],
  "lb/TargetGroup": ["ipAddressType", "name", "port", "protocol", "protocolVersion", "targetType", "vpcId"],
  "lb/TargetGroupAttachment": ["availabilityZone", "port", "targetGroupArn", "targetId"],
  "route53/HealthCheck": ["measureLatency", "referenceName", "requestInterval", "type"],
  "route53/Record": ["name", "setIdentifier", "zoneId"],
  "route53/Zone": ["delegationSetId", "name"],
  "route53/ZoneAssociation": ["vpcId", "zoneId"],
  "s3/Bucket": ["bucket", "objectLockEnabled"],
  "s3/BucketAcl": ["bucket"],
  "s3/BucketCorsConfiguration": ["bucket"],
  "s3/BucketLifecycleConfiguration": ["bucket"],
  "s3/BucketLogging": ["bucket"],
  "s3/BucketObject": ["bucket", "key"],
  "s3/BucketObjectv2": ["bucket", "key"],
  "s3/BucketOwnershipControls": ["bucket"],
  "s3/BucketPolicy": ["bucket"],
  "s3/BucketPublicAccessBlock": ["bucket"],
  "s3/BucketServerSideEncryptionConfiguration": ["bucket"],
  "s3/BucketVersioning": ["bucket"],
  "secretsmanager/Secret": ["name"],
  "secretsmanager/SecretVersion": ["secretId", "secretString", "secretBinary"],
  "sns/Topic": ["fifoTopic", "name"],
  "sns/TopicPolicy": ["arn"],
  "sns/TopicSubscription": ["endpoint", "protocol", "topic"],
  "ssm/Association": ["name"],
  "ssm/Document": ["documentType", "name"],
  "ssm/Parameter": ["dataType", "name"],
  "vpc/SecurityGroupEgressRule": ["securityGroupId"],
  "vpc/SecurityGroupIngressRule": ["securityGroupId"],
};

/** Arrays whose order means something; every other array is compared as a set. */
export const LISTS: Readonly<Record<string, readonly string[]>> = {
  "autoscaling/Group": ["initialLifecycleHooks"],
  "cloudfront/Distribution": ["orderedCacheBehaviors", "originGroups.members"],
  "cloudwatch/MetricAlarm": ["metricQueries"],
  "ec2/Instance": ["networkInterfaces"],
  "ec2/LaunchTemplate": ["blockDeviceMappings", "networkInterfaces", "tagSpecifications"],
  "lb/Listener": ["defaultActions"],
  "s3/BucketLifecycleConfiguration": ["rules"],
};

/** Policy documents: a program may give an object, AWS has text. */
export const JSON_DOCUMENTS: readonly string[] = ["policy", "assumeRolePolicy", "accessPolicy"];

const RULES: Readonly<Record<string, readonly Rule[]>> = { ...COMPUTE_RULES, ...DELIVERY_RULES, ...STORAGE_RULES };

/** Rules of a type. */
export function rulesOf(type: string): readonly Rule[] {
  return RULES[type] ?? [];
}
