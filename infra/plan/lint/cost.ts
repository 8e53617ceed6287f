import { usd, type Micro } from "../cost/money.ts";
import { priceAgeDays } from "../cost/prices.ts";
import type { Rule } from "./rule.ts";

/** What an event may cost before somebody should have said that it may. */
const LARGE_BILL: Micro = 1_000e6;
/** Differences below it are not worth a change. */
const WORTH: Micro = 20e6;

/** Rules about what surprises on the bill. They find nothing where no region is on AWS. */
export const costRules: readonly Rule[] = [
  {
    id: "HE851", severity: "warning", title: "event costs more than its budget",
    reason: "Delivery is most of the bill and grows with bitrate and viewers; it is spent before anybody sees it.",
    fix: "`headend cost` names the cheapest changes; or raise observe.budget.", source: "issue \"Foresight\": cost surprises; knowledge: sizing-and-cost 4 and 5",
    check: ({ cost }) => {
      const costs = cost();
      return costs?.budget && costs.event && !costs.budget.within ? [{ path: ["observe", "budgetUsd"], message: `The event costs about ${usd(costs.event.total)}, the budget is ${usd(costs.budget.limit)}.` }] : [];
    },
  },
  {
    id: "HE852", severity: "info", title: "large bill without a budget",
    reason: "Without a budget nothing speaks up when an edit doubles the cost.",
    fix: "Say observe: { budget: 2000 USD }.", source: "issue \"Foresight\": cost surprises",
    check: ({ topology, cost }) => {
      if (topology.event === null || topology.observe.budgetUsd !== null) return [];
      const event = cost()?.event;
      return event && event.total > LARGE_BILL ? [{ path: ["event"], message: `The event costs about ${usd(event.total)}, and no budget is declared.`, fix: `Say observe: { budget: ${Math.ceil(event.total / 1e6 / 500) * 500} USD }.` }] : [];
    },
  },
  {
    id: "HE853", severity: "warning", title: "dearer way to deliver",
    reason: "CloudFront's price by GB falls with volume and differs between continents; distributors pay EC2's transfer and need hosts.",
    fix: "Compare both in `headend cost`; other reasons may decide, such as latency or who may watch.", source: "knowledge: sizing-and-cost 4 (CloudFront $0.153 and EC2 $0.162 a viewer-hour at 4 Mbps); infra/plan/cost/break-even.ts",
    check: ({ topology, cost }) => {
      const expected = topology.event === null ? null : cost()?.breakEven?.expected ?? null;
      if (expected === null) return [];
      const cdn = topology.cdn?.provider === "cloudfront";
      const [now, other] = cdn ? [expected.cdn, expected.alone] : [expected.alone, expected.cdn];
      return now - other > WORTH && now > other * 1.1 ? [{
        path: cdn ? ["cdn"] : ["distributors"],
        message: `Delivery to ${expected.viewers.toLocaleString("en-US")} viewers costs about ${usd(now)} ${cdn ? "with CloudFront" : "from distributors alone"}, ${usd(other)} ${cdn ? "from distributors alone" : "with CloudFront"}.`,
      }] : [];
    },
  },
  {
    id: "HE854", severity: "info", title: "traffic between regions or zones is a large part of the bill",
    reason: "Each rendition of each stream goes to every distributor; between zones each GB is charged on both sides, between regions at twice the price of one side.",
    fix: "Put transcoders where the distributors are, or use a CDN in front of one region.", source: "knowledge: sizing-and-cost 4 (one chain in one zone)",
    check: ({ topology, cost }) => {
      const hour = cost()?.hour;
      if (!hour) return [];
      const between = hour.lines.filter(({ item }) => item.startsWith("cross-")).reduce((sum, line) => sum + line.cost, 0);
      return between * 3 > hour.total && between > 1e6 ? [{ path: ["transcoders"], message: `${usd(between)} of ${usd(hour.total)} a live hour go for traffic between ${Object.keys(topology.regions).length > 1 ? "regions and zones" : "zones"}.` }] : [];
    },
  },
  {
    id: "HE856", severity: "info", title: "old prices",
    reason: "Costs, budgets and comparisons rest on them; AWS changes some every year.",
    fix: "Get newer ones: npx headend prices --refresh.", source: "infra/plan/cost/prices.json (date, staleAfterDays)",
    check: ({ topology, prices, nowMs }) => (nowMs !== null && topology.event !== null && Object.values(topology.regions).some(({ aws }) => aws !== null) && priceAgeDays(nowMs, prices) > prices.staleAfterDays
      ? [{ path: ["event"], message: `Costs are estimated with prices of ${prices.date}, ${priceAgeDays(nowMs, prices)} days old.` }] : []),
  },
  {
    id: "HE855", severity: "info", title: "recordings cost more than the event",
    reason: "A month of storage is small, but it comes every month until the recordings are deleted.",
    fix: "Keep recordings for a shorter time, or move them elsewhere after the event.", source: "knowledge: aws 4 (lifecycle of recordings); infra/plan/cost/lines.ts",
    check: ({ topology, cost }) => {
      const costs = topology.event === null ? null : cost();
      const recorded = Object.entries(topology.streams).find(([, { record }]) => record !== null)?.[0];
      const months = Math.max(0, ...Object.values(topology.streams).map(({ record }) => (record?.keepSeconds ?? 0) / (30 * 86_400)));
      const kept = (costs?.archive?.total ?? 0) * months;
      return costs?.event && recorded !== undefined && kept > costs.event.total && kept > WORTH
        ? [{ path: ["streams", recorded, "record"], message: `Recordings cost about ${usd(kept)} until they are deleted, the event ${usd(costs.event.total)}.` }] : [];
    },
  },
];
