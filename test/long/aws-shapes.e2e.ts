/** The aws target's branches without a CDN, created once; those behind one are in test/aws-sim/shapes.e2e.ts. Hosts only pretend. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ensureAwsPrograms } from "../../scripts/setup/index.ts";
import { cannotSimulate } from "../aws-sim/lib/able.ts";
import type { AwsStack } from "../aws-sim/lib/aws-stack.ts";
import { create, gone, lintPolicies, small } from "../aws-sim/lib/shapes.ts";
import { WITHOUT_CDN } from "../aws-sim/lib/variants.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const why = cannotSimulate();
let aws: AwsStack | undefined;

beforeEach(({ skip }) => { if (why !== null) skip(why); });
beforeAll(async () => { if (why === null) await ensureAwsPrograms({ root: ROOT, architectures: ["x86"] }); }, 590_000);
afterAll(async () => { await aws?.close(); }, 120_000);

it("aws without a CDN: accepted, stable, and gone after destroy", async () => {
  aws = await create(WITHOUT_CDN);
  small(aws.world);
  await lintPolicies(aws.world);
  expect(await aws.stack.previewSteps()).toEqual([]);
  await gone(aws);
}, 400_000);
