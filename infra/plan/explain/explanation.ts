import type { SpecPath } from "../../spec/problems.ts";
import type { LoadedTopology } from "../../spec/topology.ts";
import { defaultAt } from "./defaults.ts";

/** A place of the topology that an answer rests on, and what it has to do with it. */
export interface Cause { readonly path: SpecPath; readonly why: string }

/** One calculation with the numbers put in; `source` says where its constants come from. */
export interface Formula { readonly what: string; readonly formula: string; readonly numbers: string; readonly result: string; readonly source: string }

/** What the planner says about one thing of a plan. */
export interface Answer {
  /** As it is asked for, e.g. "port 1936@mux-eu-a". */
  readonly thing: string;
  readonly is: string;
  /** Most telling first; at least one. */
  readonly causes: readonly Cause[];
  /** Rule of the planner that made it, where that rule is, and what it says. */
  readonly rule: { readonly name: string; readonly in: string; readonly says: string };
  readonly formulas: readonly Formula[];
  /** Anything else worth knowing, a name and a value each. */
  readonly facts: readonly (readonly [string, string])[];
  /** Other things to ask about. */
  readonly see: readonly string[];
}

/** A cause with its place in the file, from 1. What the file leaves out stands at its nearest parent and has a default. */
export interface SpecLine extends Cause {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly written: boolean;
  /** For what the file leaves out: what holds instead. */
  readonly default: string | null;
}

export interface Explanation extends Omit<Answer, "causes"> { readonly causes: readonly SpecLine[] }

/** Looks an answer's causes up in the file. */
export function locate(answer: Answer, loaded: LoadedTopology): Explanation {
  const seen = new Set<string>();
  const causes = answer.causes.map(({ path, why }): SpecLine => {
    const { file, line, column } = loaded.position(path);
    const written = loaded.isWritten(path);
    return { path, why, file, line, column, written, default: written ? null : defaultAt(path) };
  }).filter((cause) => {
    const key = `${cause.line} ${cause.column} ${cause.why}`;
    return seen.has(key) ? false : seen.add(key);
  });
  return { ...answer, causes };
}

/** A number as people read it, without noise in its last digits. */
export function figure(value: number, digits = 2): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** The first few of many causes, and how many more there are, so that an answer about 5,000 streams fits on a screen. */
export function few(causes: readonly Cause[], most = 4): Cause[] {
  const rest = causes.length - most;
  if (rest <= 0) return [...causes];
  const shown = causes.slice(0, most);
  const last = shown.at(-1)!;
  return [...shown.slice(0, -1), { path: last.path, why: `${last.why}; and ${rest.toLocaleString("en-US")} more like it` }];
}
