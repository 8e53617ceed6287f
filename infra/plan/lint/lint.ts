import type { Topology } from "../../spec/topology.ts";
import { capacity, type CapacityOptions } from "../capacity/capacity.ts";
import { estimate, type CostOptions } from "../cost/estimate.ts";
import { PRICES } from "../cost/prices.ts";
import type { Finding, Plan } from "../model.ts";
import type { LintContext, Rule } from "./rule.ts";
import { RULES } from "./table.ts";

export interface LintOptions {
  /** Epoch milliseconds; without it, rules that need the time find nothing. */
  readonly nowMs?: number;
  readonly others?: readonly Topology[];
  readonly certificate?: LintContext["certificate"];
  readonly calibration?: CapacityOptions["calibration"];
  readonly prices?: CostOptions["prices"];
}

/**
 * Everything the rules find in a topology and its plan, in the order of rules, then of streams. Pure: the same input gives the
 * same findings. Suppressions stand in the file's text and are applied by `applySuppressions`.
 */
export function lint(topology: Topology, plan: Pick<Plan, "hosts" | "streams">, options: LintOptions = {}): Finding[] {
  const { calibration, prices = PRICES } = options;
  const onAws = Object.values(topology.regions).some(({ aws }) => aws !== null);
  const context: LintContext = {
    topology, hosts: plan.hosts, streams: plan.streams, nowMs: options.nowMs ?? null, others: options.others ?? [], certificate: options.certificate ?? null, prices,
    capacity: once(() => capacity(topology, plan, { calibration })),
    cost: once(() => (onAws ? estimate(topology, plan, { calibration, prices }) : null)),
  };
  return RULES.flatMap((rule) => rule.check(context).map((found) => finding(rule, found)));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** A finding of a rule. */
export function finding(rule: Rule, found: { readonly path: readonly (string | number)[]; readonly message: string; readonly fix?: string }): Finding {
  return {
    id: rule.id, severity: rule.severity, message: found.message, fix: found.fix ?? rule.fix,
    provenance: { path: found.path, rule: rule.id, why: rule.reason },
  };
}
