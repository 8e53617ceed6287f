/** What must hold of everything that the target makes, whatever the topology. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { isSecret, run, type Ran } from "./lib.ts";
import { MIXED, PLAIN } from "./topologies.ts";

vi.mock("../../../../infra/targets/aws/host-side.ts", () => ({ findPrograms: () => null, bootstrapScript: () => "#!/bin/sh\n", waitCommand: () => "wait" }));

const shipped = (name: string): string => readFileSync(new URL(`../../../../stacks/${name}.yaml`, import.meta.url), "utf8");
/** What AWS takes as names, by type; longest and letters. */
const NAMES: Readonly<Record<string, RegExp>> = {
  "aws:autoscaling/group:Group": /^[\x20-\x7e]{1,255}$/, "aws:cloudfront/cachePolicy:CachePolicy": /^[\w-]{1,128}$/, "aws:cloudfront/function:Function": /^[\w-]{1,64}$/, "aws:cloudfront/keyGroup:KeyGroup": /^[\w-]{1,128}$/,
  "aws:cloudfront/publicKey:PublicKey": /^[\w-]{1,128}$/, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": /^[\w-]{1,128}$/, "aws:cloudwatch/dashboard:Dashboard": /^[\w-]{1,255}$/,
  "aws:cloudwatch/logGroup:LogGroup": /^[\w./#-]{1,512}$/, "aws:cloudwatch/metricAlarm:MetricAlarm": /^[\x20-\x7e]{1,255}$/, "aws:ec2/launchTemplate:LaunchTemplate": /^[\w()./-]{3,128}$/,
  "aws:ec2/securityGroup:SecurityGroup": /^(?!sg-)[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/, "aws:iam/instanceProfile:InstanceProfile": /^[\w+=,.@-]{1,128}$/, "aws:iam/role:Role": /^[\w+=,.@-]{1,64}$/,
  "aws:lb/loadBalancer:LoadBalancer": /^(?!internal-)[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/i, "aws:lb/targetGroup:TargetGroup": /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/i, "aws:sns/topic:Topic": /^[\w-]{1,256}$/,
  "aws:ssm/parameter:Parameter": /^\/[\w./-]{1,1010}$/,
};

describe.each(["congress", "festival", "mixed", "plain"])("%s", (which) => {
  let ran: Ran;
  const of = (type: string): Ran["made"] => ran.of(type);
  beforeAll(async () => { ran = await run(which === "mixed" ? MIXED : which === "plain" ? PLAIN : shipped(which)); }, 60_000);

  test("machines: tokens for metadata, encrypted gp3, a role, no key, no bursts, no password in user data", () => {
    const instances = of("aws:ec2/instance:Instance").map((m) => m.inputs), templates = of("aws:ec2/launchTemplate:LaunchTemplate").map((m) => m.inputs);
    expect(instances.length * templates.length).toBeGreaterThan(0);
    for (const i of [...instances, ...templates]) {
      expect(i["metadataOptions"]).toMatchObject({ httpTokens: "required", httpEndpoint: "enabled" });
      expect(i["keyName"]).toBeUndefined();
      expect(i["iamInstanceProfile"]).toBeDefined();
      expect(String(i["instanceType"])).not.toMatch(/^t\d/);
    }
    for (const i of instances) expect(i["rootBlockDevice"]).toMatchObject({ encrypted: true, volumeType: "gp3" });
    for (const t of templates) expect(t["blockDeviceMappings"]).toMatchObject([{ ebs: { encrypted: "true", volumeType: "gp3" } }]);
  });

  test("rules: none for SSH or every port; each says why", () => {
    const rules = [...of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"), ...of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")];
    expect(rules.length).toBeGreaterThan(0);
    for (const { name, inputs } of rules) {
      expect(["tcp", "udp"], name).toContain(inputs["ipProtocol"]);
      expect(inputs["fromPort"], name).toBe(inputs["toPort"]);
      expect(inputs["fromPort"], name).not.toBe(22);
      expect(String(inputs["description"]), name).toMatch(/^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/);
    }
  });

  test("buckets: each private, encrypted, by TLS only, without forgotten uploads", () => {
    const named = (type: string): string[] => of(type).map((m) => m.name).sort(), buckets = named("aws:s3/bucket:Bucket");
    expect(buckets.length).toBeGreaterThan(0);
    for (const kind of ["BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration", "BucketOwnershipControls", "BucketLifecycleConfiguration", "BucketPolicy"]) {
      expect(named(`aws:s3/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`), kind).toEqual(buckets);
    }
    for (const m of of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")) expect(JSON.stringify(m.inputs["rules"]), m.name).toContain("abortIncompleteMultipartUpload");
  });

  test("permissions: no action or resource is a wildcard", () => {
    const policies = of("aws:iam/rolePolicy:RolePolicy").filter(({ inputs }) => typeof inputs["policy"] === "string");
    expect(policies.length).toBe(of("aws:iam/role:Role").length);
    for (const m of policies) {
      for (const s of (JSON.parse(String(m.inputs["policy"])) as { Statement: { Action: string | string[]; Resource: string | string[] }[] }).Statement) {
        expect([s.Action].flat().filter((a) => a.includes("*")), m.name).toEqual([]);
        expect([s.Resource].flat(), m.name).not.toContain("*");
      }
    }
  });

  test("names are such as AWS takes, and no two of a type and region are the same", () => {
    for (const [type, pattern] of Object.entries(NAMES)) {
      const given = of(type).filter(({ inputs }) => inputs["name"] !== undefined).map(({ inputs }) => `${String(inputs["region"] ?? "")} ${String(isSecret(inputs["name"]) ? "" : inputs["name"])}`);
      for (const name of given) expect(name.split(" ").slice(1).join(" "), type).toMatch(pattern);
      expect(new Set(given).size, type).toBe(given.length);
    }
  });

  test("secrets are SecureStrings, logs end, balancers and groups are in the topology's regions", () => {
    for (const m of of("aws:ssm/parameter:Parameter")) { expect(m.inputs["type"], m.name).toBe("SecureString"); expect(isSecret(m.inputs["value"]), m.name).toBe(true); }
    for (const m of of("aws:cloudwatch/logGroup:LogGroup")) expect(Number(m.inputs["retentionInDays"]), m.name).toBeGreaterThan(0);
    const regions = new Set(of("aws:ec2/vpc:Vpc").map((m) => m.inputs["region"]));
    for (const m of ran.made.filter((r) => /^aws:(ec2|lb|autoscaling|vpc|ssm)\//.test(r.type))) expect(regions, `${m.type} ${m.name}`).toContain(m.inputs["region"]);
  });
});
