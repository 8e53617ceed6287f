import type { LoadedTopology } from "../../spec/topology.ts";
import { lintFile } from "../lint/lint-file.ts";
import { ruleOf } from "../lint/table.ts";
import type { Context } from "./context.ts";
import type { Answer } from "./explanation.ts";

/** What a rule of `headend check` finds in this file, and why it matters; null for an unknown id. */
export function explainFinding(loaded: LoadedTopology, { plan, readings }: Context, id: string, nowMs: number | null): Answer[] | null {
  const rule = ruleOf(id.toUpperCase());
  if (rule === undefined) return null;
  const { kept, suppressed } = lintFile(loaded, plan, { readings, ...(nowMs === null ? {} : { nowMs }) });
  const found = [...kept.map((one) => ({ ...one, reason: null })), ...suppressed].filter(({ finding }) => finding.id === rule.id);
  const says = { name: rule.id, in: "infra/plan/lint, docs/lint.md", says: `${rule.severity}: ${rule.title}. ${rule.reason}` };
  if (found.length === 0) {
    return [{
      thing: `finding ${rule.id}`, is: `${rule.id} finds nothing in this file.`, causes: [{ path: ["name"], why: "the whole of this topology was looked at" }],
      rule: says, formulas: [], facts: [["source", rule.source]], see: [],
    }];
  }
  return found.map(({ finding, reason }): Answer => ({
    thing: `finding ${rule.id}`, is: `${finding.message}${reason === null ? "" : ` (accepted: ${reason})`}`,
    causes: [{ path: finding.provenance.path, why: "is what it is about" }],
    rule: says, formulas: [], facts: [["fix", finding.fix], ["source", rule.source]], see: finding.provenance.path[0] === "streams" && finding.provenance.path[1] !== undefined ? [`stream ${finding.provenance.path[1]}`] : [],
  }));
}
