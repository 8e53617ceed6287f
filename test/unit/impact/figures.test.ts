import { expect, test } from "vitest";
import { PRICES } from "../../../infra/plan/cost/prices.ts";
import { staleLines } from "../../../infra/plan/impact/figures.ts";

test("costs that rest on old prices say so, and only those", () => {
  const day = (n: number): number => Date.parse(PRICES.date) + n * 86_400_000;
  expect(staleLines(day(PRICES.staleAfterDays))).toEqual([]);
  const [line] = staleLines(day(PRICES.staleAfterDays + 1));
  expect(line).toMatch(/^ {12}prices of \d{4}-\d{2}-\d{2}, \d+ days old: too old to rely on, run npx headend prices --refresh$/);
  expect(staleLines(day(400), { ...PRICES, date: new Date(day(399)).toISOString().slice(0, 10) })).toEqual([]);
});
