import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Made, type Ran, run } from "./lib.ts";

vi.mock("../../../../infra/targets/aws/host-side.ts", () => ({ findPrograms: (_: string, architecture: string) => ({ architecture, sha256: "f".repeat(64), path: "package.json" }), bootstrapScript: () => "#!/bin/sh\n", waitCommand: () => "wait" }));

const BASE = `headend: 1
name: show
domain: live.example.org
streams:
  main: { publishers: { desk: { via: [srt, rtmps] } }, redundancy: 2 }
regions:      { eu: { aws: eu-central-1, zones: 1 } }
multiplexers: { eu: { count: 2, size: c7g.large } }
transcoders:  { eu: { count: 2, size: c7g.xlarge } }
distributors: { eu: { min: 1, max: 2, size: c7g.large } }
cdn: cloudfront
`;

let base: Ran;
beforeAll(async () => { base = await run(BASE, {}, { preview: false }); }, 60_000);

interface Changes { readonly added: string[]; readonly removed: string[]; readonly changed: Map<string, string[]> }

const keyOf = (m: Made): string => `${m.type.split(":").at(-1)} ${m.name}`;

/** What an edit does to the stack's resources: those that come, go, and the inputs of those that change. */
async function edited(text: string): Promise<Changes> {
  const after = await run(text, {}, { preview: false });
  const real = (ran: Ran): Map<string, Made> => new Map(ran.made.filter((m) => m.custom).map((m) => [keyOf(m), m]));
  const [was, now] = [real(base), real(after)];
  const changed = new Map<string, string[]>();
  for (const [key, made] of now) {
    const before = was.get(key);
    if (!before) continue;
    const inputs = [...new Set([...Object.keys(before.inputs), ...Object.keys(made.inputs)])]
      .filter((input) => !made.ignored.includes(input) && JSON.stringify(before.inputs[input]) !== JSON.stringify(made.inputs[input])).sort();
    if (inputs.length > 0) changed.set(key, inputs);
  }
  return { added: [...now.keys()].filter((k) => !was.has(k)).sort(), removed: [...was.keys()].filter((k) => !now.has(k)).sort(), changed };
}

/** Resources whose change would touch what runs. */
const RUNNING = /^(Instance|Eip|EipAssociation|Subnet|Vpc|Group|LaunchTemplate|LoadBalancer|TargetGroup|Listener|SecurityGroup|Distribution) /;
const touched = (changes: Changes): string[] => [...changes.changed.keys(), ...changes.removed].filter((key) => RUNNING.test(key));

describe("an edit changes what it must", () => {
  test("nothing edited: nothing changes", async () => {
    const changes = await edited(BASE);
    expect({ ...changes, changed: [...changes.changed] }).toEqual({ added: [], removed: [], changed: [] });
  }, 60_000);

  test("another bitrate: bundles, pointers, and what waits for them", async () => {
    const changes = await edited(BASE.replace("redundancy: 2", "redundancy: 2, ladder: source-only"));
    expect(changes.added).toEqual([]);
    expect(changes.removed).toEqual([]);
    expect([...changes.changed.keys()].filter((key) => !/^(BucketObjectv2 \S+-(bundle|pointer)|Command \S+-applied) ?$/.test(key))).toEqual([]);
    expect(changes.changed.get("BucketObjectv2 tx-eu-1-pointer")).toEqual(["content"]);
  }, 60_000);

  test("a stream: no host is touched, none but its alarms and keys come", async () => {
    const changes = await edited(BASE.replace("streams:\n", "streams:\n  second: { publishers: { desk: { via: [srt] } } }\n"));
    expect(touched(changes)).toEqual([]);
    expect(changes.removed).toEqual([]);
    expect(changes.added.filter((key) => !/^(MetricAlarm second-|Parameter \S+\/srt\/second\/desk$)/.test(key))).toEqual([]);
    expect(changes.added.some((key) => key.startsWith("Parameter mux-eu-a/"))).toBe(true);
  }, 60_000);

  test("a transcoder: a machine of its own; where a stream moves to it, a key and an alarm move too", async () => {
    const changes = await edited(BASE.replace("count: 2, size: c7g.xlarge", "count: 3, size: c7g.xlarge"));
    expect(touched(changes)).toEqual([]);
    expect(changes.removed.filter((key) => !/^(Parameter mux-eu-\w\/link\/|MetricAlarm main-tx-eu-\d-speed$)/.test(key))).toEqual([]);
    expect(changes.added.filter((key) => !/tx-eu-3/.test(key))).toEqual([]);
    expect(changes.added).toContain("Instance tx-eu-3");
  }, 60_000);

  test("a zone: new subnets; the second host of each role goes there, the first stays", async () => {
    const changes = await edited(BASE.replace("zones: 1", "zones: 2"));
    expect(changes.removed).toEqual([]);
    expect(changes.added.filter((key) => !/^(Subnet|RouteTableAssociation) eu-\w+-2$/.test(key))).toEqual([]);
    expect(touched(changes).sort()).toEqual(["Group dist-eu", "Instance mux-eu-b", "Instance tx-eu-2", "LoadBalancer eu-edge"].sort());
    expect(changes.changed.get("Instance mux-eu-b")).toEqual(["subnetId"]);
    expect(changes.changed.get("Group dist-eu")).toEqual(["vpcZoneIdentifiers"]);
  }, 60_000);

  test("a region: its own things, a way between the two, and the CDN's second origin", async () => {
    const changes = await edited(BASE.replace("zones: 1 } }", "zones: 1 }, us: { aws: us-east-1, zones: 1 } }").replace("distributors: { ", "distributors: { us: { count: 1, size: c7g.large }, "));
    expect(changes.removed).toEqual([]);
    expect(touched(changes)).toEqual(["Distribution cdn"]);
    expect(changes.changed.get("Distribution cdn")).toEqual(["origins"]);
    expect(changes.changed.get("Zone internal")).toEqual(["vpcs"]);
    expect(changes.added.filter((key) => !/us\b|us-|us\./.test(key))).toEqual([]);
    expect(changes.added).toContain("VpcPeeringConnection eu-us");
  }, 60_000);

  test("another image: the hosts of that architecture, one kind of input", async () => {
    const images = JSON.stringify({ "eu-central-1/arm": "ami-0newer" });
    const after = await run(BASE, { images }, { preview: false });
    expect(after.one("aws:ec2/instance:Instance", "mux-eu-a").inputs).toEqual({ ...base.one("aws:ec2/instance:Instance", "mux-eu-a").inputs, ami: "ami-0newer" });
  }, 60_000);
});
