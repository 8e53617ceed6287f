/** Own scripts: YAML that says which faults to play, in which order. Mistakes are told like a topology's, with line and column. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Plan } from "../../infra/plan/model.ts";
import type { Bundle } from "../../infra/render/bundle.ts";
import { explain, nearest, valueAt } from "../../infra/spec/issues.ts";
import { type Problem, quote, type SpecPath, TopologyError } from "../../infra/spec/problems.ts";
import { DURATION_ALLOWED, toSeconds, UnitError } from "../../infra/spec/units.ts";
import { readYaml, type YamlFile } from "../../infra/spec/yaml-file.ts";
import { faultOf, NO_LIMITS, processesOf, type Limits } from "./faults.ts";
import type { Action, Fault } from "./model.ts";

const duration = z.string().meta({ description: DURATION_ALLOWED });
const step = z.strictObject({
  kill: z.string().optional(), freeze: z.string().optional(), host: z.string().optional(), stream: z.string().optional(),
  publisher: z.string().optional(), does: z.enum(["close", "silent", "switch"]).optional(),
  between: z.array(z.string()).length(2).optional(), blackhole: z.boolean().optional(), loss: z.string().optional(), rate: z.string().optional(), delay: duration.optional(),
  disk: z.enum(["recordings", "memory"]).optional(), edit: z.enum(["add-stream"]).optional(), rotate: z.string().optional(),
  clock: duration.optional(), wait: duration.optional(), for: duration.optional(),
});
type Step = z.infer<typeof step>;
const script = z.strictObject({ rehearsal: z.literal(1), steps: z.array(step).min(1) });

/** Words that say what a step does; it has exactly one of them. */
const VERBS = ["kill", "freeze", "publisher", "between", "disk", "edit", "rotate", "clock", "wait"] as const;
const LONGEST = 600;

/** A mistake at a place of a step. */
class Mistaken extends Error {
  constructor(readonly key: string | null, readonly problem: string, readonly allowed: string | null, readonly suggestion: string | null = null) { super(problem); }
}

/** Reads a script file. @throws TopologyError with every problem */
export function loadScript(file: string, plan: Plan, bundles: readonly Bundle[], limits: Limits = NO_LIMITS): Fault[] {
  let text: string;
  try { text = readFileSync(file, "utf8"); } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
    throw new TopologyError(file, [{ position: null, path: [], message: why, value: null, allowed: "a YAML file as in docs/rehearse.md", suggestion: null, sourceLine: null }]);
  }
  return parseScript(text, file, plan, bundles, limits);
}

/** Reads the text of a script; `file` is only its name in messages. @throws TopologyError with every problem */
export function parseScript(text: string, file: string, plan: Plan, bundles: readonly Bundle[], limits: Limits = NO_LIMITS): Fault[] {
  const yaml = readYaml(text);
  const problems = new Problems(text, file, yaml);
  for (const p of yaml.problems) problems.at(p.offset, p.path, p.message, null, p.allowed, p.suggestion);
  const faults: Fault[] = [];
  const parsed = script.safeParse(yaml.data);
  if (yaml.problems.length === 0 && (yaml.data === null || typeof yaml.data !== "object")) problems.at(0, [], "is no rehearsal", null, "rehearsal: 1, and a list of steps", null);
  else if (!parsed.success) {
    if (yaml.problems.length === 0) for (const m of explain(parsed.error.issues, script, yaml.data)) problems.path(m.path, m.message, m.allowed, m.suggestion, m.at);
  } else parsed.data.steps.forEach((s, i) => {
    try { faults.push(faultOf(plan, actionOf(s, plan, bundles), limits)); } catch (error) {
      if (!(error instanceof Mistaken)) throw error;
      problems.path(error.key === null ? ["steps", i] : ["steps", i, error.key], error.problem, error.allowed, error.suggestion, "value");
    }
  });
  if (problems.found.length > 0) throw new TopologyError(file, problems.found);
  return faults;
}

class Problems {
  readonly found: Problem[] = [];
  constructor(private readonly text: string, private readonly file: string, private readonly yaml: YamlFile) {}

  at(offset: number, path: SpecPath, message: string, value: string | null, allowed: string | null, suggestion: string | null): void {
    const place = this.yaml.linePosition(offset);
    this.found.push({ position: { file: this.file, ...place }, path, message, value, allowed, suggestion, sourceLine: this.text.split(/\r?\n/)[place.line - 1] ?? null });
  }

  path(path: SpecPath, message: string, allowed: string | null, suggestion: string | null, at: "key" | "value" | "missing"): void {
    const value = valueAt(this.yaml.data, path);
    const offset = this.yaml.locate(path, at === "key" ? "key" : "value") ?? this.yaml.locate(path.slice(0, -1), "key") ?? this.yaml.locate(path.slice(0, -2), "key") ?? 0;
    this.at(offset, path, message, at === "value" && value !== undefined && typeof value !== "object" ? quote(value) : null, allowed, suggestion);
  }
}

function actionOf(s: Step, plan: Plan, bundles: readonly Bundle[]): Action {
  const verbs = VERBS.filter((v) => s[v] !== undefined);
  const [verb] = verbs;
  if (verb === undefined || verbs.length > 1) throw new Mistaken(verbs[1] ?? null, verb === undefined ? "does not say what to do" : "says two things to do", `exactly one of ${VERBS.join(", ")}`);
  const seconds = (fallback: number): number => (s.for === undefined ? fallback : time(s.for, "for"));
  switch (verb) {
    case "kill": case "freeze": return processAction(s, verb, plan, bundles, seconds);
    case "publisher": {
      const { stream, publisher } = publisherOf(plan, s.publisher, "publisher");
      const does = need(s.does, "does", "close, silent or switch");
      return { kind: "publisher", stream, publisher, how: does === "silent" ? "silent" : "close", back: does === "switch" ? "other" : "same", seconds: seconds(10) };
    }
    case "between": return lineAction(s, plan, seconds(10));
    case "disk": return { kind: "disk", what: s.disk ?? "memory", host: hostOf(plan, s.host, "host"), seconds: seconds(10) };
    case "edit": return { kind: "edit", what: "add-stream" };
    case "rotate": return { kind: "rotate", ...publisherOf(plan, s.rotate, "rotate") };
    case "clock": return { kind: "clock", host: hostOf(plan, s.host, "host"), seconds: time(s.clock ?? "", "clock") };
    case "wait": return { kind: "wait", seconds: time(s.wait ?? "", "wait") };
  }
}

function processAction(s: Step, how: "kill" | "freeze", plan: Plan, bundles: readonly Bundle[], seconds: (fallback: number) => number): Action {
  const host = hostOf(plan, s.host, "host"), name = s[how] ?? "";
  if (name === "host") return { kind: "host", host, how, seconds: seconds(12) };
  const bundle = bundles.find((b) => b.host === host);
  const known = bundle ? processesOf(plan, bundle) : [];
  const found = known.filter((p) => p.process === name);
  const names = [...new Set(known.map((p) => p.process))];
  if (found.length === 0) throw new Mistaken(how, `is no process of ${host}`, [...names, "host"].join(", "), nearest(name, [...names, "host"]));
  const chosen = s.stream === undefined ? found[0] : found.find((p) => p.stream === s.stream);
  if (!chosen) throw new Mistaken("stream", `is not carried by ${host}`, found.flatMap((p) => p.stream ?? []).join(", ") || "no stream: this process serves all of them");
  return { kind: "process", host, ...chosen, how, seconds: how === "kill" ? 0 : seconds(8) };
}

function lineAction(s: Step, plan: Plan, seconds: number): Action {
  const [from = "", to = ""] = s.between ?? [];
  const outside = ["publishers", "viewers"];
  if (!outside.includes(from)) hostOf(plan, from, "between");
  hostOf(plan, to, "between");
  const line = { from, to };
  const given = (["blackhole", "loss", "rate", "delay"] as const).filter((k) => s[k] !== undefined);
  if (given.length !== 1) throw new Mistaken("between", `has ${given.length === 0 ? "nothing" : "two things"} done to it`, "exactly one of blackhole, loss, rate, delay");
  if (s.delay !== undefined) return { kind: "delay", line, ms: Math.round(time(s.delay, "delay") * 1000), seconds };
  if (s.loss !== undefined) {
    const percent = Number(/^(\d+(?:\.\d+)?) ?%$/.exec(s.loss)?.[1] ?? Number.NaN);
    if (!(percent > 0 && percent < 100)) throw new Mistaken("loss", "is no share of packets", "above 0 and below 100 percent, e.g. 5 %");
    return { kind: "network", line, does: { kind: "loss", percent }, seconds };
  }
  if (s.rate !== undefined) {
    const kbps = Number(/^(\d+) ?kbps$/.exec(s.rate)?.[1] ?? Number.NaN);
    if (!(kbps >= 8)) throw new Mistaken("rate", "is no rate", "8 kbps or more, e.g. 300 kbps");
    return { kind: "network", line, does: { kind: "rate", kbps }, seconds };
  }
  return { kind: "network", line, does: { kind: "blackhole" }, seconds };
}

function need<T>(value: T | undefined, key: string, allowed: string): T {
  if (value === undefined) throw new Mistaken(null, `lacks \`${key}\``, allowed);
  return value;
}

function hostOf(plan: Plan, name: string | undefined, key: string): string {
  const names = plan.hosts.map((h) => h.name);
  const given = need(name, key, names.join(", "));
  if (!names.includes(given)) throw new Mistaken(key, `names no host: ${quote(given)}`, names.join(", "), nearest(given, names));
  return given;
}

function publisherOf(plan: Plan, path: string | undefined, key: string): { readonly stream: string; readonly publisher: string } {
  const paths = plan.streams.flatMap((s) => s.publish);
  const found = paths.find((p) => p.path === path);
  const names = paths.map((p) => p.path);
  if (!found) throw new Mistaken(key, "names no publisher", names.join(", "), nearest(path ?? "", names));
  return { stream: found.stream, publisher: found.publisher };
}

function time(text: string, key: string): number {
  try {
    const seconds = toSeconds(text);
    if (seconds > LONGEST) throw new Mistaken(key, "is too long", `at most ${LONGEST} s`);
    return seconds;
  } catch (error) {
    if (error instanceof UnitError) throw new Mistaken(key, error.message, error.allowed);
    throw error;
  }
}
