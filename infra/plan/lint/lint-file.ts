import type { LoadedTopology } from "../../spec/topology.ts";
import type { Plan } from "../model.ts";
import { lint, type LintOptions } from "./lint.ts";
import { applySuppressions, type Suppression } from "./suppress.ts";

/** What the rules find in a file, in the order of its lines, with what the file suppresses taken out. */
export function lintFile(loaded: LoadedTopology, plan: Pick<Plan, "hosts" | "streams">, options: LintOptions = {}): Suppression {
  const placed = lint(loaded.topology, plan, options).map((finding) => {
    const { path } = finding.provenance;
    // What the file leaves out entirely has no place; the name of the whole stands for it.
    const { line, column } = loaded.position(path.some((_, i) => loaded.isWritten(path.slice(0, i + 1))) ? path : ["name"]);
    return { finding, line, column };
  });
  const { kept, suppressed } = applySuppressions(loaded.text, placed);
  // Findings of one place stay in the order of the table.
  const inOrder = <P extends { readonly line: number; readonly column: number }>(list: readonly P[]): P[] => [...list].sort((a, b) => a.line - b.line || a.column - b.column);
  return { kept: inOrder(kept), suppressed: inOrder(suppressed) };
}
