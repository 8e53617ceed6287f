import { planTopology, type PlanOptions } from "../../../infra/plan/plan.ts";
import type { Plan } from "../../../infra/plan/model.ts";
import { formatProblems, loadTopology, TopologyError } from "../../../infra/spec/load.ts";
import type { LoadedTopology } from "../../../infra/spec/topology.ts";
import { CliError, EXIT, InputError } from "./errors.ts";
import { note, wantsColor } from "./output.ts";

/** A loaded topology and its plan. */
export interface Planned { readonly loaded: LoadedTopology; readonly plan: Plan }

/** Thrown after the problems have been printed. */
export class AlreadyTold extends CliError {
  constructor(exitCode: number = EXIT.badInput) { super("", null, exitCode); }
}

/** Loads and plans a file; problems go to standard error as a compiler prints them, and the command ends with 2. */
export function loadAndPlan(file: string, scale = 1, options: Omit<PlanOptions, "scale"> = {}): Planned {
  try {
    const loaded = loadTopology(file);
    return { loaded, plan: planTopology(loaded.topology, { ...options, scale }) };
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    note(formatProblems(error.problems, { color: wantsColor(process.stderr), file }));
    throw new AlreadyTold();
  }
}

/** Reads `--scale`. */
export function parseScale(text: string): number {
  const scale = Number(text);
  if (!(scale > 0 && scale <= 1)) throw new InputError(`--scale is "${text}".`, "Allowed: above 0, at most 1, e.g. 0.5.");
  return scale;
}
