/** The steps of `npm test`, in order, and the sums they add up to. */
import { type StepResult } from "./reporter.ts";

export type StepName = "types" | "unit" | "plugins" | "e2e" | "browser" | "aws" | "long";
export const SELECTABLE = ["unit", "plugins", "e2e", "browser", "aws", "long"] as const;

export interface Step {
  readonly name: StepName;
  readonly title: string;
  /** Program arguments for Node; the reporter is added to vitest's. */
  readonly run: { readonly kind: "tsc"; readonly projects: readonly string[] } | { readonly kind: "vitest"; readonly config: string; readonly filters: readonly string[]; readonly folder: string; readonly files: RegExp };
  /** Needs containers, a browser: set-up comes first. */
  readonly needsTools: boolean;
  /** Runs only when `--only` names it; else each of its files counts as skipped. */
  readonly onlyWhenNamed?: boolean;
}

const E2E = "test/vitest.e2e.config.ts";
export const STEPS: readonly Step[] = [
  { name: "types", title: "types", run: { kind: "tsc", projects: ["tsconfig.json", "test/browser/tsconfig.json"] }, needsTools: false },
  { name: "unit", title: "unit and property tests", run: { kind: "vitest", config: "test/vitest.config.ts", filters: [], folder: "test/unit", files: /\.test\.ts$/ }, needsTools: false },
  { name: "plugins", title: "stand-in plugins", run: { kind: "vitest", config: E2E, filters: ["test/plugins/"], folder: "test/plugins", files: /\.test\.ts$/ }, needsTools: true },
  { name: "e2e", title: "real streams", run: { kind: "vitest", config: E2E, filters: ["test/e2e/"], folder: "test/e2e", files: /\.e2e\.ts$/ }, needsTools: true },
  { name: "browser", title: "browser", run: { kind: "vitest", config: E2E, filters: ["test/browser/"], folder: "test/browser", files: /\.(test|e2e)\.ts$/ }, needsTools: true },
  { name: "aws", title: "simulated AWS", run: { kind: "vitest", config: E2E, filters: ["test/aws-sim/"], folder: "test/aws-sim", files: /\.e2e\.ts$/ }, needsTools: true },
  { name: "long", title: "long runs", run: { kind: "vitest", config: E2E, filters: ["test/long/"], folder: "test/long", files: /\.e2e\.ts$/ }, needsTools: true, onlyWhenNamed: true },
];

/** The steps that `--only` leaves (type check comes with everything and with "unit"). */
export function chosen(only: readonly string[]): readonly Step[] {
  return only.length === 0 ? STEPS : STEPS.filter((s) => only.includes(s.name) || (s.name === "types" && only.includes("unit")));
}

/** The closing line, exactly: "N passed, N failed", with ", N skipped" when any. */
export function summary(results: readonly StepResult[]): string {
  const sum = (f: (r: StepResult) => number): number => results.reduce((n, r) => n + f(r), 0);
  const skipped = sum((r) => r.skipped.length);
  return `${sum((r) => r.passed)} passed, ${sum((r) => r.failed)} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
