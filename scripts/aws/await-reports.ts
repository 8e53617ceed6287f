/**
 * The program that `up` waits with: reads `Expectations` (JSON) from standard input, tells what hosts report, ends with 0 when all is in
 * force, 1 when a host refused or was silent, 130 on Ctrl-C. `--json` prints the result on standard output.
 */
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Expectations, Report } from "../../infra/targets/aws/contract.ts";
import { awaitReports, tell, type WaitDeps } from "./waiting.ts";

const HELP = `usage: await-reports.ts [--json] < EXPECTATIONS
Waits until hosts on AWS have reported that a configuration is in force. "headend up" runs it; by hand:
  node --import tsx scripts/aws/await-reports.ts < expectations.json
  node --import tsx scripts/aws/await-reports.ts --json < expectations.json | jq '.hosts[] | select(.outcome != "in force")'`;

/** Lifecycle states of members that serve or are about to; others are leaving, or asleep in a warm pool. */
const PRESENT = /^(InService|Pending|Pending:Wait|Pending:Proceed|EnteringStandby|Standby)$/;

function awsDeps({ bucket, bucketRegion }: Expectations): Pick<WaitDeps, "report" | "modified" | "touch" | "members"> {
  const emulator = process.env["AWS_ENDPOINT_URL"] ? { forcePathStyle: true } : {};
  const s3 = new S3Client({ region: bucketRegion, maxAttempts: 4, ...emulator });
  const groups = new Map<string, AutoScalingClient>();
  const missing = (error: unknown): boolean => error instanceof Error && (error.name === "NoSuchKey" || error.name === "NotFound");
  const modified = async (Key: string): Promise<Date | null> => {
    try { return (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).LastModified ?? null; } catch (error) { if (missing(error)) return null; throw error; }
  };
  return {
    modified,
    async report(Key) {
      try {
        const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return { report: JSON.parse(await got.Body?.transformToString() ?? "") as Report, modified: got.LastModified ?? new Date() };
      } catch (error) { if (missing(error)) return null; throw error; }
    },
    async touch(Key) {
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: await got.Body?.transformToString() ?? "", ContentType: got.ContentType, Metadata: got.Metadata }));
      return await modified(Key) ?? new Date();
    },
    async members(region, name) {
      const client = groups.get(region) ?? new AutoScalingClient({ region, maxAttempts: 4 });
      groups.set(region, client);
      const found = (await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }))).AutoScalingGroups?.[0];
      if (!found) throw new Error(`There is no Auto Scaling group ${name} in ${region}.`);
      return (found.Instances ?? []).filter((i) => PRESENT.test(i.LifecycleState ?? "")).map((i) => i.InstanceId ?? "").sort();
    },
  };
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const wrong = args.find((a) => a !== "--json" && a !== "--help");
  if (wrong !== undefined || args.includes("--help")) { process.stderr.write(`${HELP}\n`); return wrong === undefined ? 0 : 2; }
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk as string;
  let expected: Expectations;
  try { expected = JSON.parse(text) as Expectations; } catch { throw new Error("Standard input is not JSON. It must hold what to wait for (Expectations in infra/targets/aws/contract.ts)."); }
  const say = (line: string): void => { process.stderr.write(`${line}\n`); };
  const result = await awaitReports(expected, {
    ...awsDeps(expected), say, now: () => Date.now(), sleep: (ms) => new Promise((resolve) => { setTimeout(resolve, ms); }),
  });
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  for (const host of result.hosts.filter((h) => h.outcome === "silent")) say(tell(host));
  const bad = result.hosts.filter((h) => h.outcome !== "in force").length;
  if (bad > 0) say(`${bad} of ${result.hosts.length} hosts did not take the configuration; what they had before is still in force there.`);
  return result.ok ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    process.stderr.write("interrupted: hosts go on with what they were asked; run the same command again to see what they say\n");
    process.exit(130);
  });
}
main().then((code) => process.exit(code), (error: unknown) => {
  const { name, message } = error as Error;
  process.stderr.write(`${message}\n${/Credential|AccessDenied|Forbidden|ExpiredToken/.test(name + message) ? "The AWS credentials in this environment must be able to read the stack's store bucket.\n" : ""}`);
  process.exit(1);
});
