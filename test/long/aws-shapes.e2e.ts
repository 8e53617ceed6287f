/** Every optional branch of the aws target, created once: arguments are put to moto through the AWS SDK, permissions to a linter. Hosts only pretend. */
import { resolve } from "node:path";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureAwsPrograms } from "../../scripts/setup/index.ts";
import { run } from "../../scripts/live/docker.ts";
import { AWS_TYPES } from "../../scripts/plugins/aws/types.ts";
import { awsStack } from "../aws-sim/lib/aws-stack.ts";
import type { AwsStack } from "../aws-sim/lib/aws-stack.ts";
import { cannotSimulate } from "../aws-sim/lib/able.ts";
import { pythonEnvironment } from "../aws-sim/world/moto.ts";
import { text } from "../aws-sim/world/resource.ts";
import type { World } from "../aws-sim/world/world.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const DAY_MS = 86_400_000;
/** A bundle is read by every host at every edit. */
const MOST_BUNDLE_BYTES = 64 * 1024;
const why = cannotSimulate();

const at = (days: number, hour: number): string => `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)}T${String(hour).padStart(2, "0")}:00Z`;
const HOSTS = `
regions: { eu: { aws: eu-central-1, zones: 2 }, us: { aws: us-east-1, zones: 2 } }
multiplexers: { eu: { count: 2, size: c7i.large } }
transcoders: { eu: { count: 2, size: c7i.2xlarge }, us: { count: 1, size: c7i.2xlarge } }
distributors: { eu: { min: 2, max: 6, size: c7i.large }, us: { min: 1, max: 4, size: c7i.large } }
`;
/** With a CDN, cookies, countries, recordings, dates, alarms; then without. */
const VARIANTS: Readonly<Record<string, string>> = {
  everything: `
domain: live.example.org
event: { doors: ${at(20, 16)}, start: ${at(20, 17)}, end: ${at(20, 22)} }
streams:
  main:
    source: { resolution: 1920x1080, fps: 30, bitrate: 6 Mbps, keyframe: 2 s }
    publishers: { truck: { via: [srt, rtmps], from: [203.0.113.0/24] }, laptop: { via: [rtmp], backup: true } }
    ladder: [source, 720p]
    redundancy: 2
    viewers: { eu: 4000, us: 1500 }
    record: { keep: 30 d }
    restream: { youtube: { url: "rtmps://a.rtmps.youtube.com/live2", key: secret:youtube } }
    access: { token: true, countries: [DE, FR] }
  side:
    publishers: { phone: { via: [srt] } }
    ladder: [480p]
    viewers: { eu: 10 }
    access: { token: true, countries: [US] }
${HOSTS}cdn: { provider: cloudfront, shield: true }
observe: { alerts: { email: ops@example.org }, budget: 8000 USD }
`,
  "no CDN": `
domain: live.example.org
streams:
  main:
    publishers: { truck: { via: [srt] } }
    ladder: [480p]
    latency: low
    viewers: { eu: 40, us: 15 }
${HOSTS}cdn: none
`,
};

describe("aws: every branch's arguments", () => {
  let aws: AwsStack | undefined;
  const used = new Set<string>(), policies: { name: string; text: string }[] = [];
  const world = (): World => { if (aws === undefined) throw new Error("no simulation"); return aws.world; };

  beforeEach(({ skip }) => { if (why !== null) skip(why); });
  beforeAll(async () => { if (why === null) await ensureAwsPrograms({ root: ROOT, architectures: ["x86"] }); }, 590_000);
  afterAll(async () => { await aws?.close(); }, 120_000);

  it.each(Object.keys(VARIANTS))("%s: accepted, stable, and gone after destroy", async (name) => {
    aws = await awsStack({ name: "e2e-aws-shapes", topology: VARIANTS[name] ?? "", hosts: "reports", secrets: { youtube: "abcd-efgh" }, config: { scale: "0.5" } });
    await aws.stack.up();
    for (const type of Object.keys(world().counts())) used.add(type);
    policies.push(...world().all("iam/RolePolicy").map((p) => ({ name: `${name}: ${p.name}`, text: text(p.inputs, "policy") })));
    expect(await aws.stack.previewSteps()).toEqual([]);
    for (const m of world().machines.values()) expect(m.userData?.length, m.tags["headend-host"]).toBeLessThan(1536);
    for (const o of world().all("s3/BucketObjectv2").filter((b) => text(b.inputs, "key").includes("/bundles/"))) expect(Buffer.byteLength(text(o.inputs, "content")), text(o.inputs, "key")).toBeLessThan(MOST_BUNDLE_BYTES);
    const destroyed = await aws.stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroyed.code, destroyed.stdout.slice(-3000)).toBe(0);
    const kept = Object.keys(world().counts()).filter((t) => !t.startsWith("s3/"));
    expect(kept).toEqual([]);
    await aws.close();
    aws = undefined;
  }, 400_000);

  it("creates every type that the target uses", () => {
    const folder = resolve(ROOT, "infra/targets/aws");
    const imported = readdirSync(folder).filter((f) => f.endsWith(".ts")).flatMap((f) => [...readFileSync(resolve(folder, f), "utf8").matchAll(/from "@pulumi\/aws\/([a-z0-9]+)\/([A-Za-z0-9]+)\.js"/g)].map((m) => `${m[1]}/${(m[2] ?? "").charAt(0).toUpperCase()}${(m[2] ?? "").slice(1)}`)).filter((t) => !/\/Get/.test(t));
    expect([...new Set(imported)].filter((t) => !AWS_TYPES.includes(t)), "unknown to the stand-in").toEqual([]);
    expect([...new Set(imported)].filter((t) => !used.has(t)), "never created here").toEqual([]);
  });

  it("grants nothing that a linter objects to, and no wildcard action", async () => {
    for (const p of policies) for (const s of (JSON.parse(p.text) as { Statement: { Action: string | string[] }[] }).Statement) expect([s.Action].flat().filter((a) => a.includes("*")), p.name).toEqual([]);
    const program = "import json,sys\nfrom parliament import analyze_policy_string\nout=[]\nfor p in json.load(sys.stdin):\n  for f in analyze_policy_string(p['text']).findings: out.append([p['name'], f.issue, str(f.detail), str(f.location)])\nprint(json.dumps(out))";
    const r = await run(`${await pythonEnvironment()}/bin/python`, ["-W", "ignore", "-c", program], { input: JSON.stringify(policies), timeoutMs: 120_000 });
    expect(r.code, r.stderr).toBe(0);
    expect(JSON.parse(r.stdout)).toEqual([]);
  }, 150_000);
});
