import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../../infra/plan/model.ts";
import { planTopology } from "../../../infra/plan/plan.ts";
import { crowd, planOf, topologyOf } from "./fixtures.ts";

const small = fc.record({
  multiplexers: fc.integer({ min: 1, max: 3 }), transcoders: fc.integer({ min: 1, max: 8 }),
  distributors: fc.integer({ min: 1, max: 4 }), streams: fc.integer({ min: 1, max: 30 }),
});

const placement = (plan: Plan): Map<string, string> => new Map(plan.streams.map((s) => [s.name, s.transcoders.join()]));

describe("a file with one stream", () => {
  const plan = planOf("streams: { main: {} }\n");
  test("is a full studio", () => {
    expect(plan.hosts.map((h) => h.name)).toEqual(["mux-home-a", "tx-home-1", "dist-home-1"]);
    expect(plan.streams[0]).toMatchObject({ name: "main", transcoders: ["tx-home-1"], distributors: ["dist-home-1"] });
  });
  test("opens nothing on a transcoder but to its neighbours", () => {
    const tx = plan.hosts.find((h) => h.role === "transcoder");
    expect(tx?.listeners.map((l) => [l.name, l.from])).toEqual([
      ["push", [{ kind: "host", host: "mux-home-a" }]],
      ["relay", [{ kind: "host", host: "mux-home-a" }]],
      ["origin", [{ kind: "host", host: "dist-home-1" }]],
    ]);
  });
});

describe("placement", () => {
  test("every stream has a way from a multiplexer to every distributor", () => {
    fc.assert(fc.property(small, (counts) => {
      const plan = planOf(crowd(counts));
      const byName = new Map(plan.hosts.map((h) => [h.name, h]));
      for (const stream of plan.streams) {
        expect(stream.transcoders.length).toBeGreaterThan(0);
        for (const tx of stream.transcoders) {
          const open = (listener: string): string[] => (byName.get(tx)?.listeners.find((l) => l.name === listener)?.from ?? []).flatMap((p) => (p.kind === "host" ? [p.host] : []));
          for (const listener of ["push", "relay"]) for (const path of stream.publish) expect(open(listener)).toEqual(expect.arrayContaining([...path.multiplexers]));
          expect(open("origin")).toEqual(expect.arrayContaining([...stream.distributors]));
        }
      }
    }), { numRuns: 30 });
  });

  test("a further transcoder only takes streams, none moves between the others", () => {
    fc.assert(fc.property(small, (counts) => {
      const before = placement(planOf(crowd(counts)));
      const after = placement(planOf(crowd({ ...counts, transcoders: counts.transcoders + 1 })));
      const added = `tx-home-${counts.transcoders + 1}`;
      for (const [stream, tx] of after) if (tx !== before.get(stream)) expect(tx).toBe(added);
    }), { numRuns: 50 });
  });

  test("moves about its share: a fourth transcoder takes a quarter of 400 streams, within 8 points", () => {
    const counts = { multiplexers: 1, transcoders: 3, distributors: 1, streams: 400 };
    const before = placement(planOf(crowd(counts)));
    const after = placement(planOf(crowd({ ...counts, transcoders: 4 })));
    const moved = [...after].filter(([stream, tx]) => before.get(stream) !== tx).length / 400;
    expect(moved).toBeGreaterThan(0.17);
    expect(moved).toBeLessThan(0.33);
  });

  test("two copies of a stream stand in different zones", () => {
    const plan = planOf("streams: { a: { redundancy: 2 }, b: { redundancy: 2 }, c: { redundancy: 2 } }\nregions: { eu: { zones: 2 } }\nmultiplexers: { eu: 1 }\ntranscoders: { eu: 4 }\ndistributors: { eu: { min: 1, max: 1 } }\n");
    const zone = new Map(plan.hosts.map((h) => [h.name, h.zone]));
    for (const stream of plan.streams) expect(new Set(stream.transcoders.map((tx) => zone.get(tx))).size).toBe(2);
  });

  test("a region with its own transcoders and viewers carries its own copy", () => {
    const regions = "regions: { eu: {}, us: {} }\nmultiplexers: { eu: 1 }\ntranscoders: { eu: 1, us: 1 }\ndistributors: { eu: { min: 1, max: 1 }, us: { min: 1, max: 1 } }\n";
    expect(planOf(`streams: { main: { viewers: { eu: 10, us: 10 } } }\n${regions}`).streams[0]?.transcoders).toEqual(["tx-eu-1", "tx-us-1"]);
    expect(planOf(`streams: { main: { viewers: { eu: 10 } } }\n${regions}`).streams[0]?.transcoders).toEqual(["tx-eu-1"]);
  });
});

describe("edits leave other hosts alone", () => {
  test("adding a host of any role renames and renumbers none", () => {
    fc.assert(fc.property(small, fc.constantFrom("multiplexers", "transcoders", "distributors"), (counts, role) => {
      const seat = (h: Plan["hosts"][number]): string => JSON.stringify([h.name, h.ordinal, h.planes, h.zone]);
      const before = planOf(crowd(counts)).hosts.map(seat);
      const after = planOf(crowd({ ...counts, [role as keyof typeof counts]: counts[role as keyof typeof counts] + 1 })).hosts.map(seat);
      expect(after).toEqual(expect.arrayContaining(before));
    }), { numRuns: 30 });
  });

  test("also one in a region that comes before theirs, for up to ten hosts in each of ten regions; no two have the same number", () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 });
    const group = (list: readonly number[], more: number): string => `{ ${list.map((n, r) => `r${r}: ${r === more ? n + 1 : n}`).join(", ")} }`;
    fc.assert(fc.property(counts, fc.nat(9), fc.constantFrom("multiplexers", "transcoders", "distributors"), (list, at, role) => {
      const hosts = (more: boolean): Plan["hosts"] => planOf(`streams: { main: {} }\nregions: { ${list.map((_, r) => `r${r}: {}`).join(", ")} }\n${["multiplexers", "transcoders", "distributors"].map((r) => `${r}: ${group(list, more && r === role ? at % list.length : -1)}\n`).join("")}`).hosts;
      const seat = (h: Plan["hosts"][number]): string => JSON.stringify([h.role, h.name, h.ordinal]);
      const after = hosts(true);
      expect(after.map(seat)).toEqual(expect.arrayContaining(hosts(false).map(seat)));
      expect(new Set(after.map((h) => `${h.role} ${h.ordinal}`)).size).toBe(after.length);
    }), { numRuns: 20 });
  });

  test("beyond that numbers are still each host's own", () => {
    const { hosts } = planOf("streams: { main: {} }\nregions: { a: {}, b: {} }\nmultiplexers: { a: 1 }\ntranscoders: { a: 1 }\ndistributors: { a: 25, b: 13 }\n");
    const numbers = hosts.filter((h) => h.role === "distributor").map((h) => h.ordinal);
    expect([new Set(numbers).size, Math.max(...numbers)]).toEqual([38, 117]);
  });

  test("a rung that stays keeps its address when another is added", () => {
    const dirs = (ladder: string): string[] => planOf(`streams: { main: { source: { resolution: 1280x720 }, ladder: [${ladder}] } }\n`).streams[0]?.renditions.map((r) => r.dir) ?? [];
    expect(dirs("720p, 480p, 360p")).toEqual(expect.arrayContaining(dirs("720p, 360p")));
  });
});

describe("listeners", () => {
  test("only protocols that some publisher uses are open, to their allow-list", () => {
    const plan = planOf("streams:\n  main:\n    publishers:\n      truck: { via: [srt], from: [203.0.113.0/24] }\n      van: { via: [srt, rtmps], from: [198.51.100.7/32] }\n");
    const mux = plan.hosts.find((h) => h.role === "multiplexer");
    expect(mux?.listeners.map((l) => l.name)).toEqual(["rtmps", "srt"]);
    expect(mux?.listeners.find((l) => l.name === "srt")?.from.map((p) => (p.kind === "cidr" ? p.cidr : "?"))).toEqual(["198.51.100.7/32", "203.0.113.0/24"]);
  });

  test("one publisher from anywhere opens the protocol to anyone", () => {
    const plan = planOf("streams:\n  main:\n    publishers:\n      truck: { via: [srt], from: [203.0.113.0/24] }\n      van: { via: [srt] }\n");
    expect(plan.hosts[0]?.listeners.find((l) => l.name === "srt")?.from).toEqual([{ kind: "anyone" }]);
  });
});

describe("scale", () => {
  test("shrinks pictures to even sizes and bitrates with them", () => {
    const [big] = planOf("streams: { main: { ladder: [720p] } }\n").streams[0]?.renditions ?? [];
    const [half] = planOf("streams: { main: { ladder: [720p] } }\n", 0.33).streams[0]?.renditions ?? [];
    expect([big?.width, big?.height]).toEqual([1280, 720]);
    expect([(half?.width ?? 1) % 2, (half?.height ?? 1) % 2]).toEqual([0, 0]);
    expect(half?.bitrateKbps).toBeLessThan((big?.bitrateKbps ?? 0) / 4);
  });
  test.each([0, -1, 1.5, Number.NaN])("%s is refused in words", (scale) => {
    expect(() => planTopology(topologyOf("streams: { main: {} }\n"), { scale })).toThrow(/headend:scale/);
  });
});

test("planning is deterministic and does not touch its input", () => {
  const topology = topologyOf(crowd({ multiplexers: 2, transcoders: 3, distributors: 3, streams: 10 }));
  const before = JSON.stringify(topology);
  expect(JSON.stringify(planTopology(topology))).toBe(JSON.stringify(planTopology(structuredClone(topology))));
  expect(JSON.stringify(topology)).toBe(before);
});
