import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "../../../infra/plan/impact/compare.ts";
import { type ImpactClass, worst } from "../../../infra/plan/impact/impact.ts";
import { changeLines } from "../../../infra/plan/impact/text.ts";
import { largeTopology } from "../../../scripts/bench/plan/topology.ts";
import type { Topology } from "../../../infra/spec/topology.ts";
import { side, sideOfTopology } from "./fixtures.ts";

const stream = fc.record({
  latency: fc.constantFrom("standard", "low", "ultra"), ladder: fc.constantFrom("standard", "light", "full"), redundancy: fc.constantFrom(1, 2),
  rotation: fc.integer({ min: 1, max: 3 }), via: fc.constantFrom("srt", "rtmps", "whip", "rtmp"), slate: fc.constantFrom("One", "Two"), record: fc.boolean(), dash: fc.boolean(),
  segment: fc.constantFrom("2 s", "4 s"), viewers: fc.integer({ min: 0, max: 5000 }), restream: fc.subarray(["a", "b", "c"]), origins: fc.subarray(["https://a.example", "https://b.example"]),
});
const file = fc.record({
  streams: fc.dictionary(fc.constantFrom("alpha", "beta", "gamma", "delta"), stream, { minKeys: 1 }),
  multiplexers: fc.integer({ min: 1, max: 2 }), transcoders: fc.integer({ min: 2, max: 4 }), distributors: fc.integer({ min: 1, max: 3 }),
}).map(({ streams, ...hosts }) => `streams:\n${Object.entries(streams).map(([name, s]) =>
  `  ${name}: { latency: ${s.latency}, ladder: ${s.latency === "standard" ? s.ladder : "source-only"}, redundancy: ${s.redundancy}, slate: ${s.slate}, record: ${s.record}, dash: ${s.dash && s.latency === "standard"}, segment: ${s.segment}, viewers: ${s.viewers}, `
  + `publishers: { cam: { via: ${s.via}, keyRotation: ${s.rotation} } }, restream: { ${s.restream.map((r) => `${r}: { url: "rtmp://${r}.example/live" }`).join(", ")} }, access: { origins: [${s.origins.map((o) => `"${o}"`).join(", ")}] } }\n`).join("")}`
  + Object.entries(hosts).map(([role, n]) => `${role}: ${n}\n`).join(""));

const filesOf = (s: ReturnType<typeof side>) => new Map(s.bundles.flatMap((b) => b.files.map((f) => [`${b.host} ${f.path}`, f] as const)));

describe("any two topologies", () => {
  test("every changed file is exactly one change; the whole is as bad as its worst part; the same again", () => {
    fc.assert(fc.property(file, file, (a, b) => {
      const before = side(a), after = side(b);
      const impact = compare(before, after);
      const told = impact.changes.filter((c) => c.kind === "file").map((c) => `${c.host} ${c.name}`);
      expect(new Set(told).size).toBe(told.length);
      const old = filesOf(before), now = filesOf(after);
      const differing = [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key)?.content !== now.get(key)?.content);
      expect(differing.filter((key) => !told.includes(key))).toEqual([]);
      for (const change of impact.changes) expect(change.class).toBe(worst(change.effects.map((e) => e.class)));
      for (const change of impact.changes) expect(change.effects.length, `${change.host} ${change.name}`).toBeGreaterThan(0);
      expect(impact.class).toBe(worst(impact.changes.map((c) => c.class)));
      expect(JSON.stringify(compare(side(a), side(b)))).toBe(JSON.stringify(impact));
      changeLines(impact, { color: false, bundles: { before: before.bundles, after: after.bundles } });
    }), { numRuns: 30 });
  });

  test("a topology against itself is nothing at all", () => {
    fc.assert(fc.property(file, (a) => {
      expect(compare(side(a), side(a))).toMatchObject({ class: "nothing", changes: [], felt: [], sentence: "nobody" });
    }), { numRuns: 30 });
  });

  test("people who feel it are people of the running topology", () => {
    fc.assert(fc.property(file, file, (a, b) => {
      const before = side(a);
      for (const { stream: name, publishers, viewers } of compare(before, side(b)).felt) {
        const spec = before.topology.streams[name];
        expect(spec, name).toBeDefined();
        for (const publisher of publishers) expect(Object.keys(spec?.publishers ?? {})).toContain(publisher);
        expect(viewers ?? 0).toBeLessThanOrEqual(Object.values(spec?.viewers ?? {}).reduce((x, y) => x + y, 0));
      }
    }), { numRuns: 30 });
  });
});

test("1,000 hosts and 1,000 streams are compared within 2 s, planning and rendering both sides included", () => {
  const base = largeTopology({ streams: 1000, multiplexers: 10, transcoders: 600, distributors: 390, regions: 1 });
  const main = base.streams["stream-7"] as Topology["streams"][string];
  const edited: Topology = { ...base, streams: { ...base.streams, "stream-7": { ...main, redundancy: 2, slate: { text: "Soon", image: null } } } };
  // Time of this process, not of the machine: others work on it too.
  const cpu = process.cpuUsage();
  const impact = compare(sideOfTopology(base), sideOfTopology(edited));
  changeLines(impact, { color: false });
  const { user, system } = process.cpuUsage(cpu);
  const classes: ImpactClass[] = ["stream-restarts"];
  expect(classes).toContain(impact.class);
  expect((user + system) / 1e6).toBeLessThan(4);
  expect(impact.felt.length).toBeGreaterThan(0);
});
