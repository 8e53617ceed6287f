import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { NAME_LIMITS } from "../../../../infra/targets/aws/names.ts";
import { AWS_TYPES, tokenOf } from "../../../../scripts/plugins/aws/types.ts";
import { isSecret, type Made, type Ran, run, secretValue } from "./lib.ts";
import { FESTIVAL, MIXED, PLAIN } from "./topologies.ts";

vi.mock("../../../../infra/targets/aws/host-side.ts", () => ({ findPrograms: (_: string, architecture: string) => ({ architecture, sha256: "f".repeat(64), path: "package.json" }), bootstrapScript: () => "#!/bin/sh\n", waitCommand: () => "wait" }));

let festival: Ran, applied: Ran, plain: Ran, mixed: Ran;
const all = (): readonly Made[] => [festival, plain, mixed].flatMap((ran) => ran.made);
const aws = (): readonly Made[] => all().filter((m) => m.type.startsWith("aws:"));

beforeAll(async () => {
  festival = await run(FESTIVAL);
  applied = await run(FESTIVAL, {}, { preview: false });
  plain = await run(PLAIN, { certificates: "local", zone: "" });
  mixed = await run(MIXED);
  delete process.env["AWS_ENDPOINT_URL"];
}, 60_000);

describe("what is made", () => {
  test("every type is one that the stand-in knows and checks", () => {
    const known = new Set(AWS_TYPES.map(tokenOf));
    expect([...new Set(aws().map((m) => m.type))].filter((type) => !known.has(type))).toEqual([]);
  });

  test("every type that the code imports is made at least once", () => {
    const used = new Set(aws().map((m) => m.type.split(":")[1]));
    const folder = "infra/targets/aws/";
    const imported = ["balancer", "cdn", "distributor-group", "dns", "identity", "instance", "multiplexer", "network", "private-bucket", "security-groups", "store", "watch", "host-config"]
      .flatMap((file) => [...readFileSync(`${folder}${file}.ts`, "utf8").matchAll(/^import (?!type )\{ (?!get)[^}]+\} from "@pulumi\/aws\/([\w/]+)\.js"/gm)].map((m) => m[1]));
    expect(imported.length).toBeGreaterThan(50);
    expect(imported.filter((type) => !used.has(type))).toEqual([]);
  });

  test("logical names within a type are one for each resource", () => {
    for (const ran of [festival, plain, mixed]) {
      const names = ran.made.map((m) => `${m.type} ${m.name}`);
      expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    }
  });

  test("regional resources say their region", () => {
    const global = /^aws:(iam|cloudfront|route53|budgets)\//;
    expect(aws().filter((m) => !global.test(m.type) && typeof m.inputs["region"] !== "string").map((m) => `${m.type} ${m.name}`)).toEqual([]);
  });

  test("the provider tags everything; what it does not reach has tags of its own", () => {
    expect(festival.one("pulumi:providers:aws", "aws").inputs["defaultTags"]).toBe(JSON.stringify({ tags: { "headend-stack": "test", "headend-topology": "festival" } }));
    for (const group of festival.of("aws:autoscaling/group:Group")) expect(JSON.stringify(group.inputs["tags"])).toContain("headend-stack");
    for (const template of festival.of("aws:ec2/launchTemplate:LaunchTemplate")) {
      expect((template.inputs["tagSpecifications"] as { resourceType: string }[]).map((t) => t.resourceType)).toEqual(["instance", "volume", "network-interface"]);
    }
  });

  test("names fit what AWS takes, also with long ones", async () => {
    const long = await run(PLAIN.replaceAll("home", "a-region-with-a-rather-long-name").replace("name: plain", `name: ${"long-".repeat(7)}x`), { certificates: "local" }, { stack: "s".repeat(60) });
    const limits: Record<string, number> = {
      "aws:lb/loadBalancer:LoadBalancer": NAME_LIMITS.loadBalancer, "aws:lb/targetGroup:TargetGroup": NAME_LIMITS.targetGroup, "aws:iam/role:Role": NAME_LIMITS.role,
      "aws:iam/instanceProfile:InstanceProfile": NAME_LIMITS.instanceProfile, "aws:ec2/securityGroup:SecurityGroup": NAME_LIMITS.securityGroup,
      "aws:ec2/launchTemplate:LaunchTemplate": NAME_LIMITS.launchTemplate, "aws:autoscaling/group:Group": NAME_LIMITS.autoScalingGroup, "aws:cloudwatch/metricAlarm:MetricAlarm": NAME_LIMITS.alarm,
      "aws:sns/topic:Topic": NAME_LIMITS.topic, "aws:s3/bucket:Bucket": NAME_LIMITS.bucket,
    };
    for (const [type, limit] of Object.entries(limits)) {
      for (const { inputs } of long.of(type)) {
        const name = String(inputs["name"] ?? inputs["bucket"]);
        expect(name.length, name).toBeLessThanOrEqual(limit);
        if (type.includes("s3")) expect(name).toMatch(/^[a-z0-9][a-z0-9-]+[a-z0-9]$/);
      }
    }
    for (const { inputs } of long.of("aws:ec2/instance:Instance")) expect(Buffer.byteLength(String(inputs["userData"]))).toBeLessThan(1100);
  }, 30_000);
});

describe("instances", () => {
  test("IMDSv2, encrypted gp3, no key pair, never replaced by user data", () => {
    expect(festival.of("aws:ec2/instance:Instance").map((m) => m.name).sort()).toEqual(["mux-eu-a", "mux-eu-b", "tx-eu-1", "tx-eu-2", "tx-us-1"]);
    for (const { inputs, ignored } of festival.of("aws:ec2/instance:Instance")) {
      expect(inputs["metadataOptions"]).toMatchObject({ httpTokens: "required", httpPutResponseHopLimit: 1 });
      expect(inputs["rootBlockDevice"]).toMatchObject({ encrypted: true, volumeType: "gp3" });
      expect(inputs["keyName"]).toBeUndefined();
      expect(ignored).toContain("userData");
    }
    const template = festival.one("aws:ec2/launchTemplate:LaunchTemplate", "dist-eu").inputs;
    expect(template["metadataOptions"]).toMatchObject({ httpTokens: "required" });
    expect(template["blockDeviceMappings"]).toMatchObject([{ ebs: { encrypted: "true", volumeType: "gp3" } }]);
  });

  test("a size that the topology writes is in force, one that headend chose stays as it began", () => {
    expect(festival.one("aws:ec2/instance:Instance", "tx-eu-1").ignored).toEqual(["userData", "rootBlockDevice.volumeSize"]);
    expect(festival.one("aws:ec2/instance:Instance", "tx-us-1").ignored).toEqual(["userData", "instanceType", "rootBlockDevice.volumeSize"]);
  });

  test("user data is below 1 KB, holds no secret, and says the same whatever the topology says", async () => {
    const text = String(festival.one("aws:ec2/instance:Instance", "mux-eu-a").inputs["userData"]);
    expect(Buffer.byteLength(text)).toBeLessThan(1024);
    expect(text).toContain("HEADEND_HOST=mux-eu-a\n");
    expect(text).not.toMatch(/passphrase|PRIVATE|youtube/i);
    const edited = await run(FESTIVAL.replace("bitrate: 6 Mbps", "bitrate: 5 Mbps"));
    expect(edited.one("aws:ec2/instance:Instance", "mux-eu-a").inputs["userData"]).toBe(text);
    expect(edited.one("aws:ec2/launchTemplate:LaunchTemplate", "dist-eu").inputs).toEqual(festival.one("aws:ec2/launchTemplate:LaunchTemplate", "dist-eu").inputs);
  }, 30_000);

  test("hosts of a role are in different zones", () => {
    const subnet = (name: string): unknown => applied.one("aws:ec2/instance:Instance", name).inputs["subnetId"];
    expect(subnet("mux-eu-a")).toBe("Subnet-eu-multiplexer-1");
    expect(subnet("mux-eu-b")).toBe("Subnet-eu-multiplexer-2");
    expect(subnet("tx-eu-2")).toBe("Subnet-eu-transcoder-2");
  });

  test("an emulator's address reaches hosts, and only when it is there", async () => {
    const emulated = await run(PLAIN, { certificates: "local", awsEndpoint: "http://10.9.8.7:5000" });
    expect(String(emulated.one("aws:ec2/instance:Instance", "mux-home-a").inputs["userData"])).toContain("AWS_ENDPOINT_URL=http://10.9.8.7:5000\n");
    expect(String(plain.one("aws:ec2/instance:Instance", "mux-home-a").inputs["userData"])).not.toContain("AWS_ENDPOINT_URL");
  }, 30_000);
});

describe("distributors", () => {
  test("a group that follows bytes and the event, and whose number the scaler owns", () => {
    const group = festival.one("aws:autoscaling/group:Group", "dist-eu");
    expect(group.ignored).toEqual(["desiredCapacity"]);
    expect(group.inputs).toMatchObject({
      minSize: 2, maxSize: 8, warmPool: { poolState: "Stopped", minSize: 6 }, instanceRefresh: { preferences: { minHealthyPercentage: 100, maxHealthyPercentage: 150 } },
      initialLifecycleHooks: [{ name: "ready" }, { name: "drain" }],
    });
    const policy = festival.one("aws:autoscaling/policy:Policy", "dist-eu-bytes").inputs["targetTrackingConfiguration"] as { targetValue: number };
    expect(policy).toMatchObject({ predefinedMetricSpecification: { predefinedMetricType: "ASGAverageNetworkOut" } });
    // c7g.large: 937 Mbps for hours, 65 % of it, in bytes a minute.
    expect(policy.targetValue).toBe(Math.round(937e6 * 0.65 * 60 / 8));
    expect(festival.of("aws:autoscaling/schedule:Schedule").filter((m) => m.name.startsWith("dist-eu")).map((m) => [m.name, m.inputs["startTime"], m.inputs["minSize"]])).toEqual([
      ["dist-eu-doors", "2030-12-05T16:00:00Z", 2], ["dist-eu-end", "2030-12-05T23:00:00Z", 1],
    ]);
  });

  test("nothing to follow and no dates: a fixed group without either", () => {
    expect(plain.of("aws:autoscaling/policy:Policy")).toEqual([]);
    expect(plain.of("aws:autoscaling/schedule:Schedule")).toEqual([]);
    expect(plain.one("aws:autoscaling/group:Group", "dist-home").inputs["warmPool"]).toBeUndefined();
  });

  test("CloudFront comes by TCP, viewers by UDP too and to the same host", () => {
    expect(festival.one("aws:lb/targetGroup:TargetGroup", "eu-edge").inputs).toMatchObject({ protocol: "TCP", stickiness: { enabled: false } });
    expect(plain.one("aws:lb/targetGroup:TargetGroup", "home-edge").inputs).toMatchObject({ protocol: "TCP_UDP", stickiness: { enabled: true, type: "source_ip" } });
  });
});

describe("configuration and secrets", () => {
  test("secrets are SecureStrings below the host's own path, their values secret", () => {
    const parameters = festival.of("aws:ssm/parameter:Parameter");
    expect(parameters.length).toBeGreaterThan(5);
    for (const { inputs, name } of parameters) {
      expect(inputs["type"]).toBe("SecureString");
      expect(inputs["name"]).toBe(`/headend/test/${name}`);
      expect(typeof secretValue(inputs["value"])).toBe("string");
    }
  });

  test("no value of a secret stands in clear in any input", () => {
    const values = festival.of("aws:ssm/parameter:Parameter").filter((m) => !m.name.includes("/acme/")).map(({ inputs }) => String(secretValue(inputs["value"])));
    const clear = JSON.stringify(festival.made.map((m) => m.inputs), (_, value: unknown) => (isSecret(value) ? "[secret]" : value));
    expect(isSecret(festival.one("aws:cloudfront/distribution:Distribution", "cdn").inputs["origins"])).toBe(true);
    expect(values.filter((value) => clear.includes(value))).toEqual([]);
  });

  test("hosts' files are inputs that the diff shows", () => {
    const files = festival.one("headend:aws:HostConfig", "mux-eu-a-config").inputs["files"] as Record<string, string>;
    expect(files["mediamtx/mediamtx.yml"]).toContain("main-stage/truck");
  });

  test("with ACME no certificate is in SSM, only places that hosts write to and that go with the stack", () => {
    const places = festival.of("aws:ssm/parameter:Parameter").filter((m) => m.name.startsWith("mux-eu-a/acme/"));
    expect([...places].sort((a, b) => (a.name < b.name ? -1 : 1)).map((m) => [m.inputs["name"], secretValue(m.inputs["value"]), m.ignored])).toEqual(["account.key", "server.crt", "server.key"].map((file) => [`/headend/test/mux-eu-a/acme/${file}`, "none", ["value"]]));
    expect(festival.of("aws:ssm/parameter:Parameter").filter((m) => m.name.includes("/tls/"))).toEqual([]);
    expect(plain.of("aws:ssm/parameter:Parameter").filter((m) => m.name.includes("/tls/")).map((m) => m.name).sort()).toEqual([
      "dist-home/tls/server.crt", "dist-home/tls/server.key", "mux-home-a/tls/server.crt", "mux-home-a/tls/server.key",
    ]);
  });
});

describe("data that outlives the stack", () => {
  test("recordings stay when the stack goes, everything else does not", () => {
    const kept = festival.made.filter((m) => m.retain && m.custom).map((m) => m.type.split(":").at(-1));
    expect([...new Set(kept)].sort()).toEqual(["Bucket", "BucketLifecycleConfiguration", "BucketObjectv2", "BucketOwnershipControls", "BucketPolicy", "BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration"]);
    expect(festival.of("aws:s3/bucket:Bucket").map((m) => [m.name, m.retain, m.inputs["forceDestroy"]]).sort()).toEqual([
      ["access-logs", false, true], ["recordings", true, false], ["store", false, true],
    ]);
  });

  test("recordings are kept as long as each stream says", () => {
    expect(festival.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "recordings").inputs["rules"]).toMatchObject([
      { abortIncompleteMultipartUpload: { daysAfterInitiation: 2 } }, { filter: { prefix: "main-stage/" }, expiration: { days: 30 } },
    ]);
    expect(plain.of("aws:s3/bucket:Bucket").map((m) => m.name)).toEqual(["store"]);
  });

  test("no bucket is public", () => {
    for (const ran of [festival, plain, mixed]) {
      const buckets = ran.of("aws:s3/bucket:Bucket").map((m) => m.name).sort();
      expect(ran.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").map((m) => m.name).sort()).toEqual(buckets);
      for (const block of ran.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")) expect(Object.values(block.inputs).filter((v) => v === true)).toHaveLength(4);
    }
  });
});

describe("names", () => {
  const records = (ran: Ran): [string, unknown][] => ran.of("aws:route53/record:Record").map((m): [string, unknown] => [m.name, m.inputs["type"]]).sort();
  test("ingest: one name each, and one that follows their health", () => {
    expect(records(festival).map(([name]) => name).filter((name) => name.startsWith("ingest"))).toEqual([
      "ingest-a.live.example.org-A", "ingest-a.live.example.org-AAAA", "ingest-b.live.example.org-A", "ingest-b.live.example.org-AAAA", "ingest.live.example.org-mux-eu-a", "ingest.live.example.org-mux-eu-b",
    ]);
    expect(festival.one("aws:route53/record:Record", "ingest.live.example.org-mux-eu-b").inputs["failoverRoutingPolicies"]).toEqual([{ type: "SECONDARY" }]);
  });

  test("health is asked from outside only where a port is open to anyone", () => {
    expect(festival.one("aws:route53/healthCheck:HealthCheck", "mux-eu-a").inputs).toMatchObject({ type: "TCP", port: 1936 });
    expect(plain.one("aws:route53/healthCheck:HealthCheck", "mux-home-a").inputs).toMatchObject({ type: "CLOUDWATCH_METRIC", cloudwatchAlarmRegion: "eu-west-1" });
  });

  test("viewers: the CDN, or the nearest region; a name of their own for streams beside the CDN", () => {
    expect(festival.one("aws:route53/record:Record", "live.example.org-AAAA").inputs["aliases"]).toMatchObject([{ zoneId: expect.any(String) }]);
    expect(plain.one("aws:route53/record:Record", "live.example.org-home").inputs).toMatchObject({ latencyRoutingPolicies: [{ region: "eu-west-1" }], aliases: [{ evaluateTargetHealth: true }] });
    expect(mixed.one("aws:route53/record:Record", "edge.live.example.org-eu").inputs).toMatchObject({ setIdentifier: "eu" });
    expect(mixed.outputs.streams["fast"]?.playlist).toBe("https://edge.live.example.org/live/fast/index.m3u8");
    expect(mixed.outputs.streams["open"]?.playlist).toBe("https://live.example.org/live/open/index.m3u8");
  });

  test("the CDN says which way it is, and keeps steering apart by its address", () => {
    for (const { ran, policies } of [{ ran: festival, policies: ["page", "playlist", "segment"] }, { ran: mixed, policies: ["page", "playlist", "segment", "steering"] }]) {
      const origins = secretValue(ran.one("aws:cloudfront/distribution:Distribution", "cdn").inputs["origins"]) as { customHeaders: { name: string; value: unknown }[] }[];
      for (const origin of origins) expect(origin.customHeaders.find((h) => h.name === "x-headend-via")?.value).toBe("cdn");
      expect(ran.of("aws:cloudfront/cachePolicy:CachePolicy").map((m) => m.name).sort()).toEqual(policies);
    }
    expect(mixed.one("aws:cloudfront/cachePolicy:CachePolicy", "steering").inputs["parametersInCacheKeyAndForwardedToOrigin"]).toMatchObject({ queryStringsConfig: { queryStringBehavior: "whitelist", queryStrings: { items: ["home", "v"] } } });
  });

  test("where the CDN is the only way, hosts know of no other, nor do they ask for its health", () => {
    const addresses = (ran: Ran): unknown => (JSON.parse(String(ran.one("aws:s3/bucketObjectv2:BucketObjectv2", "dist-eu-bundle").inputs["content"])) as { addresses: unknown }).addresses;
    expect(addresses(festival)).toEqual({});
    expect(addresses(mixed)).toEqual({
      cdn: "https://live.example.org", "cdn.probe": "https://live.example.org", "dist-eu-1": "https://origin-eu.live.example.org", "dist-eu-1.probe": "https://origin-eu.live.example.org",
    });
  });

  test("without a zone in config the stack makes one and says where to delegate it", () => {
    expect(plain.of("aws:route53/zone:Zone").map((m) => m.inputs["name"]).sort()).toEqual(["live.example.org", "plain.internal"]);
    expect(plain.outputs.nameServers).toBeDefined();
    expect(festival.of("aws:route53/zone:Zone").map((m) => m.name)).toEqual(["internal"]);
  });
});

describe("watching", () => {
  test("logs end, alarms tell somebody, a dashboard shows them", () => {
    for (const { inputs } of festival.of("aws:cloudwatch/logGroup:LogGroup")) expect(inputs["retentionInDays"]).toBe(30);
    for (const { inputs } of festival.of("aws:cloudwatch/metricAlarm:MetricAlarm")) expect(inputs["alarmActions"]).toHaveLength(1);
    expect(festival.of("aws:sns/topicSubscription:TopicSubscription").map((m) => m.name).sort()).toEqual(["eu-central-1", "us-east-1"]);
    expect(festival.of("aws:cloudwatch/dashboard:Dashboard")).toHaveLength(1);
  });

  test("each thing to be watched has its alarm", () => {
    const names = new Set(festival.of("aws:cloudwatch/metricAlarm:MetricAlarm").map((m) => m.name));
    for (const name of ["main-stage-publisher", "main-stage-bitrate", "main-stage-tx-eu-1-speed", "mux-eu-a-bandwidth", "dist-eu-bandwidth", "dist-eu-errors", "cdn-errors", "cdn-hits", "mux-eu-a-disk", "mux-eu-a-status", "mux-eu-a-unreachable", "tx-eu-1-status"]) {
      expect(names, [...names].join(" ")).toContain(name);
    }
  });

  test("nobody publishing is wrong only while the event is on", () => {
    const queries = festival.one("aws:cloudwatch/metricAlarm:MetricAlarm", "main-stage-publisher").inputs["metricQueries"] as { expression?: string }[];
    expect(queries[0]?.expression).toContain(String(Date.parse("2030-12-05T18:00+01:00") / 1000));
    expect(plain.of("aws:cloudwatch/metricAlarm:MetricAlarm").map((m) => m.name).filter((n) => n.endsWith("-publisher"))).toEqual([]);
  });

  test("a budget where the topology has one", () => {
    expect(festival.one("aws:budgets/budget:Budget", "budget").inputs).toMatchObject({ limitAmount: "500.00", notifications: [{ threshold: 80 }, { threshold: 100 }] });
    expect(mixed.one("aws:budgets/budget:Budget", "budget").inputs).toMatchObject({ limitAmount: "20.00", notifications: [] });
    expect(plain.of("aws:budgets/budget:Budget")).toEqual([]);
  });
});
