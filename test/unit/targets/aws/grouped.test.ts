import { expect, test, vi } from "vitest";
import type { Plan } from "../../../../infra/plan/model.ts";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { PlanIndex } from "../../../../infra/render/plan-index.ts";
import { waysOf } from "../../../../infra/render/pathways.ts";
import { renderPlan } from "../../../../infra/render/render.ts";
import { parseTopology } from "../../../../infra/spec/load.ts";
import { grouped } from "../../../../infra/targets/aws/grouped.ts";
import { members } from "../../../../infra/targets/aws/members.ts";

vi.mock("../../../../infra/targets/aws/host-side.ts", () => ({ findPrograms: () => null, bootstrapScript: () => "#!/bin/sh\n", waitCommand: () => "wait" }));

const { topology } = parseTopology(`headend: 1
name: ways
domain: live.example.org
streams: { main: { publishers: { desk: { via: [srt] } } } }
regions: { eu: { aws: eu-central-1, zones: 2 }, us: { aws: us-east-1 }, asia: { aws: ap-northeast-1 } }
multiplexers: { eu: 2 }
transcoders: { eu: 2 }
distributors: { eu: 8, us: 8, asia: 2 }
cdn: { provider: cloudfront }
delivery: { cdn: { weight: 1 }, distributors: { weight: 3 } }
`, "ways.yaml");
const plan = planTopology(topology);
const ways = (of: Plan, name: string): { id: string; weight: number }[] => waysOf(of, of.hosts.find((h) => h.name === name)!, new PlanIndex(of)).map(({ id, weight }) => ({ id, weight }));

test("every region calls the ways by the same names, however many distributors a region has; they share what distributors have", () => {
  const sorted = (name: string): unknown => ways(grouped(plan), name).sort((a, b) => (a.id < b.id ? -1 : 1));
  expect(sorted("dist-eu-1")).toEqual(["cdn", "dist-asia-1", "dist-eu-1", "dist-us-1"].map((id) => ({ id, weight: 1 })));
  expect(sorted("dist-us-1")).toEqual(sorted("dist-eu-1"));
});

test("of the listed distributors each has an equal part, and all together what the group has", () => {
  const weights = ways(plan, "dist-eu-3").filter(({ id }) => id !== "cdn").map(({ weight }) => weight);
  expect(weights).toHaveLength(5);
  expect(new Set(weights)).toEqual(new Set([3 / 5]));
});

test("a group's bundle differs from the distributor's elsewhere in its ways alone", () => {
  const bundles = renderPlan(plan), group = members(topology, plan, bundles, {}).find((m) => m.host.name === "dist-eu-1")?.bundle.files, alone = bundles.find((b) => b.host === "dist-eu-1")?.files;
  expect(group?.map((f) => f.path)).toEqual(alone?.map((f) => f.path));
  const different = group?.filter((f, i) => f.content !== alone?.[i]?.content).map((f) => f.path);
  expect(different).toEqual(["nginx/pathways.conf", "pathways.json", "steering/fallback.json", "steering/steering.json"]);
});
