import { planTopology } from "../../infra/plan/plan.ts";
import type { Finding } from "../../infra/plan/model.ts";
import { formatProblems, loadTopology, TopologyError } from "../../infra/spec/load.ts";
import { quoteSource } from "./lib/source.ts";
import type { LoadedTopology } from "../../infra/spec/topology.ts";
import { EXIT } from "./lib/errors.ts";
import { paint, print, printJson, wantsColor } from "./lib/output.ts";

export interface CheckOptions { readonly json?: boolean; readonly strict?: boolean }

/** One thing to tell about a file, as `--json` gives it. */
interface Diagnostic {
  readonly severity: Finding["severity"];
  readonly id: string | null;
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string | null;
}

/** `headend check FILE`: schema errors and what the plan found. @returns the exit code */
export function check(file: string, options: CheckOptions): number {
  let loaded: LoadedTopology;
  try {
    loaded = loadTopology(file);
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    if (options.json) printJson({ file, ok: false, diagnostics: problems(error) });
    else print(formatProblems(error.problems, { color: wantsColor(process.stdout), file }));
    return EXIT.badInput;
  }
  const { findings } = planTopology(loaded.topology);
  const code = exitCode(findings, options.strict === true);
  if (options.json) printJson({ file, ok: code === EXIT.ok, diagnostics: findings.map((finding) => diagnostic(loaded, finding)) });
  else print(report(loaded, findings));
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
    fix: [p.suggestion === null ? null : `Try ${p.suggestion}.`, p.allowed === null ? null : `Allowed: ${p.allowed}.`].filter((text) => text !== null).join(" ") || null,
  }));
}

function diagnostic(loaded: LoadedTopology, { severity, id, message, fix, provenance }: Finding): Diagnostic {
  const { file, line, column } = loaded.position(provenance.path);
  return { severity, id, file, line, column, path: provenance.path, message, fix };
}

function report(loaded: LoadedTopology, findings: readonly Finding[]): string {
  const color = { error: paint.red, warning: paint.yellow, info: paint.cyan };
  const blocks = findings.map((finding) => {
    const at = loaded.position(finding.provenance.path);
    const head = `${paint.bold(`${at.file}:${at.line}:${at.column}`)}  ${color[finding.severity](`${finding.severity} ${finding.id}`)}: ${finding.message}`;
    return [head, `    fix        ${finding.fix}`, ...quoteSource(loaded.text, at, paint)].join("\n");
  });
  const { streams, multiplexers } = loaded.topology;
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
  const warnings = findings.filter((f) => f.severity === "warning").length;
  const errors = findings.filter((f) => f.severity === "error").length;
  const groups = Object.values(multiplexers).reduce((sum, group) => sum + group.count, 0);
  const verdict = `${loaded.file}: ${count(errors, "error")}, ${count(warnings, "warning")} (${count(Object.keys(streams).length, "stream")}, ${count(groups, "multiplexer")})`;
  return [...blocks, (errors > 0 ? paint.red : warnings > 0 ? paint.yellow : paint.green)(verdict)].join("\n\n");
}
