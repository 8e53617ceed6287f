/** A variant of the aws target, created once with hosts that only pretend: what is asked of its arguments. */
import { expect } from "vitest";
import { run } from "../../../scripts/live/docker.ts";
import { pythonEnvironment } from "../world/moto.ts";
import { text } from "../world/resource.ts";
import type { World } from "../world/world.ts";
import { awsStack } from "./aws-stack.ts";
import type { AwsStack } from "./aws-stack.ts";

/** A bundle is read by every host at every edit. */
const MOST_BUNDLE_BYTES = 64 * 1024;

/** Creates everything; moto takes what it implements of it, or this fails. */
export async function create(topology: string): Promise<AwsStack> {
  const aws = await awsStack({ name: "e2e-aws-shapes", topology, hosts: "reports", secrets: { youtube: "abcd-efgh" }, config: { scale: "0.5" } });
  try { await aws.stack.up(); } catch (error) { await aws.close(); throw error; }
  return aws;
}

/** User data and bundles are small. */
export function small(world: World): void {
  for (const m of world.machines.values()) expect(m.userData?.length, m.tags["headend-host"]).toBeLessThan(1536);
  for (const o of world.all("s3/BucketObjectv2").filter((b) => text(b.inputs, "key").includes("/bundles/"))) expect(Buffer.byteLength(text(o.inputs, "content")), text(o.inputs, "key")).toBeLessThan(MOST_BUNDLE_BYTES);
}

/** Nothing is left but the store's and recordings' own objects. */
export async function gone({ stack, world }: AwsStack): Promise<void> {
  const destroyed = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(destroyed.code, destroyed.stdout.slice(-3000)).toBe(0);
  expect(Object.keys(world.counts()).filter((t) => !t.startsWith("s3/"))).toEqual([]);
}

/** No wildcard action, and nothing that the linter (parliament) objects to. */
export async function lintPolicies(world: World): Promise<void> {
  const policies = world.all("iam/RolePolicy").map((p) => ({ name: p.name, text: text(p.inputs, "policy") }));
  expect(policies.length).toBeGreaterThan(0);
  for (const p of policies) for (const s of (JSON.parse(p.text) as { Statement: { Action: string | string[] }[] }).Statement) expect([s.Action].flat().filter((a) => a.includes("*")), p.name).toEqual([]);
  const program = "import json,sys\nfrom parliament import analyze_policy_string\nout=[]\nfor p in json.load(sys.stdin):\n  for f in analyze_policy_string(p['text']).findings: out.append([p['name'], f.issue, str(f.detail), str(f.location)])\nprint(json.dumps(out))";
  const r = await run(`${await pythonEnvironment()}/bin/python`, ["-W", "ignore", "-c", program], { input: JSON.stringify(policies), timeoutMs: 120_000 });
  expect(r.code, r.stderr).toBe(0);
  expect(JSON.parse(r.stdout)).toEqual([]);
}
