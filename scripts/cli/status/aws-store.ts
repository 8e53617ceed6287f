import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { OrderStore } from "../desk/aws.ts";
import type { StackOutputs } from "../lib/stack.ts";
import { type AwsHost, awsHosts } from "./aws-hosts.ts";

/** What to do where AWS does not let the store be read. */
export const CREDENTIALS = "Give credentials as for the aws command, e.g. AWS_PROFILE=… or `aws configure`; they must be able to read the stack's store bucket.";

/** The stack's store, with the user's own credentials. */
export function storeAt({ bucket, region }: NonNullable<StackOutputs["store"]>): OrderStore {
  const s3 = new S3Client({ region, maxAttempts: 2, ...(process.env["AWS_ENDPOINT_URL"] ? { forcePathStyle: true } : {}) });
  return {
    async text(Key) {
      try { return await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body?.transformToString() ?? ""; } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw error;
      }
    },
    async put(Key, Body) { await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType: "application/json" })); },
    async list(Prefix) {
      const keys: string[] = [];
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix })) keys.push(...(page.Contents ?? []).flatMap((o) => (o.Key === undefined ? [] : [o.Key])));
      return keys;
    },
    async members(at, name) {
      const found = await new AutoScalingClient({ region: at, maxAttempts: 2 }).send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }));
      return (found.AutoScalingGroups?.[0]?.Instances ?? []).flatMap((i) => (i.InstanceId === undefined || i.LifecycleState?.startsWith("Warmed") || i.LifecycleState?.startsWith("Terminat") ? [] : [i.InstanceId]));
    },
  };
}

/** Every host's state, or why AWS does not tell. Never throws. */
export async function readAwsHosts({ hosts, store }: StackOutputs): Promise<{ readonly hosts: readonly AwsHost[] } | { readonly problem: string }> {
  if (store === undefined) return { problem: "what is deployed does not say where its store is; the next `up` tells" };
  try { return { hosts: await awsHosts(hosts, storeAt(store)) }; } catch (error) {
    return { problem: `the hosts' reports in s3://${store.bucket} cannot be read: ${error instanceof Error ? error.message || error.name : String(error)}` };
  }
}
