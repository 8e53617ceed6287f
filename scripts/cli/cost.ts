import { nowMs as clock } from "../../infra/clock.ts";
import { estimate, type CostEstimate, type Period } from "../../infra/plan/cost/estimate.ts";
import { SEARCHED, type BreakEven } from "../../infra/plan/cost/break-even.ts";
import { usd, usdFine } from "../../infra/plan/cost/money.ts";
import { cheaperChanges, type CheaperChange } from "../../infra/plan/cost/changes.ts";
import { priceAge, PRICES, type PriceList } from "../../infra/plan/cost/prices.ts";
import { currentPrices, userCalibration } from "../../infra/user-files/user-files.ts";
import { EXIT } from "./lib/errors.ts";
import { columns, paint, print, printJson } from "./lib/output.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface CostOptions { readonly json?: boolean }

/** `headend cost FILE`. @returns the exit code: 1 when the event costs more than the budget */
export function cost(file: string, options: CostOptions, nowMs = clock()): number {
  const { loaded, plan } = loadAndPlan(file, 1, { lint: false });
  const known = { prices: currentPrices(), calibration: userCalibration() };
  const costs = estimate(loaded.topology, plan, known);
  const changes = cheaperChanges(loaded.topology, plan, known);
  const { days, stale } = priceAge(nowMs, known.prices);
  if (options.json) printJson({ ...costs, prices: { ...costs.prices, ageDays: days, stale }, changes });
  else print(costText(plan.name, costs, changes, nowMs, known.prices));
  return costs.budget !== null && !costs.budget.within ? EXIT.failure : EXIT.ok;
}

/** The estimate for people. */
export function costText(name: string, costs: CostEstimate, changes: readonly CheaperChange[], nowMs: number, prices: PriceList = PRICES): string {
  const { event, hour } = costs;
  const weak = [hour, costs.month, ...(costs.archive ? [costs.archive] : []), ...event?.phases ?? []].some((p) => p.lines.some((l) => !l.verified));
  const age = priceAge(nowMs, prices);
  const ageText = `Prices in US dollars, ${costs.prices.region}, on demand, without tax: ${age.text}${weak ? "; * is a price from a single look-up, not checked with AWS" : ""}.`;
  return [
    paint.bold(`${name}: ${event === null ? `${usd(hour.total)} a live hour` : `${usd(event.total)} for the event`}`),
    columns(["", "hours", "US dollars"], summary(costs)),
    ...(costs.budget === null ? [] : [costs.budget.within
      ? paint.green(`Within the budget of ${usd(costs.budget.limit)}.`)
      : paint.red(`Above the budget of ${usd(costs.budget.limit)} (observe.budget). Lower bitrates or viewers, or raise the budget.`)]),
    ...(changes.length === 0 ? [] : [changeText(changes, event === null ? "a live hour" : "the event")]),
    ...(costs.breakEven === null ? [] : [`${paint.bold("CDN or distributors alone")}\n  ${breakEvenText(costs.breakEven)}`]),
    table(event === null ? hour : event.phases[1] as Period),
    ...(event === null ? [] : [table(event.phases[0] as Period), table(event.phases[2] as Period)]),
    table(costs.month),
    ...(costs.archive === null ? [] : [table(costs.archive)]),
    list("Not counted", costs.notCounted),
    list("Assumed", costs.assumptions),
    age.stale ? paint.yellow(ageText) : ageText,
  ].join("\n\n");
}

function changeText(changes: readonly CheaperChange[], of: string): string {
  return [
    paint.bold(`What would make ${of} cheaper`),
    ...changes.map(({ what, edit, saving, felt }) => `  −${usd(saving)}  ${what} (${edit})\n      felt: ${felt}`),
  ].join("\n");
}

function summary(costs: CostEstimate): string[][] {
  const periods = [...costs.event?.phases ?? [], costs.hour, costs.month, ...(costs.archive ? [costs.archive] : [])];
  return [
    ...periods.map((p) => [p.name, Number(p.hours.toFixed(2)).toString(), usd(p.total)]),
    ...(costs.viewerHour === null ? [] : [[`a viewer-hour, with ${costs.viewers.toLocaleString("en-US")} viewers`, "1", usdFine(costs.viewerHour)]]),
  ];
}

/** Most expensive lines first. */
function table(period: Period): string {
  const rows = [...period.lines].sort((a, b) => b.cost - a.cost)
    .map((l) => [l.item, l.what, `${Number(l.quantity.toFixed(1)).toLocaleString("en-US")} ${l.unit}`, `${usd(l.cost)}${l.verified ? "" : " *"}`]);
  return `${paint.bold(`${period.name}: ${usd(period.total)}`)}\n${columns(["item", "what", "quantity", "US dollars"], rows).split("\n").map((line) => `  ${line}`).join("\n")}`;
}

function list(title: string, items: readonly string[]): string {
  return [paint.bold(title), ...items.map((item) => `  ${item}`)].join("\n");
}

/** Who is cheaper, and from how many viewers on. */
export function breakEvenText({ hours, viewers, expected }: BreakEven): string {
  const from = viewers === null ? `Distributors alone are cheaper up to ${SEARCHED.toLocaleString("en-US")} viewers at least`
    : viewers === 1 ? "A CDN is cheaper from the first viewer on" : `A CDN is cheaper from ${viewers.toLocaleString("en-US")} viewers on`;
  if (expected === null) return `${from}.`;
  const { cdn, alone, requests } = expected;
  return `${from}; for ${expected.viewers.toLocaleString("en-US")} viewers in ${Number(hours.toFixed(1))} h: ${usd(cdn)} with CloudFront and its ${(requests / 1e6).toFixed(1)} million requests, ${usd(alone)} without.`;
}
