import { expect, test, vi } from "vitest";
import { largeTopology } from "../../../aws-sim/topology.ts";
import { run } from "./lib.ts";

vi.mock("../../../../infra/targets/aws/host-side.ts", () => ({ findPrograms: () => null, bootstrapScript: () => "#!/bin/sh\n", waitCommand: () => "wait" }));

test("two regions and 40 hosts: the program itself takes seconds of processor time", async () => {
  const before = process.cpuUsage();
  const ran = await run(`headend: 1\nname: large\n${largeTopology()}`);
  const { user, system } = process.cpuUsage(before);
  expect(ran.of("aws:ec2/instance:Instance")).toHaveLength(24);
  expect(ran.of("aws:autoscaling/group:Group")).toHaveLength(2);
  // Of the 15 s that a preview may take; wall time depends on what else this machine does.
  expect((user + system) / 1e6).toBeLessThan(10);
}, 120_000);
