import { columns } from "../../cli/lib/output.ts";
import { machineLine, type MachineFacts } from "./machine.ts";
import type { Result } from "./result.ts";
import { digits } from "./stats.ts";

export interface Report {
  readonly machine: MachineFacts;
  /** ISO time of the end of the run. */
  readonly at: string;
  /** One-minute load average, as text. */
  readonly load: { readonly before: string; readonly after: string };
  readonly results: readonly Result[];
  readonly failures: readonly string[];
}

const measured = (r: Result): string => `${digits(r.value)} ${r.unit}`;
const limit = (r: Result): string => (r.limit === null ? "–" : `${r.atLeast ? "at least" : "at most"} ${digits(r.limit)} ${r.unit}`);
const ratio = (r: Result): string => (r.ratio === null ? "–" : r.ratio.toFixed(2));
const verdict = (r: Result): string => (r.limit === null ? "–" : r.ok ? "yes" : "NO");

const loadLine = ({ load }: Report): string => `load average ${load.before} before and ${load.after} after the run`;

/** For a terminal. */
export function table(report: Report): string {
  const rows = report.results.map((r) => [r.name, measured(r), limit(r), ratio(r), verdict(r)]);
  const details = report.results.flatMap((r) => r.details.map((line) => `  ${r.name}: ${line}`));
  return [
    columns(["measure", "median", "limit", "ratio", "kept"], rows), "", ...details, "",
    machineLine(report.machine), loadLine(report), ...report.failures.map((failure) => `failed: ${failure}`),
  ].join("\n");
}

/** docs/benchmarks.md. */
export function document(report: Report): string {
  const rows = report.results.map((r) => `| ${r.name} | ${measured(r)} | ${limit(r)} | ${ratio(r)} | ${verdict(r)} |`);
  const how = report.results.map((r) => `### ${r.name}\n\n${sentence(r.how)}\n${r.details.map((line) => `\n- ${line}`).join("")}${r.details.length > 0 ? "\n" : ""}`);
  return `# Benchmarks

Written by \`npm run bench -- --write\`; not edited by hand. What is compared was measured in turns within one run, because machines are
noisy. *Ratio* is ours over the reference where there is one, otherwise the median over the limit.

| measure | median | limit | ratio | kept |
|---|---|---|---|---|
${rows.join("\n")}

Measured ${report.at.slice(0, 10)} on ${machineLine(report.machine)}; ${loadLine(report)}.
A load before the run above about 0.5 means that other programs were at work: absolute times are then longer than on a quiet machine,
ratios are not.

## How each was measured

${how.join("\n")}`;
}

function sentence(text: string): string {
  const first = text.charAt(0);
  return `${first.toUpperCase()}${text.slice(1)}.`;
}
