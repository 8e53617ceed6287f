import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SUGGESTED } from "../../../../infra/plan/capacity/sizes.ts";
import { breakEven } from "../../../../infra/plan/cost/break-even.ts";
import { costDocument } from "../../../../infra/plan/cost/document.ts";
import { estimate } from "../../../../infra/plan/cost/estimate.ts";
import { micro, times, usd, usdFine } from "../../../../infra/plan/cost/money.ts";
import { cloudfrontCost, cloudfrontRegion, computePrice, internetCost, priceAge, priceAgeDays, PRICES, regionFactor } from "../../../../infra/plan/cost/prices.ts";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { breakEvenText, costText } from "../../../../scripts/cli/cost.ts";
import { crowd, topologyOf } from "../fixtures.ts";

const of = (body: string) => { const topology = topologyOf(body); return estimate(topology, planTopology(topology)); };
const US = "regions: { us: { aws: us-east-1 } }\n";
const EVENT = "event: { doors: 2026-12-05T17:30Z, start: 2026-12-05T18:00Z, end: 2026-12-05T20:00Z }\n";
/** 4 Mbps with audio and containers: (3,682 + 128) kbps × 1.05. */
const FOUR = "source: { resolution: 1280x720, fps: 30, bitrate: 3682 kbps }, ladder: [source]";

describe("money", () => {
  it("is exact, rounds half up and prints cents", () => {
    expect(usd(micro(67.235))).toBe("$67.24");
    expect([usd(0), usd(4999), usd(5000), usd(1_234_567_890_000)]).toEqual(["$0.00", "$0.00", "$0.01", "$1,234,567.89"]);
    expect(usdFine(micro(0.153))).toBe("$0.1530");
    expect(times(micro(0.09), 1.15)).toBe(103_500);
    expect(times(1, 0.5)).toBe(1);
  });
});

describe("transfer", () => {
  it("reproduces the golden vectors of the AWS documentation to the cent", () => {
    expect(usd(cloudfrontCost("us", 791))).toBe("$67.24");
    expect(usd(cloudfrontCost("us", 18_017))).toBe("$1,492.56");
    expect(usd(cloudfrontCost("us", 36_035))).toBe("$2,934.00");
  });

  it("costs $0.153 by CloudFront and $0.162 by EC2 for a viewer-hour at 4 Mbps", () => {
    expect(usdFine(cloudfrontCost("eu", 1.8))).toBe("$0.1530");
    expect(usdFine(internetCost(1.8))).toBe("$0.1620");
    expect(usdFine(cloudfrontCost("us", 1.125))).toBe("$0.0956");
  });

  it("never gets cheaper with more, and never dearer by the GB", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2e7 }), fc.integer({ min: 1, max: 1e6 }), (gb, more) => {
      for (const cost of [internetCost, (x: number) => cloudfrontCost("asia", x)]) {
        expect(cost(gb + more)).toBeGreaterThan(cost(gb));
        expect(cost(gb + more) * gb).toBeLessThanOrEqual(cost(gb) * (gb + more));
      }
    }));
  });

  it("knows whose prices count where", () => {
    expect(["us-east-1", "ca-central-1", "eu-central-1", "ap-northeast-1", "ap-northeast-2", "ap-south-1", "sa-east-1", "af-south-1"].map(cloudfrontRegion))
      .toEqual(["us", "us", "eu", "japan", "asia", "india", "south-america", "africa"]);
    expect(regionFactor("mars-north-1")).toBeNull();
    expect(computePrice("c7g.2xlarge", 1)).toBe(290_000);
    expect(computePrice("toString", 1)).toBeNull();
    expect(priceAgeDays(Date.UTC(2026, 6, 30))).toBe(10);
    expect(priceAge(Date.UTC(2026, 6, 30))).toEqual({ days: 10, stale: false, text: "prices of 2026-07-20, 10 days old" });
    expect(priceAge(Date.UTC(2027, 6, 30)).text).toContain("375 days old: too old to rely on");
  });

  it("has a price for every size it chooses, and the lists are in order of price", () => {
    for (const sizes of Object.values(SUGGESTED)) {
      const prices = sizes.map((size) => computePrice(size, 1) ?? expect.fail(`${size} has no price`));
      expect(prices).toEqual([...prices].sort((a, b) => a - b));
    }
  });
});

describe("an estimate", () => {
  it("adds up: hosts, addresses and transfer of a live hour", () => {
    const { hour, viewerHour } = of(`streams:\n  m: { ${FOUR}, viewers: 100 }\n${US}multiplexers: { us: { count: 1, size: c7g.large } }\ntranscoders: { us: { count: 1, size: c7g.2xlarge } }\ndistributors: { us: { count: 1, size: c7g.large } }\n`);
    expect(hour.lines.map(({ item, cost }) => [item, cost])).toEqual([
      ["compute", 72_500], ["compute", 290_000], ["compute", 72_500], ["public IPv4", 15_000], ["disks", 3 * times(80_000, 20 / 730)], ["logs", 7_500], ["internet", times(90_000, 100 * 4.0005 * 0.45)],
    ]);
    expect(hour.total).toBe(hour.lines.reduce((all, line) => all + line.cost, 0));
    expect(viewerHour).toBe(times(hour.total, 0.01));
  });

  it("has warm-up, live and wind-down from the dates, and tiers over the whole live part", () => {
    const { event, hour } = of(`streams:\n  m: { ${FOUR}, viewers: 10000 }\n${US}${EVENT}cdn: cloudfront\n`);
    expect(event?.phases.map((p) => [p.name, p.hours])).toEqual([["warm-up", 1.5], ["live", 2], ["wind-down", 1]]);
    expect(event?.total).toBe(event?.phases.reduce((all, p) => all + p.total, 0));
    const cdn = (lines: typeof hour.lines) => lines.filter((l) => l.item === "CloudFront").reduce((all, l) => all + l.cost, 0);
    expect(cdn(event!.phases[1]!.lines)).toBe(cloudfrontCost("us", 2 * 10_000 * 4.0005 * 0.45));
    expect(cdn(event!.phases[1]!.lines)).toBeLessThan(2 * cdn(hour.lines));
    expect(cdn(event!.phases[0]!.lines)).toBe(0);
    expect(of(`streams:\n  m:\n${US}`).event).toBeNull();
  });

  it("grows distributors with the viewers between min and max, live only", () => {
    const { hour, month } = of(`streams:\n  m: { ${FOUR}, viewers: 300 }\n${US}distributors: { us: { min: 1, max: 4, size: c7g.large } }\n`);
    const count = (lines: typeof hour.lines) => lines.find((l) => l.what.endsWith("dist-us"))?.what;
    expect([count(hour.lines), count(month.lines)]).toEqual(["2 × c7g.large, dist-us", "1 × c7g.large, dist-us"]);
    expect(month.lines.some((l) => l.item === "internet" || l.item === "requests")).toBe(false);
  });

  it("counts what crosses zones on both sides and regions once", () => {
    const two = (regions: string, hosts: string) => of(`streams:\n  m: { ${FOUR} }\nregions: { ${regions} }\n${hosts}`).hour.lines.filter((l) => l.item.startsWith("cross"));
    const [zone] = two("us: { aws: us-east-1, zones: 2 }", "multiplexers: { us: 1 }\ntranscoders: { us: 1 }\ndistributors: { us: 2 }\n");
    expect(zone).toMatchObject({ item: "cross-zone", cost: times(20_000, 3.81 * 0.45) });
    const [region] = two("us: { aws: us-east-1 }, eu: { aws: eu-west-1 }", "multiplexers: { us: 1 }\ntranscoders: { us: 1 }\ndistributors: { eu: 1 }\n");
    expect(region).toMatchObject({ item: "cross-region", cost: times(20_000, 3.81 * 0.45) });
  });

  it("never counts a missing price as nothing without saying so", () => {
    const costs = of(`streams:\n  m: { ${FOUR}, viewers: 1000 }\nregions: { x: { aws: me-south-1 } }\ncdn: cloudfront\ntranscoders: { x: { count: 1, size: m7i.2xlarge } }\n`);
    expect(costs.notCounted.join("\n")).toMatch(/m7i\.2xlarge: no price[^]*taxes/);
    expect(costs.assumptions.join("\n")).toContain("no factor for me-south-1");
  });

  it("counts requests, the shield, logs, alarms and names", () => {
    const { hour, month } = of(`domain: live.example.org\nstreams:\n  m: { ${FOUR}, viewers: 1000 }\n${US}cdn: { provider: cloudfront, shield: true }\nobserve: { alerts: { email: ops@example.org } }\n`);
    const cost = (item: string, lines = hour.lines) => lines.filter((l) => l.item === item).reduce((all, l) => all + l.cost, 0);
    expect(cost("requests")).toBe(micro(1000 * 7200 / 10_000 * 0.01));
    // One rendition and the audio, segment and playlist each 2 s, from three regional caches.
    expect(cost("Origin Shield")).toBe(times(9000 * 100, 3 * 2 * 3600 / 10_000 / 100));
    expect(cost("logs")).toBe(times(500_000, 0.015) + times(23_000, 7.2e6 * 400 / 1e9));
    expect(cost("alarms", month.lines)).toBe(micro((3 * 3 + 3) * 0.1 + 3));
    expect(cost("Route 53", month.lines)).toBe(micro(0.5 + 2 * 1.5));
    expect(of(`streams:\n  m: { ${FOUR} }\n${US}`).month.lines.map((l) => l.item)).not.toContain("Route 53");
  });

  it("takes a newer price list", () => {
    const body = `streams:\n  m: { ${FOUR} }\n${US}`;
    const dear = { ...PRICES, date: "2027-01-01", publicIpv4: { ...PRICES.publicIpv4, perHour: 1 } };
    const topology = topologyOf(body);
    const costs = estimate(topology, planTopology(topology), { prices: dear });
    expect(costs.prices.date).toBe("2027-01-01");
    expect(costs.hour.total - of(body).hour.total).toBe(3 * 995_000);
  });

  it("compares with the budget", () => {
    const budget = (amount: number) => of(`streams:\n  m: { ${FOUR}, viewers: 100 }\n${US}${EVENT}observe: { budget: ${amount} USD }\n`).budget;
    expect([budget(10)?.within, budget(1000)?.within]).toEqual([false, true]);
  });

  it("is deterministic and quick for 1,000 hosts", () => {
    const topology = topologyOf(crowd({ multiplexers: 10, transcoders: 400, distributors: 590, streams: 500 }));
    const plan = planTopology(topology);
    expect(estimate(topology, plan)).toEqual(estimate(topology, plan));
  });
});

describe("break-even", () => {
  const even = (aws: string, viewers: string) => {
    const topology = topologyOf(`streams:\n  m: { ${FOUR}${viewers} }\nregions: { r: { aws: ${aws} } }\n`);
    return breakEven(topology, planTopology(topology), 1) ?? expect.fail("nothing to compare");
  };

  it("is the first viewer where CloudFront's GB is cheaper than EC2's", () => {
    expect(even("us-east-1", ", viewers: 1000")).toMatchObject({ viewers: 1, expected: { viewers: 1000, requests: 7_200_000 } });
    expect(breakEvenText(even("us-east-1", ", viewers: 1000"))).toMatch(/^A CDN is cheaper from the first viewer on; for 1,000 viewers in 1 h: \$160\.\d\d with CloudFront and its 7\.2 million requests, \$162\.\d\d without\.$/);
  });

  it("is later or never where it is dearer", () => {
    const asia = even("ap-southeast-1", "");
    expect(asia.viewers).toBeNull();
    expect(breakEvenText(asia)).toContain("Distributors alone are cheaper");
    const topology = topologyOf("streams:\n  m: { latency: ultra }\n");
    expect(breakEven(topology, planTopology(topology), 1)).toBeNull();
  });
});

describe("text", () => {
  const costs = of(`streams:\n  m: { ${FOUR}, viewers: 100, record: true }\n${US}${EVENT}`);
  it("marks weak prices and says when prices are old", () => {
    expect(costText("x", costs, [], Date.UTC(2026, 6, 30))).toMatch(/disks .* \*\n[^]*prices of 2026-07-20, 10 days old; \* is a price from a single look-up/);
    expect(costText("x", costs, [], Date.UTC(2027, 6, 30))).toContain("prices of 2026-07-20, 375 days old: too old to rely on, run npx headend prices --refresh");
  });

  it("keeps docs/cost.md current (npx tsx scripts/docs/cost.ts writes it)", () => {
    expect(readFileSync(resolve(import.meta.dirname, "../../../../docs/cost.md"), "utf8")).toBe(costDocument());
  });
});
