import { describe, expect, it } from "vitest";
import { capacity, chooseSize } from "../../../../infra/plan/capacity/capacity.ts";
import { streamCpu, vcpusFor } from "../../../../infra/plan/capacity/cpu.ts";
import { internetMbps, sizeFacts, SUGGESTED, viewersHeld, type SizeFacts } from "../../../../infra/plan/capacity/sizes.ts";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { crowd, planOf, topologyOf } from "../fixtures.ts";

const facts = (name: string): SizeFacts => sizeFacts(name) ?? expect.fail(`${name} is not in the table`);
const of = (body: string) => { const topology = topologyOf(body); return capacity(topology, planTopology(topology)); };
const hostOf = (c: ReturnType<typeof of>, name: string) => c.hosts.find((h) => h.host === name) ?? expect.fail(`no ${name}`);
const LADDER = "{ source: { resolution: 1920x1080, fps: 30, bitrate: 5 Mbps }, ladder: [source, 720p, 480p, 360p]";

describe("processor", () => {
  const [stream] = planOf(`streams:\n  m: ${LADDER} }\n`).streams;
  const cpu = (architecture: "x86" | "arm", preset = "veryfast") => streamCpu({ ...stream!, encoder: { kind: "x264", preset } }, architecture);

  it("gives the figures of the knowledge for the 1080p30 ladder", () => {
    expect(cpu("x86").decode).toBeCloseTo(0.31, 5);
    expect(cpu("arm").cores / 0.7).toBeCloseTo(5.1, 1);
    expect(cpu("x86").cores / 0.7).toBeCloseTo(8.2, 1);
    expect(cpu("x86").rungs.map((r) => Math.round(r.megapixels))).toEqual([62, 28, 12, 7]);
  });

  it("stays within 20 % of the measurements on full cores: whole ladder 3.68, 1080p30 alone 1.93", () => {
    expect(Math.abs(cpu("arm").cores / 3.68 - 1)).toBeLessThan(0.2);
    const [alone] = planOf("streams:\n  m: { source: { resolution: 1920x1080, fps: 30, bitrate: 5 Mbps }, ladder: [source] }\n").streams;
    expect(Math.abs(streamCpu({ ...alone!, encoder: { kind: "x264", preset: "veryfast" } }, "arm").cores / 1.93 - 1)).toBeLessThan(0.2);
  });

  it("rounds to a whole vCPU, so that the ladder gets the 8 vCPU size", () => {
    expect(vcpusFor(cpu("x86").cores)).toBe(8);
    expect(vcpusFor(0)).toBe(1);
  });

  it("counts presets by their measured factor, and says when there is none", () => {
    const encode = (preset: string) => cpu("arm", preset).cores - cpu("arm", preset).decode;
    expect(encode("superfast") / encode("veryfast")).toBeCloseTo(0.69, 5);
    expect(encode("medium") / encode("veryfast")).toBeCloseTo(2.8, 5);
    expect(cpu("arm", "slower").measured).toBe(false);
    expect(of(`streams:\n  m: ${LADDER}, encoder: { preset: slower } }\n`).notes.join()).toContain("slower than medium");
  });

  it("leaves only decoding for hardware encoders", () => {
    expect(streamCpu({ ...stream!, encoder: { kind: "nvenc", preset: "p4" } }, "x86").cores).toBeCloseTo(0.31, 5);
  });
});

describe("sizes", () => {
  it("hold the viewers that the knowledge says, at 4 Mbps", () => {
    const held = ["t3.medium", "c7g.large", "c7g.xlarge", "c7g.2xlarge", "c7gn.large", "c7gn.8xlarge"].map((size) => viewersHeld(facts(size), 4000));
    expect(held).toEqual([51, 187, 375, 750, 1000, 10_000]);
  });

  it("cap what goes through an internet gateway", () => {
    expect(internetMbps(facts("c7gn.4xlarge"))).toBe(5000);
    expect(internetMbps(facts("c7g.8xlarge"))).toBe(7500);
    expect(internetMbps({ vcpus: 32, baselineMbps: 6000 })).toBe(5000);
    expect(internetMbps(facts("t3.small"))).toBeNull();
  });

  it("know the processors and memory, and do not know what is not there", () => {
    expect(facts("c7g.2xlarge")).toMatchObject({ architecture: "arm", vcpus: 8, memoryMb: 17_180 });
    expect(facts("vt1.3xlarge").vcpus).toBe(12);
    for (const name of ["c7g.metal", "z9.large", "constructor.large", "c7g", "g5.large"]) expect(sizeFacts(name)).toBeNull();
    for (const name of Object.values(SUGGESTED).flat()) facts(name);
  });
});

describe("hosts", () => {
  it("have demand only where the size is not known", () => {
    const c = of(`streams:\n  m: ${LADDER}, viewers: 50 }\n`);
    expect(c.hosts.every((h) => h.limit === null && h.headroom === null)).toBe(true);
    expect(c.viewers.holds).toBeNull();
    expect(hostOf(c, "dist-home-1").demand.outMbps).toBeCloseTo(50 * 5.128 * 1.05, 1);
  });

  it("carry 50 viewers of 4 Mbps with 200 Mbps, 1,000 of 5 Mbps with 5 Gbps (requirements 12)", () => {
    const out = (bitrate: number, viewers: number) => {
      const body = `streams:\n  m: { source: { resolution: 1280x720, fps: 30, bitrate: ${bitrate} kbps }, ladder: [source], audio: { bitrate: 16 kbps }, viewers: ${viewers} }\n`;
      return hostOf(of(body), "dist-home-1").demand.outMbps / 1.05;
    };
    expect(out(3984, 50)).toBeCloseTo(200, 1);
    expect(out(4984, 100)).toBeCloseTo(500, 1);
    expect(out(4984, 1000)).toBeCloseTo(5000, 0);
  });

  it("sum publishers, copies, restreams and recordings on a multiplexer", () => {
    const body = `streams:\n  m: ${LADDER}, redundancy: 2, record: { keep: 1 h }, publishers: { a: {}, b: { backup: true } }, restream: { y: { url: "rtmp://example.org/live" } } }\ntranscoders: 2\n`;
    const { demand } = hostOf(of(body), "mux-home-a");
    expect(demand).toMatchObject({ inMbps: 10, outMbps: 5 * 3 + 5 * 2, cores: null, memoryMb: null });
    expect(demand.diskGb).toBeCloseTo(2 * 5 * 3600 / 8000, 6);
  });

  it("record no longer than the event lasts", () => {
    const event = "event: { doors: 2026-12-05T17:30+01:00, start: 2026-12-05T18:00+01:00, end: 2026-12-05T19:30+01:00 }\n";
    expect(hostOf(of(`streams:\n  m: ${LADDER}, record: { keep: 30 d } }\n${event}`), "mux-home-a").demand.diskGb).toBeCloseTo(2 * 5 * 3600 / 8000, 6);
  });

  it("get the smallest size that holds, one for a group, where the region is AWS's", () => {
    const c = of(`streams:\n  m: ${LADDER}, viewers: { eu: 900 } }\nregions: { eu: { aws: eu-central-1 } }\n`);
    expect(c.hosts.map((h) => [h.size, h.sizeFrom])).toEqual([["c7g.large", "chosen"], ["c7g.2xlarge", "chosen"], ["c7gn.8xlarge", "chosen"]]);
    expect(c.hosts.every((h) => h.short.length === 0)).toBe(true);
    expect(chooseSize("distributor", { cores: 0, memoryMb: 0, inMbps: 0, outMbps: 1e9, diskGb: 0, viewers: 1, connections: 2 })).toBe("c7gn.8xlarge");
  });

  it("name what is short", () => {
    const c = of(`streams:\n  m: ${LADDER}, viewers: { eu: 900 } }\nregions: { eu: { aws: eu-central-1 } }\ntranscoders: { eu: { count: 1, size: c7i.xlarge } }\ndistributors: { eu: { count: 1, size: t3.medium } }\n`);
    expect(hostOf(c, "tx-eu-1").short).toEqual(["cpu"]);
    expect(hostOf(c, "dist-eu-1").short).toEqual(["bandwidth"]);
    expect(hostOf(c, "dist-eu-1").headroom?.link).toBeLessThan(0);
  });
});

describe("links, connections, disks and the CDN", () => {
  const AWS = "regions: { eu: { aws: eu-central-1 } }\n";

  it("are counted against sustained figures, never bursts", () => {
    const c = of(`streams:\n  m: ${LADDER}, viewers: { eu: 100 } }\n${AWS}multiplexers: { eu: { size: t3.medium } }\ndistributors: { eu: { count: 1, size: t3.medium } }\n`);
    expect(hostOf(c, "dist-eu-1").limit?.linkMbps).toBe(256);
    expect(hostOf(c, "mux-eu-a").limit?.linkMbps).toBe(256);
  });

  it("count two connections a viewer and what hosts keep open between them", () => {
    const c = of(`streams:\n  m: ${LADDER}, publishers: { a: {}, b: { backup: true } }, redundancy: 2, viewers: { eu: 100 } }\n${AWS}transcoders: { eu: 2 }\ndistributors: { eu: 2 }\n`);
    expect(hostOf(c, "dist-eu-1").demand).toMatchObject({ viewers: 50, connections: 100 });
    expect(hostOf(c, "mux-eu-a").demand.connections).toBe(2 * (1 + 2));
    expect(hostOf(c, "tx-eu-1").demand.connections).toBe(2 + 2 * 32);
    expect(hostOf(c, "dist-eu-1").limit?.connections).toBe(2 * 16_384);
  });

  it("say connections where pictures are small", () => {
    const c = of(`streams:\n  m: { source: { resolution: 320x180, fps: 30, bitrate: 100 kbps }, ladder: [source], audio: { bitrate: 16 kbps }, viewers: { eu: 10 } }\n${AWS}distributors: { eu: { count: 2, size: c7gn.large } }\n`);
    expect(c.viewers).toMatchObject({ holds: 2 * 16_384, then: "dist-eu connections" });
  });

  it("hold recordings against the disk that is said", () => {
    const body = (disk: string) => `streams:\n  m: ${LADDER}, record: { keep: 30 d } }\n${AWS}multiplexers: { eu: { disk: ${disk} } }\n`;
    expect(hostOf(of(body("500 GB")), "mux-eu-a")).toMatchObject({ short: ["disk"], limit: { diskGb: 500 } });
    expect(hostOf(of(body("2 TB")), "mux-eu-a").headroom?.disk).toBeCloseTo(1 - 1620 / 2000, 3);
  });

  it("count each object once for each of the CDN's caches that asks", () => {
    const body = (cdn: string) => `streams:\n  m: ${LADDER}, viewers: { eu: 1000 } }\n${AWS}cdn: ${cdn}\n`;
    const out = (cdn: string) => hostOf(of(body(cdn)), "dist-eu-1").demand.outMbps;
    expect(out("cloudfront")).toBeCloseTo(3 * out("{ shield: true }"), 9);
    expect(out("{ shield: true }")).toBe(hostOf(of(body("none")), "dist-eu-1").demand.inMbps);
  });
});

describe("growth", () => {
  const two = (extra: string) => of(`streams:\n  m: { source: { resolution: 1280x720, fps: 30, bitrate: 3 Mbps }, ladder: [source], viewers: { eu: 400, us: 100 } }\nregions: { eu: { aws: eu-central-1 }, us: { aws: us-east-1 } }\nmultiplexers: { eu: 1 }\ntranscoders: { eu: 1 }\n${extra}`);

  it("says the first thing to break, at the largest number of distributors", () => {
    const { viewers, notes } = two("distributors: { eu: { min: 1, max: 4, size: c7g.large }, us: { min: 1, max: 1, size: c7g.large } }\n");
    expect(notes).toContain("Distributors are counted at their largest number: 4 in eu.");
    const each = Math.floor(937_000 * 0.8 / (3128 * 1.05));
    expect(viewers.groups.map((g) => g.holds)).toEqual([each * 4, each]);
    expect(viewers).toMatchObject({ expected: 500, holds: Math.floor(500 * (each * 4 / 400)), then: "dist-eu bandwidth" });
    expect(viewers.sentence).toBe(`Holds ${viewers.holds!.toLocaleString("en-US")} viewers on the best rendition; then dist-eu bandwidth.`);
  });

  it("knows that WebRTC takes processor", () => {
    const body = "streams:\n  m: { source: { resolution: 1280x720, fps: 30, bitrate: 1 Mbps }, latency: ultra, ladder: [source], viewers: 10 }\nregions: { eu: { aws: eu-central-1 } }\ndistributors: { eu: { count: 1, size: c7g.large } }\n";
    expect(of(body).viewers).toMatchObject({ holds: 70, then: "dist-eu cpu" });
  });

  it("does not grow behind a CDN", () => {
    expect(two("cdn: cloudfront\ndistributors: { eu: 1, us: 1 }\n").viewers).toMatchObject({ holds: null, then: null, sentence: expect.stringContaining("served by the CDN") as string });
  });

  it("is quick for 1,000 hosts and 2,000 streams", () => {
    const topology = topologyOf(crowd({ multiplexers: 10, transcoders: 400, distributors: 590, streams: 2000 }));
    const plan = planTopology(topology);
    expect(capacity(topology, plan).hosts).toHaveLength(1000);
  });
});
