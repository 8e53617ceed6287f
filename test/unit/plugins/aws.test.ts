import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generate } from "../../../scripts/plugins/aws/generate.ts";
import { LISTS, REPLACES } from "../../../scripts/plugins/aws/overlay.ts";
import { awsPlugin, awsSchema } from "../../../scripts/plugins/aws/plugin.ts";
import { AWS_TYPES, tokenOf } from "../../../scripts/plugins/aws/types.ts";
import type { Context, Resource } from "../../../scripts/plugins/resource.ts";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";

const plugin = awsPlugin();
const context: Context = { urn: "urn:pulumi:s::p::t::n", name: "n", signal: new AbortController().signal, log: () => undefined };
const resource = (type: string): Resource => plugin.resources.get(tokenOf(type)) as Resource;
const check = (type: string, news: Properties) => resource(type).check({ olds: {}, news, seed: new Uint8Array([1]) }, context);
const reasons = (type: string, news: Properties): string => check(type, news).failures.map((f) => f.reason).join("\n");
const instance: Properties = { ami: "ami-1", instanceType: "c7g.large" };

describe("the aws stand-in", () => {
  it("knows exactly what the installed @pulumi/aws declares", () => {
    expect(readFileSync(join(import.meta.dirname, "../../../scripts/plugins/schemas/aws.json"), "utf8") === generate(), "run: npx tsx scripts/plugins/aws/generate.ts").toBe(true);
  });

  it("has rules only for properties that exist", () => {
    for (const [type, names] of [...Object.entries(REPLACES), ...Object.entries(LISTS)]) {
      const inputs = awsSchema.resources[tokenOf(type)]?.inputs ?? {};
      expect(names.filter((name) => inputs[name.split(".")[0] ?? ""] === undefined), type).toEqual([]);
    }
    expect(Object.keys(REPLACES).filter((type) => !AWS_TYPES.includes(type))).toEqual([]);
  });

  it.each<[string, Properties, RegExp]>([
    ["ec2/Subnet", { cidrBlock: "10.0.0.0/24" }, /"vpcId" is required/],
    ["ec2/Instance", { ...instance, userDat: "x" }, /did you mean "userData"/],
    ["ec2/Instance", { ...instance, userData: "x".repeat(16_385) }, /16385 bytes; EC2 takes 16384/],
    ["ec2/Instance", { ...instance, userData: "x", userDataBase64: "eA==" }, /exclude each other/],
    ["ec2/Instance", { ...instance, metadataOptions: { httpTokens: "yes" } }, /required, optional/],
    ["vpc/SecurityGroupIngressRule", { securityGroupId: "sg-1", ipProtocol: "tcp", fromPort: 1, toPort: 2 }, /one of "cidrIpv4"/],
    ["vpc/SecurityGroupIngressRule", { securityGroupId: "sg-1", ipProtocol: "-1", fromPort: 1, cidrIpv4: "0.0.0.0/0" }, /no ports/],
    ["autoscaling/Group", { minSize: 3, maxSize: 1, launchTemplate: { id: "lt-1" }, vpcZoneIdentifiers: ["subnet-1"] }, /minSize 3 is above maxSize 1/],
    ["autoscaling/Group", { minSize: 1, maxSize: 1, vpcZoneIdentifiers: ["subnet-1"] }, /"launchTemplate".*is required/],
    ["route53/Record", { zoneId: "Z", name: "a", type: "A" }, /"records" and "ttl" are required/],
    ["route53/Record", { zoneId: "Z", name: "a", type: "A", ttl: 5, records: ["1.2.3.4"], failoverRoutingPolicies: [{ type: "PRIMARY" }] }, /"setIdentifier" is required/],
    ["cloudfront/CachePolicy", { minTtl: 5, defaultTtl: 1, maxTtl: 9, parametersInCacheKeyAndForwardedToOrigin: { cookiesConfig: { cookieBehavior: "none" }, headersConfig: { headerBehavior: "none" }, queryStringsConfig: { queryStringBehavior: "none" } } }, /must not fall/],
    ["ssm/Parameter", { type: "SecureString", insecureValue: "x", name: "/a/b" }, /kept secret/],
    ["ssm/Parameter", { type: "String", value: "x", name: "a/b" }, /beginning with \//],
    ["s3/Bucket", { bucket: "Upper" }, /lower-case/],
    ["iam/Role", { assumeRolePolicy: "{", name: "r" }, /must be JSON/],
    ["cloudwatch/LogGroup", { retentionInDays: 8 }, /one of 0, 1, 3/],
    ["sns/Topic", { tags: { "aws:x": "1" } }, /the tag "aws:x"/],
  ])("refuses %s %j", (type, news, said) => { expect(reasons(type, news)).toMatch(said); });

  it("refuses a CloudFront certificate outside us-east-1 and a behaviour without origin", () => {
    const behaviour: Properties = { targetOriginId: "b", viewerProtocolPolicy: "https-only", allowedMethods: ["GET", "HEAD"], cachedMethods: ["GET", "HEAD"], cachePolicyId: "x" };
    const said = reasons("cloudfront/Distribution", {
      enabled: true, origins: [{ originId: "a", domainName: "o.example.org", customOriginConfig: { httpPort: 80, httpsPort: 443, originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1.2"] } }],
      defaultCacheBehavior: behaviour, restrictions: { geoRestriction: { restrictionType: "none" } }, viewerCertificate: { acmCertificateArn: "arn:aws:acm:eu-west-1:1:certificate/x", sslSupportMethod: "sni-only" },
    });
    expect(said).toMatch(/not in us-east-1/);
    expect(said).toMatch(/sends to "b"/);
  });

  it("names what has no name, keeps the name, and takes a policy as an object", () => {
    const first = check("iam/Role", { assumeRolePolicy: { Version: "2012-10-17", Statement: [] } });
    expect(first.failures).toEqual([]);
    expect(first.inputs["name"]).toMatch(/^n-[0-9a-f]{7}$/);
    expect(first.inputs["assumeRolePolicy"]).toBe('{"Version":"2012-10-17","Statement":[]}');
    expect(check("s3/Bucket", {}).inputs["bucket"]).toMatch(/^n-[0-9a-f]{7}$/);
  });

  it("replaces where AWS does, and an instance for its user data only when asked", () => {
    const diff = (type: string, state: Properties, news: Properties) => resource(type).diff({ id: "i", state, oldInputs: state, news }, context).changes;
    expect(diff("ec2/Instance", { ...instance, userData: "a" }, { ...instance, userData: "b" })).toEqual(new Map([["userData", "update"]]));
    const balancer = { loadBalancerType: "network", subnets: ["subnet-1", "subnet-2"], securityGroups: ["sg-1"] };
    expect(diff("lb/LoadBalancer", balancer, { ...balancer, subnets: ["subnet-1", "subnet-2", "subnet-3"] })).toEqual(new Map([["subnets[2]", "add"]]));
    expect([...diff("lb/LoadBalancer", balancer, { ...balancer, subnets: ["subnet-1"] }).values()]).toEqual(["delete-replace"]);
    expect([...diff("lb/LoadBalancer", balancer, { ...balancer, securityGroups: ["sg-2"] }).values()].filter((kind) => kind.endsWith("replace"))).toEqual([]);
    expect(diff("ec2/Instance", { ...instance, userData: "a", userDataReplaceOnChange: true }, { ...instance, userData: "b", userDataReplaceOnChange: true })).toEqual(new Map([["userData", "update-replace"]]));
    expect(diff("ec2/Subnet", { vpcId: "v", cidrBlock: "10.0.0.0/24", arn: "x" }, { vpcId: "v", cidrBlock: "10.0.1.0/24" })).toEqual(new Map([["cidrBlock", "update-replace"]]));
    expect(diff("ec2/Vpc", { cidrBlock: "10.0.0.0/16", region: "eu-central-1", tags: { a: "b" } }, { cidrBlock: "10.0.0.0/16", tags: { a: "c" } })).toEqual(new Map([["tags.a", "update"]]));
  });

  it("creates nothing outside tests, and says how to deploy", async () => {
    await expect(resource("sns/Topic").create({ inputs: { name: "t" }, preview: false, timeoutSeconds: 0 }, context)).rejects.toThrow(/previews.*\n.*pulumi plugin install resource aws v\d/s);
    const shown = await resource("sns/Topic").create({ inputs: { name: "t" }, preview: true, timeoutSeconds: 0 }, context);
    expect(shown.outputs["name"]).toBe("t");
  });

  it("says that an answer is a placeholder, and refuses functions it does not know", async () => {
    const told: string[] = [];
    plugin.configure({ region: "eu-central-1" });
    const zones = await plugin.invoke?.("aws:index/getAvailabilityZones:getAvailabilityZones", {}, (m) => told.push(m));
    expect(zones?.["names"]).toEqual(["eu-central-1a", "eu-central-1b", "eu-central-1c"]);
    expect(told[0]).toMatch(/placeholder/);
    await expect(plugin.invoke?.("aws:ec2/getVpcs:getVpcs", {}, () => undefined)).rejects.toThrow(/not known/);
  });
});
