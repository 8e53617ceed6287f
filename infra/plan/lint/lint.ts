import type { Topology } from "../../spec/topology.ts";
import type { CostOptions } from "../cost/estimate.ts";
import type { Finding, Plan } from "../model.ts";
import { Readings } from "../readings.ts";
import type { LintContext, Rule } from "./rule.ts";
import { RULES } from "./table.ts";

export interface LintOptions {
  /** Epoch milliseconds; without it, rules that need the time find nothing. */
  readonly nowMs?: number;
  readonly others?: readonly Topology[];
  readonly certificate?: LintContext["certificate"];
  readonly calibration?: CostOptions["calibration"];
  readonly prices?: CostOptions["prices"];
  /** Of the same topology and plan, where somebody has them already; `calibration` and `prices` are theirs then. */
  readonly readings?: Readings;
}

/**
 * Everything the rules find in a topology and its plan, in the order of rules, then of streams. Pure: the same input gives the
 * same findings. Suppressions stand in the file's text and are applied by `applySuppressions`.
 */
export function lint(topology: Topology, plan: Pick<Plan, "hosts" | "streams">, options: LintOptions = {}): Finding[] {
  const readings = options.readings ?? new Readings(topology, plan, { calibration: options.calibration, prices: options.prices });
  const onAws = Object.values(topology.regions).some(({ aws }) => aws !== null);
  const context: LintContext = {
    topology, hosts: plan.hosts, streams: plan.streams, nowMs: options.nowMs ?? null, others: options.others ?? [], certificate: options.certificate ?? null, prices: readings.prices,
    capacity: () => readings.capacity, cost: () => (onAws ? readings.cost : null),
  };
  return RULES.flatMap((rule) => rule.check(context).map((found) => finding(rule, found)));
}

/** A finding of a rule. */
export function finding(rule: Rule, found: { readonly path: readonly (string | number)[]; readonly message: string; readonly fix?: string }): Finding {
  return {
    id: rule.id, severity: rule.severity, message: found.message, fix: found.fix ?? rule.fix,
    provenance: { path: found.path, rule: rule.id, why: rule.reason },
  };
}
