import { lintFile } from "../../infra/plan/lint/lint-file.ts";
import type { Placed, Suppressed, Suppression } from "../../infra/plan/lint/suppress.ts";
import { ruleOf, RULES } from "../../infra/plan/lint/table.ts";
import { planTopology } from "../../infra/plan/plan.ts";
import type { Finding } from "../../infra/plan/model.ts";
import { formatProblems, loadTopology, TopologyError } from "../../infra/spec/load.ts";
import { formatPath } from "../../infra/spec/problems.ts";
import { quoteSource } from "./lib/source.ts";
import type { LoadedTopology } from "../../infra/spec/topology.ts";
import { EXIT, InputError } from "./lib/errors.ts";
import { paint, print, printJson, wantsColor } from "./lib/output.ts";
import { sarif } from "./lib/sarif.ts";

export interface CheckOptions { readonly json?: boolean; readonly sarif?: boolean; readonly strict?: boolean }

/** One thing to tell about a file, as `--json` gives it. */
interface Diagnostic {
  readonly severity: Finding["severity"];
  readonly id: string | null;
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Why it matters, and where that is known from. */
  readonly reason: string | null;
  readonly source: string | null;
  readonly fix: string | null;
}

/**
 * `headend check FILE`: schema errors and what the rules find.
 * @param nowMs epoch milliseconds, for rules about the event's dates
 * @returns the exit code
 */
export function check(file: string, options: CheckOptions, nowMs = Date.now()): number {
  if (options.json && options.sarif) throw new InputError("--json and --sarif are two forms of the same output.", "Use one of them.");
  let loaded: LoadedTopology;
  try {
    loaded = loadTopology(file);
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    if (options.json) printJson({ file, ok: false, diagnostics: problems(error), suppressed: [] });
    else if (options.sarif) printJson(sarif(file, RULES, problems(error).map((p) => ({ ...p, id: "schema", message: [p.path.length > 0 ? `${formatPath(p.path)} ` : "", p.message, p.fix ? `. ${p.fix}` : ""].join(""), suppressedBecause: null }))));
    else print(formatProblems(error.problems, { color: wantsColor(process.stdout), file }));
    return EXIT.badInput;
  }
  const result = lintFile(loaded, planTopology(loaded.topology), { nowMs });
  const code = exitCode(result.kept.map((one) => one.finding), options.strict === true);
  if (options.json) {
    printJson({
      file, ok: code === EXIT.ok, diagnostics: result.kept.map((one) => diagnostic(loaded.file, one)),
      suppressed: result.suppressed.map((one) => ({ ...diagnostic(loaded.file, one), because: one.reason })),
    });
  } else if (options.sarif) printJson(sarif(file, RULES, [...result.kept, ...result.suppressed].map(sarifResult)));
  else print(report(loaded, result));
  return code;
}

/** Errors 2; warnings 1 with --strict; information never counts. */
export function exitCode(findings: readonly Pick<Finding, "severity">[], strict: boolean): number {
  if (findings.some((f) => f.severity === "error")) return EXIT.badInput;
  return strict && findings.some((f) => f.severity === "warning") ? EXIT.failure : EXIT.ok;
}

function problems(error: TopologyError): Diagnostic[] {
  return error.problems.map((p) => ({
    severity: "error", id: null, file: error.file, line: p.position?.line ?? null, column: p.position?.column ?? null, path: p.path, message: p.message,
    reason: null, source: null,
    fix: [p.suggestion === null ? null : `Try ${p.suggestion}.`, p.allowed === null ? null : `Allowed: ${p.allowed}.`].filter((text) => text !== null).join(" ") || null,
  }));
}

function diagnostic(file: string, { finding: { severity, id, message, fix, provenance }, line, column }: Placed): Diagnostic {
  return { severity, id, file, line, column, path: provenance.path, message, reason: provenance.why, source: ruleOf(id)?.source ?? null, fix };
}

function sarifResult(one: Placed | Suppressed) {
  const { finding: { id, severity, message, fix }, line, column } = one;
  return { id, severity, message: `${message} ${fix}`, line, column, suppressedBecause: "reason" in one ? one.reason : null };
}

/** Lines that may hold a key are quoted for no finding: those of rules that say so, and addresses with a query or a fragment. */
function hiddenLines(text: string, kept: readonly Placed[]): Set<number> {
  const hidden = new Set(kept.filter(({ finding }) => ruleOf(finding.id)?.hidesLine).map(({ line }) => line));
  if (text.includes("://")) text.split(/\r?\n/).forEach((line, i) => { if (/:\/\/\S*[?#]/.test(line)) hidden.add(i + 1); });
  return hidden;
}

function report(loaded: LoadedTopology, { kept, suppressed }: Suppression): string {
  const color = { error: paint.red, warning: paint.yellow, info: paint.cyan };
  const hidden = hiddenLines(loaded.text, kept);
  const blocks = [...byPlace(kept)].map(([{ finding, line, column }, ...others]) => {
    const head = `${paint.bold(`${loaded.file}:${line}:${column}`)}  ${color[finding.severity](`${finding.severity} ${finding.id}`)}: ${finding.message}`;
    return [
      head,
      ...(hidden.has(line) ? [] : quoteSource(loaded.text, { file: loaded.file, line, column }, paint)),
      `    why        ${finding.provenance.why}`,
      `    fix        ${finding.fix}`,
      ...(others.length === 0 ? [] : [`    also       ${others.length} more from this line: ${names(others)}`]),
    ].join("\n");
  });
  const { streams, multiplexers } = loaded.topology;
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
  const findings = kept.map((one) => one.finding);
  const warnings = findings.filter((f) => f.severity === "warning").length;
  const errors = findings.filter((f) => f.severity === "error").length;
  const notes = findings.length - warnings - errors;
  const groups = Object.values(multiplexers).reduce((sum, group) => sum + group.count, 0);
  const more = [...(notes > 0 ? [count(notes, "note")] : []), ...(suppressed.length > 0 ? [`${suppressed.length} suppressed`] : [])].map((part) => `, ${part}`).join("");
  const verdict = `${loaded.file}: ${count(errors, "error")}, ${count(warnings, "warning")}${more} (${count(Object.keys(streams).length, "stream")}, ${count(groups, "multiplexer")})`;
  return [...blocks, (errors > 0 ? paint.red : warnings > 0 ? paint.yellow : paint.green)(verdict)].join("\n\n");
}

/** Findings of one rule at one place are told once: an anchor may stand for many streams. */
function byPlace(kept: readonly Placed[]): Iterable<readonly [Placed, ...Placed[]]> {
  const groups = new Map<string, [Placed, ...Placed[]]>();
  for (const one of kept) {
    const key = `${one.finding.id} ${one.line} ${one.column}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups.values();
}

/** The parts of the topology that findings are about, e.g. "room-2, room-3". */
function names(placed: readonly Placed[]): string {
  const all = [...new Set(placed.map(({ finding: { provenance: { path } } }) => String(path[0] === "streams" ? path[1] : path.slice(0, 2).join("."))))];
  return all.length <= 5 ? all.join(", ") : `${all.slice(0, 5).join(", ")}, …`;
}
