import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readdirSync } from "node:fs";
import { Explainer } from "../../../infra/plan/explain/explain.ts";
import type { Explanation } from "../../../infra/plan/explain/explanation.ts";
import { KINDS, parseThing, UnknownThing } from "../../../infra/plan/explain/thing.ts";
import { PRICES } from "../../../infra/plan/cost/prices.ts";
import { planTopology } from "../../../infra/plan/plan.ts";
import { loadTopology, parseTopology } from "../../../infra/spec/load.ts";
import type { LoadedTopology } from "../../../infra/spec/topology.ts";
import { toYaml, topologyArb } from "../spec/arbitrary.ts";
import { festival } from "./festival.ts";

const explainerOf = (loaded: LoadedTopology): Explainer => new Explainer(loaded, planTopology(loaded.topology));
const explained = (): Explainer => explainerOf(festival());
const one = (thing: string): Explanation => {
  const { kind, name } = parseThing(thing.split(" "));
  return explained().explain(kind, name)[0]!;
};

/** What every answer must hold: a place that is in the file, or a default in words; a rule; no number that is none. */
function check(explanation: Explanation, lines: number): void {
  expect(explanation.causes.length, explanation.thing).toBeGreaterThan(0);
  for (const cause of explanation.causes) {
    expect(cause.line).toBeGreaterThan(0);
    expect(cause.line).toBeLessThanOrEqual(lines);
    if (cause.written) expect(cause.default).toBeNull();
    else expect(cause.default, `${explanation.thing}: ${cause.path.join(".")}`).toMatch(/left out/);
  }
  expect(explanation.rule.says).not.toBe("");
  for (const formula of explanation.formulas) {
    expect(formula.source, formula.what).not.toBe("");
    expect(`${formula.numbers} ${formula.result}`, `${explanation.thing}: ${formula.what}`).not.toMatch(/NaN|undefined|Infinity/);
  }
  expect(explanation.is).not.toMatch(/undefined|NaN/);
}

describe("explain", () => {
  it("answers for every thing of any topology, and names a line or a default", { timeout: 60_000 }, () => {
    fc.assert(fc.property(topologyArb, (written) => {
      const text = toYaml(written);
      const explainer = explainerOf(parseTopology(text, "random.yaml"));
      const lines = text.split("\n").length;
      for (const kind of KINDS) {
        if (kind === "finding") continue;
        for (const name of explainer.names(kind)) {
          const found = explainer.explain(kind, name);
          expect(found.length, `${kind} ${name}`).toBeGreaterThan(0);
          for (const explanation of found) check(explanation, lines);
        }
      }
    }), { numRuns: 25 });
  });

  it("answers for every thing of the stacks that come along", { timeout: 60_000 }, () => {
    for (const file of readdirSync("stacks").filter((name) => /^[a-z].*\.yaml$/.test(name))) {
      const loaded = loadTopology(`stacks/${file}`);
      const explainer = explainerOf(loaded);
      const lines = loaded.text.split("\n").length;
      for (const kind of KINDS) for (const name of explainer.names(kind)) for (const explanation of explainer.explain(kind, name)) check(explanation, lines);
    }
  });

  it("names the lines that opened a port", () => {
    const port = one("port 1936@mux-eu-a");
    expect(port.causes.map(({ line }) => line)).toEqual(expect.arrayContaining([11, 12, 23]));
    expect(port.causes.find(({ path }) => path.at(-1) === "from")).toMatchObject({ written: false, default: expect.stringContaining("any address") });
    expect(one("port rtmps@mux-eu-a")).toEqual(port);
    expect(one("rule srt@mux-eu-b").facts).toContainEqual(["nftables", expect.stringContaining("203.0.113.0/24")]);
  });

  it("puts the numbers of the estimate into its formulas", () => {
    const [eu] = explained().explain("cost", "cloudfront");
    expect(eu!.formulas[0]).toMatchObject({ numbers: "main-stage 4,000 viewers × 6.4344 Mbps × 0.45 × 5 h", result: "57,909.6 GB" });
    expect(4000 * 6.4344 * 0.45 * 5).toBeCloseTo(57_909.6, 1);
    expect(one("rung 720p@main-stage").formulas).toContainEqual(expect.objectContaining({ what: "most bitrate", numbers: "2,500 × 1.07", result: "2,675 kbps" }));
    expect(one("stream main-stage").formulas[0]).toMatchObject({ what: "latency", result: "8.9 s" });
  });

  it("says the nearest thing it knows, and what there is", () => {
    const said = (thing: string): UnknownThing => {
      try { one(thing); } catch (error) { if (error instanceof UnknownThing) return error; }
      throw new Error(`${thing} was explained`);
    };
    expect(said("host tx-eu-3")).toMatchObject({ nearest: expect.stringMatching(/^host tx-eu-[12]$/), known: expect.arrayContaining(["dist-us-1"]) });
    expect(said("port 1937@mux-eu-a").nearest).toBe("port 1936@mux-eu-a");
    expect(said("cost cloudfrnt").nearest).toBe("cost CloudFront");
    expect(said("hots tx-eu-1").nearest).toBe("host NAME");
    expect(said("finding HE999").known[0]).toMatch(/^HE\d{3}$/);
    expect(said("rung 4k@main-stage").message).toContain("4k@main-stage");
  });

  it("tells what a rule finds, and when it finds nothing", () => {
    const loaded = parseTopology("headend: 1\nname: talk\nstreams:\n  main: { segment: 8 s }\n", "talk.yaml");
    expect(explainerOf(loaded).explain("finding", "HE201")[0]).toMatchObject({ causes: [{ line: 4, written: true }], facts: expect.arrayContaining([["fix", expect.any(String)]]) });
    expect(one("finding HE201").is).toBe("HE201 finds nothing in this file.");
  });

  it("counts with the user's own measurements and prices, and says so", () => {
    const costs = { stream: 0.5, decodePerMpx: 0.001, encodePerMpx: 0.002, perPicture: 0 };
    const calibration = { headendCalibration: 1 as const, hosts: { "c7g.2xlarge": { measured: "2026-11-01", machine: "a c7g.2xlarge", cores: 8, camera: costs, testPicture: costs, presets: { veryfast: 1 }, tlsMbpsPerCore: 1234, worstError: 0.1 } } };
    const loaded = festival();
    const prices = { ...PRICES, date: "2026-11-02", publicIpv4: { ...PRICES.publicIpv4, perHour: 0.05 } };
    const own = new Explainer(loaded, planTopology(loaded.topology), null, { calibration, prices });
    const formulas = (explainer: Explainer, kind: "stream" | "capacity", name: string) => explainer.explain(kind, name)[0]!.formulas.filter(({ what }) => what.startsWith("processor"));
    expect(formulas(own, "stream", "main-stage")[0]).toMatchObject({ source: "headend bench --calibrate, measured 2026-11-01 on a c7g.2xlarge", formula: expect.stringContaining("0.002 × Mpx/s") });
    expect(formulas(own, "capacity", "tx-eu-1")[0]!.source).toContain("measured 2026-11-01");
    expect(formulas(explained(), "stream", "main-stage")[0]!.source).toContain("default for full cores (Graviton)");
    const amount = (explainer: Explainer): string | undefined => explainer.explain("cost", "public IPv4")[0]!.formulas.find(({ what }) => what === "amount")?.result;
    expect(amount(own)).not.toBe(amount(explained()));
  });

  it("never gives a secret's value", () => {
    const { is, formulas } = one("secret publish/main-stage/truck".replace("publish/", "srt/"));
    expect(`${is} ${JSON.stringify(formulas)}`).toContain("not shown");
  });
});
