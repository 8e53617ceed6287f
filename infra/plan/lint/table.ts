import { costRules } from "./cost.ts";
import { deliveryRules } from "./delivery.ts";
import { eventRules } from "./event.ts";
import { ingestRules } from "./ingest.ts";
import { ladderRules } from "./ladder.ts";
import { latencyRules } from "./latency.ts";
import { outputRules } from "./output.ts";
import { redundancyRules } from "./redundancy.ts";
import type { Rule } from "./rule.ts";
import { sizeRules } from "./sizes.ts";
import { suppressionRules } from "./suppress.ts";

/** Every rule, by id. */
export const RULES: readonly Rule[] = [
  ...ladderRules, ...latencyRules, ...ingestRules, ...redundancyRules, ...deliveryRules, ...outputRules, ...eventRules, ...sizeRules, ...costRules, ...suppressionRules,
].sort((a, b) => (a.id < b.id ? -1 : 1));

const byId = new Map(RULES.map((rule) => [rule.id, rule]));
/** The rule of a finding; undefined for findings that another part made. */
export const ruleOf = (id: string): Rule | undefined => byId.get(id);
