/** AWS SDK clients that speak to moto: what the program asks for is put to them, and what moto refuses fails the test. */
import { ACMClient } from "@aws-sdk/client-acm";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { SSMClient } from "@aws-sdk/client-ssm";

export interface Clients {
  readonly ec2: EC2Client; readonly s3: S3Client; readonly ssm: SSMClient; readonly iam: IAMClient; readonly route53: Route53Client;
  readonly acm: ACMClient; readonly autoscaling: AutoScalingClient; readonly logs: CloudWatchLogsClient;
}

/** Clients of a region at an endpoint. */
export function clientsAt(endpoint: string, region: string): Clients {
  const settings = { endpoint, region, credentials: { accessKeyId: "operator", secretAccessKey: "operator" }, maxAttempts: 1 };
  return {
    ec2: new EC2Client(settings), s3: new S3Client({ ...settings, forcePathStyle: true }), ssm: new SSMClient(settings), iam: new IAMClient(settings), route53: new Route53Client(settings),
    acm: new ACMClient(settings), autoscaling: new AutoScalingClient(settings), logs: new CloudWatchLogsClient(settings),
  };
}
