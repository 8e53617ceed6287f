/** IAM documents: pure, so that tests and a linter read exactly what is deployed. No action has a wildcard; resources are named. */
import { acmeParameters, logGroupName, secretsPath, STORE, type AcmeOrder } from "./contract.ts";
import type { Role } from "../../plan/model.ts";

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: Readonly<Record<string, string>> | "*";
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}
export interface PolicyDocument { readonly Version: "2012-10-17"; readonly Statement: readonly Statement[] }

const document = (statements: readonly Statement[]): PolicyDocument => ({ Version: "2012-10-17", Statement: statements });

/** Who an instance is. */
export const INSTANCE_TRUST = document([{ Sid: "Instance", Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: ["sts:AssumeRole"] }]);

export interface HostPolicyArgs {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  readonly key: string;
  readonly role: Role;
  readonly storeArn: string;
  /** Bucket for recordings; null where the host records nothing. */
  readonly recordingsArn: string | null;
  /** Name of the Auto Scaling group it is a member of. */
  readonly group: string | null;
  readonly acme: AcmeOrder | null;
}

/** What a host may do: read its own configuration and secrets, write its own reports, logs and recordings, end its own waiting. */
export function hostPolicy(args: HostPolicyArgs): PolicyDocument {
  const { stack, account, region, key, storeArn } = args;
  const path = secretsPath(stack, key);
  const parameter = (name: string): string => `arn:aws:ssm:${region}:${account}:parameter${name}`;
  const logs = `arn:aws:logs:${region}:${account}:log-group:${logGroupName(stack, args.role)}`;
  return document([
    { Sid: "ReadOwnConfiguration", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${storeArn}/hosts/${key}/*`, `${storeArn}/programs/*`, `${storeArn}/bootstrap/*`] },
    // Names only. Without it S3 answers "denied" for an object that is not there yet.
    { Sid: "KnowWhatIsThere", Effect: "Allow", Action: ["s3:ListBucket"], Resource: [storeArn] },
    { Sid: "WriteOwnReports", Effect: "Allow", Action: ["s3:PutObject"], Resource: [`${storeArn}/${STORE.report(key, "*")}`, `${storeArn}/${STORE.live(key, "*")}`] },
    { Sid: "ReadOwnSecrets", Effect: "Allow", Action: ["ssm:GetParameter", "ssm:GetParameters"], Resource: [parameter(`${path}/*`)] },
    { Sid: "WriteOwnLogs", Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: [logs, `${logs}:log-stream:${key}/*`] },
    ...(args.recordingsArn === null ? [] : [recordings(args.recordingsArn, key)]),
    ...(args.group === null ? [] : [lifecycle(args.group, region, account)]),
    ...(args.acme === null ? [] : acme(args.acme, path, parameter)),
  ]);
}

function recordings(arn: string, key: string): Statement {
  return { Sid: "UploadOwnRecordings", Effect: "Allow", Action: ["s3:PutObject", "s3:AbortMultipartUpload"], Resource: [`${arn}/*/${key}/*`] };
}

function lifecycle(group: string, region: string, account: string): Statement {
  return {
    Sid: "EndOwnWaiting", Effect: "Allow", Action: ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
    // The part before the name is a number that only AWS knows.
    Resource: [`arn:aws:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${group}`],
  };
}

function acme(order: AcmeOrder, path: string, parameter: (name: string) => string): Statement[] {
  const zone = `arn:aws:route53:::hostedzone/${order.zoneId}`;
  const names = [...new Set(order.names.map((name) => `_acme-challenge.${name.replace(/^\*\./, "")}`))];
  return [
    {
      Sid: "AnswerChallenges", Effect: "Allow", Action: ["route53:ChangeResourceRecordSets"], Resource: [zone],
      Condition: { "ForAllValues:StringEquals": {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": names, "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
        "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
      } },
    },
    { Sid: "SeeChallenges", Effect: "Allow", Action: ["route53:ListResourceRecordSets"], Resource: [zone] },
    { Sid: "SeeChanges", Effect: "Allow", Action: ["route53:GetChange"], Resource: ["arn:aws:route53:::change/*"] },
    { Sid: "KeepOwnCertificate", Effect: "Allow", Action: ["ssm:PutParameter"], Resource: Object.values(acmeParameters(path)).map(parameter) },
  ];
}

/** A bucket's own policy: no plain HTTP, and what else is said. */
export function tlsOnly(arn: string, statements: readonly Statement[] = []): PolicyDocument {
  return document([
    { Sid: "RefusePlainHttp", Effect: "Deny", Principal: "*", Action: ["s3:*"], Resource: [arn, `${arn}/*`], Condition: { Bool: { "aws:SecureTransport": "false" } } },
    ...statements,
  ]);
}

/** Lets CloudFront's log delivery write into a bucket, on behalf of this account only. */
export function logDelivery(arn: string, account: string): Statement[] {
  return [{
    Sid: "WriteAccessLogs", Effect: "Allow", Principal: { Service: "delivery.logs.amazonaws.com" }, Action: ["s3:PutObject"],
    Resource: [`${arn}/AWSLogs/${account}/*`], Condition: { StringEquals: { "aws:SourceAccount": account, "s3:x-amz-acl": "bucket-owner-full-control" } },
  }];
}

/** Lets CloudWatch alarms and budgets of this account publish to a topic. */
export function topicPolicy(arn: string, account: string): PolicyDocument {
  return document([{
    Sid: "Publish", Effect: "Allow", Principal: { Service: "cloudwatch.amazonaws.com" }, Action: ["sns:Publish"], Resource: [arn],
    Condition: { StringEquals: { "aws:SourceAccount": account } },
  }]);
}
