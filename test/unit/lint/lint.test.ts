import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lintDocs } from "../../../infra/plan/lint/docs.ts";
import { lintFile } from "../../../infra/plan/lint/lint-file.ts";
import { lint } from "../../../infra/plan/lint/lint.ts";
import { latencySeconds } from "../../../infra/plan/lint/latency.ts";
import { RULES } from "../../../infra/plan/lint/table.ts";
import { planTopology } from "../../../infra/plan/plan.ts";
import { loadTopology, parseTopology } from "../../../infra/spec/load.ts";
import { Picture } from "../../../infra/spec/picture.ts";
import { crowd, topologyOf } from "../plan/fixtures.ts";
import { toYaml, topologyArb } from "../spec/arbitrary.ts";
import { CASES, NOW_MS, type Case } from "./cases.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** A picture of the size that its name says. */
const picture = (path: string): Picture => {
  const [width = 0, height = 0] = path.split(/\D/).map(Number);
  return new Picture({ path, format: "png", width, height, sha256: "0".repeat(64), bytes: 1 }, "");
};
type Beside = Pick<Case, "certificate" | "other" | "prices">;
function linted(text: string, { certificate, other, prices }: Beside = {}) {
  const loaded = parseTopology(text, "test.yaml", picture);
  const others = other === undefined ? [] : [parseTopology(`headend: 1\n${other}`, "other.yaml").topology];
  return lintFile(loaded, planTopology(loaded.topology), { nowMs: NOW_MS, others, ...(certificate ? { certificate } : {}), prices });
}
const ids = (text: string, beside: Beside = {}): string[] => linted(text, beside).kept.map(({ finding }) => finding.id);
const file = (body: string, name = "studio"): string => `headend: 1\nname: ${name}\n${body}`;

describe("the table", () => {
  it("has ids in order, each once, and says everything in one line", () => {
    expect(RULES.map(({ id }) => id)).toEqual([...new Set(RULES.map(({ id }) => id))].sort());
    for (const { id, title, reason, fix, source } of RULES) {
      expect(id).toMatch(/^HE\d{3}$/);
      for (const text of [title, reason, fix, source]) expect([id, text]).toEqual([id, expect.stringMatching(/^\S.{5,}\S$/)]);
      expect([id, title.endsWith("."), /[.)]$/.test(fix)]).toEqual([id, false, true]);
    }
    expect(RULES.length).toBeGreaterThanOrEqual(50);
  });

  it("has a failing and a passing topology for every rule", () => {
    expect(Object.keys(CASES)).toEqual(RULES.map(({ id }) => id).filter((id) => !id.startsWith("HE9")));
  });

  it("is what docs/lint.md says", () => {
    expect(readFileSync(join(ROOT, "docs/lint.md"), "utf8"), "run: npx tsx scripts/docs/lint.ts").toBe(lintDocs());
  });
});

describe.each(Object.entries(CASES))("%s", (id, { fails, passes, name, ...beside }) => {
  it("finds it where it is", () => {
    const { kept } = linted(file(fails, name), beside);
    const found = kept.filter(({ finding }) => finding.id === id);
    expect(found.length).toBeGreaterThan(0);
    for (const { finding, line } of found) {
      expect(finding.message).toMatch(/\S\.$/);
      expect(finding.message).not.toMatch(/undefined|null|NaN|\[object/);
      expect(line).toBeGreaterThan(1);
    }
  });
  it("keeps quiet where it is not", () => {
    expect(ids(file(passes, name), beside)).not.toContain(id);
  });
  it("can be suppressed", () => {
    const text = file(fails, name);
    const line = linted(text, beside).kept.find(({ finding }) => finding.id === id)!.line;
    const lines = text.split("\n");
    lines.splice(line - 1, 0, `# headend-ignore ${id}: known, and wanted`);
    const { kept, suppressed } = linted(lines.join("\n"), beside);
    expect(kept.filter((one) => one.finding.id === id && one.line === line + 1)).toEqual([]);
    expect(suppressed).toContainEqual(expect.objectContaining({ reason: "known, and wanted", line: line + 1 }));
  });
});

describe("suppressions", () => {
  const body = (comment: string, trailing = ""): string => file(`streams:\n  main:\n    ladder: [360p]\n${comment}    segment: 1 s${trailing}\n`);

  it("stand on the line or alone on the lines above", () => {
    expect(ids(body(""))).toEqual(["HE202"]);
    expect(ids(body("", "   # headend-ignore HE202: a short test"))).toEqual([]);
    expect(ids(body("    # headend-ignore HE202: a short test\n    # and more words\n\n"))).toEqual([]);
    expect(ids(body("    # headend-ignore HE202: a short test\n").replace("    segment", "    dash: false\n    segment"))).toEqual(["HE202", "HE902"].sort().reverse());
  });
  it("need a reason", () => {
    expect(ids(body("    # headend-ignore HE202\n"))).toEqual(["HE901", "HE202"]);
    expect(ids(body("    # headend-ignore HE202:  \n"))).toEqual(["HE901", "HE202"]);
  });
  it("must suppress something, and be readable", () => {
    expect(ids(body("    # headend-ignore HE202, HE106: a short test\n"))).toEqual(["HE902"]);
    expect(ids(body("    # headend-ignore segments: a short test\n"))).toEqual(["HE903", "HE202"]);
    expect(ids(body("    # headend-ignore HE902: nothing\n"))).toEqual(["HE902", "HE202"]);
  });
  it("are read with Windows line ends", () => {
    expect(ids(body("    # headend-ignore HE202: a short test\n").replaceAll("\n", "\r\n"))).toEqual([]);
  });
});

describe("stacks", () => {
  const stacks = readdirSync(join(ROOT, "stacks")).filter((name) => name.endsWith(".yaml") && !name.startsWith("Pulumi."));
  it.each(stacks)("%s has no finding at all", (name) => {
    const loaded = loadTopology(join(ROOT, "stacks", name));
    const others = stacks.filter((other) => other !== name).map((other) => loadTopology(join(ROOT, "stacks", other)).topology);
    const { kept } = lintFile(loaded, planTopology(loaded.topology), { nowMs: NOW_MS, others });
    expect(kept.map(({ finding, line }) => `${line}: ${finding.id} ${finding.message}`)).toEqual([]);
  });
});

describe("the plan", () => {
  it("carries what needs no clock", () => {
    const topology = topologyOf(CASES["HE701"]!.fails);
    const plan = planTopology(topology);
    expect(plan.findings.map(({ id }) => id)).not.toContain("HE701");
    expect(lint(topology, plan)).toEqual(plan.findings);
    expect(lint(topology, plan, { nowMs: NOW_MS }).map(({ id }) => id)).toContain("HE701");
  });
  it("of any topology is linted, with every finding in the file", { timeout: 60_000 }, () => {
    fc.assert(fc.property(topologyArb, (written) => {
      const text = toYaml(written);
      for (const { line, finding } of linted(text).kept) {
        expect(line).toBeLessThanOrEqual(text.split("\n").length);
        expect(finding.message).not.toMatch(/undefined|NaN|\[object/);
      }
    }), { numRuns: 100 });
  });
  it("has the latency that was measured", () => {
    expect(latencySeconds(2)).toBeCloseTo(8.9, 1);
    expect(Math.abs(latencySeconds(1) - 4.5)).toBeLessThan(0.5);
  });
  it("of a thousand hosts is linted in well under 2 s", () => {
    const topology = topologyOf(crowd({ multiplexers: 50, transcoders: 450, distributors: 500, streams: 500 }));
    const plan = planTopology(topology);
    const before = process.cpuUsage().user;
    lint(topology, plan);
    expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(2);
  });
});
