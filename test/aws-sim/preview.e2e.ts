/** What people without an account see: the whole preview of the stand-in that they get, and words instead of resources. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureAwsPrograms } from "../../scripts/setup/index.ts";
import { run } from "../../scripts/setup/process.ts";
import { TestStack } from "../e2e/lib/stack.ts";
import { largeTopology, smallTopology } from "./topology.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const NAME = "e2e-aws-preview";
const NOBODY = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "", AWS_PROFILE: "", AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null", AWS_ENDPOINT_URL: "", AWS_EC2_METADATA_DISABLED: "true" };

describe("aws without an account", () => {
  const stack = new TestStack({ name: NAME, topology: largeTopology(), config: { target: "aws", images: JSON.stringify({ "eu-central-1/x86": "ami-0d3b1a12345678900" }) }, env: NOBODY });
  const headend = (command: string): ReturnType<typeof run> => run([process.execPath, join(ROOT, "scripts/headend.mjs"), command, "--stack", NAME], { cwd: ROOT, env: stack.env, timeoutMs: 120_000 });
  beforeAll(() => stack.init(), 60_000);
  afterAll(() => stack.destroy(), 60_000);

  it("previews two regions and 40 hosts", async () => {
    const began = performance.now(), { code, stdout, stderr } = await headend("preview");
    process.stderr.write(`        previewed in ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    expect(code, stderr).toBe(0);
    const made = [...stdout.matchAll(/^\s*\+ (aws:[\w/]+:\w+):/gm)].map(([, type]) => type);
    expect(made.filter((type) => type === "aws:ec2/instance:Instance")).toHaveLength(24);
    expect(made.filter((type) => type === "aws:autoscaling/group:Group")).toHaveLength(2);
    expect(stdout).not.toContain(stack.key("stage-0", "truck"));
  }, 150_000);

  it("creates nothing, and says in words what is missing", async () => {
    const doctor = await headend("doctor");
    expect(doctor.stdout).toMatch(/none is pinned for eu-central-1\/arm, us-east-1\/arm/);
    expect(doctor.stdout).toContain(`npx headend ami --stack ${NAME} --write`);
    const status = await headend("status");
    expect([status.code, status.stderr]).toEqual([1, expect.stringContaining("is not deployed") as string]);
    await ensureAwsPrograms({ root: ROOT, architectures: ["x86"] });
    stack.write(smallTopology());
    const { code, stdout } = await stack.tryUp();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/cannot be created: this is headend's stand-in for the aws plugin\. It shows previews without credentials and never touches AWS/);
    expect(await stack.export()).not.toMatch(/"type": "aws:/);
  }, 400_000);
});
