/** Every branch of the aws target behind a CDN, created once: arguments are put to moto through the AWS SDK, permissions to a linter. Hosts only pretend. */
import { createSign } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { httpRequest } from "../../scripts/live/http.ts";
import { AWS_TYPES } from "../../scripts/plugins/aws/types.ts";
import { ensureAwsPrograms } from "../../scripts/setup/index.ts";
import { cannotSimulate } from "./lib/able.ts";
import type { AwsStack } from "./lib/aws-stack.ts";
import { lookUp } from "./lib/people.ts";
import { machineOf } from "./lib/reach.ts";
import { create, gone, lintPolicies, small } from "./lib/shapes.ts";
import { everything } from "./lib/variants.ts";
import { publicAddress } from "./world/state.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const DOMAIN = "live.example.org", HOUR_S = 3600;
const why = cannotSimulate();

describe("aws: every argument", () => {
  let aws: AwsStack;
  beforeEach(({ skip }) => { if (why !== null) skip(why); });
  beforeAll(async () => {
    if (why !== null) return;
    await ensureAwsPrograms({ root: ROOT, architectures: ["x86"] });
    aws = await create(everything());
  }, 590_000);
  afterAll(async () => { await aws?.close(); }, 120_000);

  it("is accepted, in small user data and bundles", () => { small(aws.world); });

  it("is made for every type that the target uses", () => {
    const folder = resolve(ROOT, "infra/targets/aws"), used = new Set(Object.keys(aws.world.counts()));
    const imported = readdirSync(folder).filter((f) => f.endsWith(".ts")).flatMap((f) => [...readFileSync(resolve(folder, f), "utf8").matchAll(/from "@pulumi\/aws\/([a-z0-9]+)\/([A-Za-z0-9]+)\.js"/g)].map((m) => `${m[1]}/${(m[2] ?? "").charAt(0).toUpperCase()}${(m[2] ?? "").slice(1)}`)).filter((t) => !/\/Get/.test(t));
    expect([...new Set(imported)].filter((t) => !AWS_TYPES.includes(t)), "unknown to the stand-in").toEqual([]);
    expect([...new Set(imported)].filter((t) => !used.has(t)), "never created here").toEqual([]);
  });

  it("grants nothing that a linter objects to, and no wildcard action", () => lintPolicies(aws.world), 150_000);

  it("lets viewers in by the cookie that the stack's key signs, from the stream's countries", async () => {
    const outputs = await aws.stack.outputs() as unknown as { signing: { keyPairId: string; privateKey: string } };
    const at = { ca: aws.world.ca.pem, hosts: { [DOMAIN]: (await lookUp(aws.world, DOMAIN))[0] ?? "" } };
    const cookie = (resource: string, seconds: number): string => {
      const policy = JSON.stringify({ Statement: [{ Resource: resource, Condition: { DateLessThan: { "AWS:EpochTime": Math.floor(Date.now() / 1000) + seconds } } }] });
      const safe = (b: Buffer): string => b.toString("base64").replaceAll("+", "-").replaceAll("=", "_").replaceAll("/", "~");
      return `CloudFront-Policy=${safe(Buffer.from(policy))}; CloudFront-Signature=${safe(createSign("sha1").update(policy).sign(outputs.signing.privateKey))}; CloudFront-Key-Pair-Id=${outputs.signing.keyPairId}`;
    };
    const status = async (stream: string, country: string, c?: string): Promise<number> => (await httpRequest(`https://${DOMAIN}/live/${stream}/index.m3u8`, { ...at, timeoutMs: 30_000, headers: { "x-sim-country": country, ...(c === undefined ? {} : { cookie: c }) } })).status;
    const main = cookie(`https://${DOMAIN}/live/main/*`, HOUR_S);
    expect(await status("main", "DE")).toBe(403);
    expect(await status("main", "DE", cookie(`https://${DOMAIN}/live/main/*`, -HOUR_S))).toBe(403);
    expect(await status("side", "US", main)).toBe(403);
    expect(await status("main", "US", main)).toBe(403);
    // Let in; there is no host behind that could answer.
    expect(await status("main", "DE", main)).toBeGreaterThanOrEqual(500);
  }, 120_000);

  it("another image: a new host serves, then has the address, and only then the old one goes", async () => {
    const { world, stack } = aws, old = machineOf(world, "mux-eu-a").id, address = publicAddress(world, old), from = world.done.length;
    expect((await stack.pulumi(["config", "set", "headend:images", JSON.stringify({ "eu-central-1/x86": "ami-0d3b1a12345678901", "us-east-1/x86": "ami-0d3b1a12345678900" })])).code).toBe(0);
    await stack.up();
    const now = machineOf(world, "mux-eu-a").id;
    expect([now === old, publicAddress(world, now)]).toEqual([false, address]);
    const order = ["create ec2/Instance mux-eu-a", "create ec2/EipAssociation mux-eu-a", `delete ec2/Instance ${old}`].map((what) => world.done.indexOf(what, from));
    expect(order[0]).toBeGreaterThanOrEqual(0);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }, 200_000);

  it("a stream, a transcoder, a zone and a region more touch nothing that runs", async () => {
    aws.stack.write(everything({ stream: true, transcoders: 3, zones: 3, region: true }));
    const steps = (await aws.stack.previewSteps()).map(({ op, urn }) => { const [, , type = "", name = ""] = urn.split("::"); return { op, what: `${type.split("$").at(-1)?.split(":").at(-1) ?? ""} ${name}` }; });
    const made = steps.filter((s) => s.op === "create").map((s) => s.what);
    expect(made.filter((what) => /^(Instance|Group) /.test(what)).sort()).toEqual(["Group dist-west", "Instance tx-eu-3"]);
    const touched = steps.filter((s) => s.op !== "create" && /^(Instance|Eip|EipAssociation|Subnet|Vpc|Group|LaunchTemplate|LoadBalancer|TargetGroup|Listener|SecurityGroup|Distribution|Role|RolePolicy|Bucket|Zone) /.test(s.what));
    // The group and its balancer reach into the new zone; the private names are seen from the new network.
    expect(touched.map((s) => `${s.op} ${s.what}`).sort()).toEqual(["update Group dist-eu", "update LoadBalancer eu-edge", "update Zone internal"]);
    // What goes: bundles whose name is their hash, a link's key or an alarm where a stream moves to the new transcoder, and the simulation's own certificate.
    const away = steps.filter((s) => s.op !== "create" && s.op !== "update").map((s) => s.what);
    expect(away.filter((what) => !/^(BucketObjectv2 \S+-bundle|Parameter \S+\/link\/\S+|MetricAlarm \S+-speed|CertRequest tls-request|LocallySignedCert tls-cert)$/.test(what))).toEqual([]);
  }, 200_000);

  it("leaves nothing", () => gone(aws), 200_000);
});
