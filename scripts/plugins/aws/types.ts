/** The resource types of the aws plugin that headend's stand-in knows; everything else is refused by name. */
export const AWS_TYPES: readonly string[] = [
  "acm/Certificate", "acm/CertificateValidation",
  "autoscaling/Group", "autoscaling/LifecycleHook", "autoscaling/Policy", "autoscaling/Schedule",
  "budgets/Budget",
  "cloudfront/CachePolicy", "cloudfront/Distribution", "cloudfront/Function", "cloudfront/KeyGroup", "cloudfront/MonitoringSubscription",
  "cloudfront/OriginAccessControl", "cloudfront/OriginRequestPolicy", "cloudfront/PublicKey", "cloudfront/ResponseHeadersPolicy", "cloudfront/VpcOrigin",
  "cloudwatch/CompositeAlarm", "cloudwatch/Dashboard", "cloudwatch/EventRule", "cloudwatch/EventTarget",
  "cloudwatch/LogDelivery", "cloudwatch/LogDeliveryDestination", "cloudwatch/LogDeliverySource",
  "cloudwatch/LogGroup", "cloudwatch/LogMetricFilter", "cloudwatch/MetricAlarm",
  "ec2/DefaultSecurityGroup", "ec2/EgressOnlyInternetGateway", "ec2/Eip", "ec2/EipAssociation", "ec2/Instance", "ec2/InternetGateway",
  "ec2/LaunchTemplate", "ec2/NetworkInterface", "ec2/PlacementGroup", "ec2/Route", "ec2/RouteTable", "ec2/RouteTableAssociation", "ec2/SecurityGroup", "ec2/SecurityGroupRule",
  "ec2/Subnet", "ec2/Vpc", "ec2/VpcEndpoint", "ec2/VpcEndpointRouteTableAssociation", "ec2/VpcPeeringConnection", "ec2/VpcPeeringConnectionAccepter",
  "iam/InstanceProfile", "iam/Policy", "iam/Role", "iam/RolePolicy", "iam/RolePolicyAttachment",
  "kms/Alias", "kms/Key",
  "lb/Listener", "lb/LoadBalancer", "lb/TargetGroup", "lb/TargetGroupAttachment",
  "route53/HealthCheck", "route53/Record", "route53/Zone", "route53/ZoneAssociation",
  "s3/Bucket", "s3/BucketAcl", "s3/BucketCorsConfiguration", "s3/BucketLifecycleConfiguration", "s3/BucketLogging", "s3/BucketObject", "s3/BucketObjectv2",
  "s3/BucketOwnershipControls", "s3/BucketPolicy", "s3/BucketPublicAccessBlock", "s3/BucketServerSideEncryptionConfiguration", "s3/BucketVersioning",
  "secretsmanager/Secret", "secretsmanager/SecretVersion",
  "sns/Topic", "sns/TopicPolicy", "sns/TopicSubscription",
  "ssm/Association", "ssm/Document", "ssm/Parameter",
  "vpc/SecurityGroupEgressRule", "vpc/SecurityGroupIngressRule",
];

/** `ec2/Instance` → `aws:ec2/instance:Instance`. */
export function tokenOf(type: string): string {
  const [module = "", name = ""] = type.split("/");
  return `aws:${module}/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;
}
