import { describe, expect, test, vi } from "vitest";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { parseTopology } from "../../../../infra/spec/load.ts";
import { hostSizes } from "../../../../infra/targets/aws/sizes.ts";
import { newestImage } from "../../../../scripts/cli/ami.ts";
import { run } from "./lib.ts";

vi.mock("../../../../infra/targets/aws/host-side.ts", () => ({ findPrograms: () => null, bootstrapScript: () => "#!/bin/sh\n", waitCommand: () => "wait" }));

const topology = (encoder: string, transcoders = "1"): string => `headend: 1
name: sizes
domain: live.example.org
streams: { main: { encoder: ${encoder}, publishers: { desk: { via: [srt] } } } }
regions: { eu: { aws: eu-central-1 } }
transcoders: { eu: ${transcoders} }
`;
const sizeOf = (text: string): unknown => { const { topology: t } = parseTopology(text, "t.yaml"); return hostSizes(t, planTopology(t)).get("tx-eu-1"); };

describe("sizes of transcoders", () => {
  test("a hardware encoder brings a size with a card, and its driver", async () => {
    expect(sizeOf(topology("nvenc"))).toMatchObject({ name: "g4dn.xlarge", architecture: "x86", gpu: "nvidia", chosen: false });
    expect(sizeOf(topology("nvenc", "{ count: 1, size: g5.xlarge }"))).toMatchObject({ name: "g5.xlarge", gpu: "nvidia" });
    const userData = async (encoder: string): Promise<string> => String((await run(topology(encoder))).one("aws:ec2/instance:Instance", "tx-eu-1").inputs["userData"]);
    expect(await userData("nvenc")).toContain("HEADEND_GPU=nvidia\n");
    expect(await userData("x264")).not.toContain("HEADEND_GPU");
  }, 60_000);

  test("what cannot encode in real time for hours is refused, with what to do", () => {
    expect(() => sizeOf(topology("nvenc", "{ count: 1, size: c7g.xlarge }"))).toThrow(/no NVIDIA card\. Use a size of g4dn, g5 or g6/);
    expect(() => sizeOf(topology("vaapi"))).toThrow(/no EC2 size offers\. Use encoder: x264, or nvenc/);
    expect(() => sizeOf(topology("x264", "{ count: 1, size: t3.large }"))).toThrow(/CPU credits.*\nUse another size/);
  });
});

test("the newest image of a list; those without an id do not count", () => {
  expect(newestImage([{ ImageId: "ami-1", Name: "a", CreationDate: "2026-01-01" }, { ImageId: "ami-2", Name: "b", CreationDate: "2026-03-01" }, { Name: "c", CreationDate: "2027-01-01" }])).toEqual({ id: "ami-2", name: "b" });
  expect(newestImage([])).toBeNull();
});
