import type { Topology } from "../../spec/topology.ts";
import type { Finding, Plan } from "../model.ts";
import type { Rule } from "./rule.ts";
import { RULES } from "./table.ts";

export interface LintOptions {
  /** Epoch milliseconds; without it, rules that need the time find nothing. */
  readonly nowMs?: number;
}

/**
 * Everything the rules find in a topology and its plan, in the order of rules, then of streams. Pure: the same input gives the
 * same findings. Suppressions stand in the file's text and are applied by `applySuppressions`.
 */
export function lint(topology: Topology, plan: Pick<Plan, "hosts" | "streams">, options: LintOptions = {}): Finding[] {
  const context = { topology, hosts: plan.hosts, streams: plan.streams, nowMs: options.nowMs ?? null };
  return RULES.flatMap((rule) => rule.check(context).map((found) => finding(rule, found)));
}

/** A finding of a rule. */
export function finding(rule: Rule, found: { readonly path: readonly (string | number)[]; readonly message: string; readonly fix?: string }): Finding {
  return {
    id: rule.id, severity: rule.severity, message: found.message, fix: found.fix ?? rule.fix,
    provenance: { path: found.path, rule: rule.id, why: rule.reason },
  };
}
