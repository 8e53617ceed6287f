import { nowMs as clock } from "../../infra/clock.ts";
import { type Explanation, type SpecLine } from "../../infra/plan/explain/explanation.ts";
import { Explainer } from "../../infra/plan/explain/explain.ts";
import { FORMS, parseThing, UnknownThing, type Kind } from "../../infra/plan/explain/thing.ts";
import { formatPath } from "../../infra/spec/problems.ts";
import { currentPrices, userCalibration } from "../../infra/user-files/user-files.ts";
import { InputError } from "./lib/errors.ts";
import { columns, paint, print, printJson } from "./lib/output.ts";
import { mayHoldKey, quoteSource } from "./lib/source.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface ExplainOptions { readonly json?: boolean; readonly scale: number }

/** More names than these nobody reads; `headend plan --json` has them all. */
const LISTED = 200;

/** `headend explain THING FILE`: where a port, host, size or amount comes from. A kind alone lists what there is of it. */
export function explain(words: readonly string[], options: ExplainOptions, nowMs = clock()): void {
  const file = words.at(-1);
  if (file === undefined || words.length < 2) throw new InputError("Say what to explain, and the topology file.", `Forms: ${Object.values(FORMS).join("; ")}.`);
  try {
    const { kind, name } = parseThing(words.slice(0, -1));
    const { loaded, plan } = loadAndPlan(file, options.scale, { lint: false });
    const explainer = new Explainer(loaded, plan, nowMs, { prices: currentPrices(), calibration: userCalibration() });
    if (name === "" && kind !== "rule") { list(kind, explainer, options); return; }
    const names = name === "" ? [...explainer.names("rule")].slice(0, LISTED) : [name];
    const found = names.flatMap((one) => explainer.explain(kind, one));
    if (options.json) printJson({ file, explanations: found.map((one) => withSource(one, loaded.text)) });
    else if (name === "") print(ruleTable(found));
    else print(found.map((one) => text(one, loaded.text)).join("\n\n"));
  } catch (error) {
    if (!(error instanceof UnknownThing)) throw error;
    const listed = error.known.length === 0 ? "" : `Known: ${error.known.join(", ")}${error.more > 0 ? ` and ${error.more.toLocaleString("en-US")} more` : ""}.`;
    throw new InputError(error.message, [error.nearest === null ? "" : `Did you mean: ${error.nearest}`, listed].filter((line) => line !== "").join("\n") || null);
  }
}

function list(kind: Kind, explainer: Explainer, options: ExplainOptions): void {
  const names: string[] = [];
  let count = 0;
  for (const name of explainer.names(kind)) if (count++ < LISTED) names.push(name);
  if (options.json) printJson({ kind, names, total: count });
  else print([...names.map((name) => `${kind} ${name}`), ...(count > names.length ? [paint.dim(`… and ${count - names.length} more`)] : [])].join("\n"));
}

/** Data for `--json`: the quoted line goes with each cause, unless it may hold a key. */
function withSource(one: Explanation, source: string): object {
  const lines = source.split(/\r?\n/);
  const quoted = ({ line, written }: SpecLine): string | null => (!written || mayHoldKey(lines[line - 1] ?? "") ? null : (lines[line - 1] ?? "").trim());
  return { ...one, causes: one.causes.map((cause) => ({ ...cause, path: formatPath(cause.path), source: quoted(cause) })) };
}

/** All firewall rules, one a line. */
function ruleTable(found: readonly Explanation[]): string {
  const table = columns(["rule", "opens", "from"], found.map((one) => {
    const [first] = one.causes;
    return [one.thing.slice("rule ".length), one.is.replace(/^.*? listens on (.*?)\.$/, "$1"), first === undefined ? "" : `${first.file}:${first.line}:${first.column}`];
  }));
  return `${table}\n\n${paint.dim("One of them in full: npx headend explain rule NAME@HOST FILE")}`;
}

/** An explanation for people. */
export function text(one: Explanation, source: string): string {
  return [
    `${paint.bold(one.thing)}\n${one.is}`,
    section("Because of", one.causes.map((cause) => causeText(cause, source)).join("\n")),
    section("Rule", `${one.rule.name} (${one.rule.in}): ${one.rule.says}`),
    ...(one.formulas.length === 0 ? [] : [section("Numbers", one.formulas.map((f) => `${paint.cyan(f.what)}  ${f.formula}\n  ${f.numbers} = ${paint.bold(f.result)}\n  ${paint.dim(f.source)}`).join("\n"))]),
    ...(one.facts.length === 0 ? [] : [section("Also", columns(["", ""], one.facts.map((fact) => [...fact])).split("\n").slice(1).join("\n"))]),
    ...(one.see.length === 0 ? [] : [section("See", one.see.join("\n"))]),
  ].join("\n");
}

const section = (title: string, body: string): string => `${paint.bold(title)}\n${body.split("\n").map((line) => `  ${line}`.trimEnd()).join("\n")}`;

function causeText(cause: SpecLine, source: string): string {
  const place = `${cause.file}:${cause.line}:${cause.column}`;
  const quoted = cause.written && !mayHoldKey(source.split(/\r?\n/)[cause.line - 1] ?? "") ? quoteSource(source, cause, paint) : [];
  return [`${cause.written ? place : paint.yellow("default")}  ${paint.cyan(formatPath(cause.path))} ${cause.why}${cause.default === null ? "" : ` (${cause.default})`}`, ...quoted].join("\n");
}

