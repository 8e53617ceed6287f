import { isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Rule } from "../../../infra/plan/lint/rule.ts";
import type { Finding } from "../../../infra/plan/model.ts";

/** One result to write. */
export interface SarifResult {
  /** Topology that it is about, as the user named it. */
  readonly file: string;
  /** A rule of the table, or "schema". */
  readonly id: string;
  readonly severity: Finding["severity"];
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
  /** Why the file suppresses it; null when it does not. */
  readonly suppressedBecause: string | null;
}

const LEVEL = { error: "error", warning: "warning", info: "note" } as const;
const SCHEMA_RULE = {
  id: "schema", shortDescription: { text: "the file is not a valid topology" }, fullDescription: { text: "A key, a value or a reference is wrong." },
  help: { text: "The message says what is allowed." }, defaultConfiguration: { level: "error" },
};

/** A SARIF 2.1.0 log (OASIS), for code scanning. */
export function sarif(rules: readonly Rule[], results: readonly SarifResult[]): object {
  const described = [SCHEMA_RULE, ...rules.map((rule) => ({
    id: rule.id, shortDescription: { text: rule.title }, fullDescription: { text: rule.reason }, help: { text: `${rule.fix} Source: ${rule.source}.` },
    defaultConfiguration: { level: LEVEL[rule.severity] },
  }))];
  const index = new Map(described.map(({ id }, i) => [id, i]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: { driver: { name: "headend", rules: described } },
      columnKind: "utf16CodeUnits",
      results: results.map(({ file, id, severity, message, line, column, suppressedBecause }) => ({
        ruleId: id, ruleIndex: index.get(id) ?? 0, level: LEVEL[severity], message: { text: message },
        locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...(line === null ? {} : { region: { startLine: line, startColumn: column ?? 1 } }) } }],
        ...(suppressedBecause === null ? {} : { suppressions: [{ kind: "inSource", justification: suppressedBecause }] }),
      })),
    }],
  };
}

/** A relative path stays relative, so that the log fits every clone. */
function uriOf(file: string): string {
  return isAbsolute(file) ? pathToFileURL(file).href : file.split(sep).map(encodeURIComponent).join("/");
}
