import { expect, test, vi } from "vitest";
import { run } from "./lib.ts";

vi.mock("../../../../infra/targets/aws/host-side.ts", () => ({ findPrograms: () => null, bootstrapScript: () => "#!/bin/sh\n", waitCommand: () => "wait" }));

/** 40 hosts in two regions with ten streams. */
export const LARGE = `headend: 1
name: large
domain: live.example.org
streams:
${Array.from({ length: 10 }, (_, i) => `  stage-${i}: { redundancy: 2, viewers: { eu: 500, us: 500 }, publishers: { truck: { via: [srt, rtmps] } } }`).join("\n")}
regions:      { eu: { aws: eu-central-1, zones: 3 }, us: { aws: us-east-1, zones: 3 } }
multiplexers: { eu: 2, us: 2 }
transcoders:  { eu: 10, us: 10 }
distributors: { eu: { min: 8, max: 16 }, us: { min: 8, max: 16 } }
cdn:          { provider: cloudfront, shield: true }
`;

test("two regions and 40 hosts: the program itself takes seconds of processor time", async () => {
  const before = process.cpuUsage();
  const ran = await run(LARGE);
  const { user, system } = process.cpuUsage(before);
  expect(ran.of("aws:ec2/instance:Instance")).toHaveLength(24);
  expect(ran.of("aws:autoscaling/group:Group")).toHaveLength(2);
  // Of the 15 s that a preview may take; wall time depends on what else this machine does.
  expect((user + system) / 1e6).toBeLessThan(10);
}, 120_000);
