import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { nowMs as clock } from "../../infra/clock.ts";
import { lintFile } from "../../infra/plan/lint/lint-file.ts";
import type { Placed, Suppressed, Suppression } from "../../infra/plan/lint/suppress.ts";
import { ruleOf, RULES } from "../../infra/plan/lint/table.ts";
import type { CertificateFacts } from "../../infra/plan/lint/rule.ts";
import { planTopology } from "../../infra/plan/plan.ts";
import type { Finding } from "../../infra/plan/model.ts";
import { formatProblems, loadTopology, TopologyError } from "../../infra/spec/load.ts";
import { formatPath } from "../../infra/spec/problems.ts";
import { currentPrices, userCalibration } from "../../infra/user-files/user-files.ts";
import { mayHoldKey, quoteSource } from "./lib/source.ts";
import type { LoadedTopology } from "../../infra/spec/topology.ts";
import { EXIT, InputError } from "./lib/errors.ts";
import { paint, print, printJson, wantsColor } from "./lib/output.ts";
import { sarif, type SarifResult } from "./lib/sarif.ts";

export interface CheckOptions {
  readonly json?: boolean; readonly sarif?: boolean; readonly strict?: boolean;
  /** PEM file of the certificate that the stack will show. */
  readonly certificate?: string;
}

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

/** A file as it was found: loaded and linted, or what keeps it from loading. */
type Checked =
  | { readonly file: string; readonly loaded: LoadedTopology; readonly result: Suppression; readonly code: number }
  | { readonly file: string; readonly error: TopologyError; readonly code: number };

/**
 * `headend check FILE…`: schema errors and what the rules find. Several files are also compared with each other.
 * @param nowMs epoch milliseconds, for rules about the event's dates
 * @returns the exit code
 */
export function check(files: string | readonly string[], options: CheckOptions, nowMs = clock()): number {
  if (options.json && options.sarif) throw new InputError("--json and --sarif are two forms of the same output.", "Use one of them.");
  const known = { nowMs, calibration: userCalibration(), prices: currentPrices(), certificate: options.certificate === undefined ? null : certificateFacts(options.certificate) };
  const names = typeof files === "string" ? [files] : files;
  const loaded = names.map(load);
  const checked = loaded.map((one): Checked => {
    if (one instanceof TopologyError) return { file: one.file, error: one, code: EXIT.badInput };
    const others = loaded.flatMap((other) => (other instanceof TopologyError || other === one ? [] : [other.topology]));
    const result = lintFile(one, planTopology(one.topology, { lint: false }), { ...known, others });
    return { file: one.file, loaded: one, result, code: exitCode(result.kept.map(({ finding }) => finding), options.strict === true) };
  });
  if (options.json) {
    const all = checked.map((one, i) => asJson(names[i] ?? one.file, one));
    printJson(typeof files === "string" || all.length === 1 ? all[0] : all);
  } else if (options.sarif) printJson(sarif(RULES, checked.flatMap((one, i) => asSarif(names[i] ?? one.file, one))));
  else print(checked.map((one, i) => ("error" in one ? formatProblems(one.error.problems, { color: wantsColor(process.stdout), file: names[i] ?? one.file }) : report(one.loaded, one.result))).join("\n\n"));
  return Math.max(...checked.map(({ code }) => code));
}

function load(file: string): LoadedTopology | TopologyError {
  try { return loadTopology(file); } catch (error) {
    if (error instanceof TopologyError) return error;
    throw error;
  }
}

/** What rules look at in a certificate. @throws InputError when the file holds none */
function certificateFacts(file: string): CertificateFacts {
  let leaf: X509Certificate;
  try { leaf = new X509Certificate(readFileSync(file)); } catch (error) {
    throw new InputError(`${file} holds no certificate that can be read (${(error as Error).message}).`, "Give the full chain in PEM form, your own certificate first.");
  }
  const names = (leaf.subjectAltName ?? "").split(", ").filter((name) => name.startsWith("DNS:")).map((name) => name.slice(4));
  return { names, endsMs: Date.parse(leaf.validTo) };
}

function asJson(file: string, one: Checked): object {
  if ("error" in one) return { file, ok: false, diagnostics: problems(one.error), suppressed: [] };
  return {
    file, ok: one.code === EXIT.ok, diagnostics: one.result.kept.map((placed) => diagnostic(one.file, placed)),
    suppressed: one.result.suppressed.map((placed) => ({ ...diagnostic(one.file, placed), because: placed.reason })),
  };
}

function asSarif(file: string, one: Checked): SarifResult[] {
  if (!("error" in one)) return [...one.result.kept, ...one.result.suppressed].map((placed) => sarifResult(file, placed));
  return problems(one.error).map((p) => ({
    file, severity: p.severity, line: p.line, column: p.column, id: "schema", suppressedBecause: null,
    message: [p.path.length > 0 ? `${formatPath(p.path)} ` : "", p.message, p.fix ? `. ${p.fix}` : ""].join(""),
  }));
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

function sarifResult(file: string, one: Placed | Suppressed): SarifResult {
  const { finding: { id, severity, message, fix }, line, column } = one;
  return { file, id, severity, message: `${message} ${fix}`, line, column, suppressedBecause: "reason" in one ? one.reason : null };
}

/** Lines that may hold a key are quoted for no finding: those of rules that say so, and addresses with a query or a fragment. */
function hiddenLines(text: string, kept: readonly Placed[]): Set<number> {
  const hidden = new Set(kept.filter(({ finding }) => ruleOf(finding.id)?.hidesLine).map(({ line }) => line));
  if (text.includes("://")) text.split(/\r?\n/).forEach((line, i) => { if (mayHoldKey(line)) hidden.add(i + 1); });
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
