/** zod's issues → what headend says: one message per mistake, what is allowed, and the nearest known word. */
import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import type { SpecPath } from "./problems.ts";
import { UnitError } from "./units.ts";
import { type Hint, toName } from "./values.ts";

export interface Mistake {
  readonly path: SpecPath;
  readonly message: string;
  readonly allowed: string | null;
  readonly suggestion: string | null;
  /** Which part of the place is wrong. `missing` points at the parent. */
  readonly at: "key" | "value" | "missing";
  readonly hidden: boolean;
}

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;
/** What the parts of a schema definition that we look into have in common. */
type Definition = { type: string; shape?: Record<string, Schema>; innerType?: Schema; in?: Schema; options?: Schema[]; valueType?: Schema; element?: Schema };

/** The nearest word, unless it is too far off to be meant. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (known.length === 0 || word.length > 60) return null;
  const best = closest(word.toLowerCase(), known);
  return best !== word && distance(word.toLowerCase(), best.toLowerCase()) <= Math.max(1, Math.min(4, Math.floor(best.length / 2))) ? best : null;
}

/** Says what each issue means to the person who wrote `data`. */
export function explain(issues: readonly Issue[], schema: Schema, data: unknown): Mistake[] {
  return issues.flatMap((issue) => explainOne(issue, issue.path as (string | number)[], schema, data));
}

/** Bad names: keys of maps whose keys people choose. */
export function badNames(schema: Schema, data: unknown, path: SpecPath = []): Mistake[] {
  const def = definition(schema);
  const inner = def.innerType ?? def.in;
  if (inner) return badNames(inner, data, path);
  if (def.options) return def.options.flatMap((option) => badNames(option, data, path));
  if (data === null || typeof data !== "object" || Array.isArray(data) || !(def.shape ?? def.valueType)) return [];
  return Object.entries(data).flatMap(([key, value]): Mistake[] => {
    const next = def.shape ? (Object.hasOwn(def.shape, key) ? def.shape[key] : undefined) : def.valueType;
    return [...(def.valueType ? badName(key, [...path, key]) : []), ...(next ? badNames(next, value, [...path, key]) : [])];
  });
}

function badName(key: string, path: SpecPath): Mistake[] {
  try {
    toName(key);
    return [];
  } catch (error) {
    if (!(error instanceof UnitError)) throw error;
    return [{ path, message: error.message, allowed: error.allowed, suggestion: error.suggestion, at: "key", hidden: false }];
  }
}

function explainOne(issue: Issue, path: SpecPath, schema: Schema, data: unknown): Mistake[] {
  const value = valueAt(data, path);
  const mistake = (message: string, allowed: string | null, more: Partial<Mistake> = {}): Mistake[] =>
    [{ path, message, allowed, suggestion: null, at: value === undefined ? "missing" : "value", hidden: false, ...more }];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => ({
        path: [...path, key], message: "is not a known key", allowed: known.join(", "), suggestion: nearest(key, known), at: "key" as const, hidden: false,
      }));
    }
    case "invalid_type":
      if (value === undefined) return mistake("is missing", describe(schema, path));
      if (!/^Invalid input/.test(issue.message)) {
        const [message = "", allowed = null] = issue.message.split(", allowed is ");
        return mistake(message, allowed ?? describe(schema, path));
      }
      if (value === null) return mistake("has nothing after it", describe(schema, path));
      if (issue.expected === "int") return mistake("is not a whole number", describe(schema, path));
      if (issue.expected === "boolean" && typeof value === "string" && Object.hasOwn(SPOKEN, value.toLowerCase())) {
        return mistake("is text", describe(schema, path), { suggestion: SPOKEN[value.toLowerCase()]! });
      }
      return mistake(`is ${KINDS[kind(value)] ?? kind(value)}`, describe(schema, path));
    case "invalid_value": {
      const values = issue.values.map(String);
      return mistake(value === undefined ? "is missing" : "is not one of the known values", values.join(", "), { suggestion: typeof value === "string" ? nearest(value, values) : null });
    }
    case "invalid_union": return explainUnion(issue.errors, path, schema, data);
    case "too_small": case "too_big":
      return mistake(Array.isArray(value) ? `has ${value.length === 0 ? "no" : value.length} entries` : "is out of range", range(issue, describe(schema, path)));
    case "custom": {
      const hint = (issue.params ?? {}) as Hint;
      return mistake(issue.message, hint.allowed ?? null, { suggestion: hint.suggestion ?? null, hidden: hint.hidden ?? false });
    }
    default: return mistake(`is not right: ${issue.message}`, describe(schema, path));
  }
}

/** A union's mistakes are those of the branch that is of the written kind; when no branch is, all kinds are allowed. */
function explainUnion(branches: readonly (readonly Issue[])[], path: SpecPath, schema: Schema, data: unknown): Mistake[] {
  const value = valueAt(data, path);
  const meant = branches.filter((issues) => !issues.some((issue) =>
    issue.path.length === 0 && (issue.code === "invalid_type" ? kind(value) !== "number" || issue.expected !== "int" : issue.code === "invalid_value" && typeof value !== "string")));
  if (meant.length === 0) {
    return [{ path, message: value === undefined ? "is missing" : `is ${KINDS[kind(value)] ?? kind(value)}`, allowed: describe(schema, path), suggestion: null, at: value === undefined ? "missing" : "value", hidden: false }];
  }
  return meant[0]!.flatMap((issue) => explainOne(issue, [...path, ...(issue.path as (string | number)[])], schema, data));
}

/** What YAML 1.1 took for booleans. */
const SPOKEN: Readonly<Record<string, string>> = { yes: "true", on: "true", y: "true", no: "false", off: "false", n: "false" };
const KINDS: Readonly<Record<string, string>> = { null: "empty", array: "a list", object: "a map", string: "text", number: "a number", boolean: "true or false" };
const kind = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

function range(issue: Extract<Issue, { code: "too_small" | "too_big" }>, fallback: string | null): string | null {
  if (issue.origin === "array") return issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  return fallback ?? (issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`);
}

/** What stands at a path of plain data; undefined when nothing does. */
export function valueAt(data: unknown, path: SpecPath): unknown {
  let value = data;
  for (const step of path) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

const definition = (schema: Schema): Definition => schema._zod.def as unknown as Definition;

/** The schemas that may stand at a path, with wrappers (optional, transform, union) taken off. */
function schemasAt(schema: Schema, path: SpecPath): Schema[] {
  const def = definition(schema);
  const inner = def.innerType ?? def.in;
  if (inner) return schemasAt(inner, path);
  if (def.options) return def.options.flatMap((option) => schemasAt(option, path));
  if (path.length === 0) return [schema];
  const [step, ...rest] = path;
  const next = def.shape ? (Object.hasOwn(def.shape, String(step)) ? def.shape[String(step)] : undefined) : def.valueType ?? def.element;
  return next ? schemasAt(next, rest) : [];
}

const keysAt = (schema: Schema, path: SpecPath): string[] => schemasAt(schema, path).flatMap((one) => Object.keys(definition(one).shape ?? {}));

/** What may stand at a path, in a few words. */
function describe(schema: Schema, path: SpecPath): string | null {
  const words = schemasAt(schema, path).map((one) => {
    const def = definition(one);
    if (def.type === "object") return `a map of ${Object.keys(def.shape ?? {}).join(", ")}`;
    if (def.type === "record") return "a map of names";
    if (def.type === "array") return "a list";
    if (def.type === "boolean") return "true or false";
    if (def.type === "number") {
      const { minValue, maxValue, isInt } = one as z.ZodNumber;
      return `a ${isInt ? "whole " : ""}number from ${minValue} to ${maxValue}`;
    }
    if (def.type === "enum" || def.type === "literal") return [...(one._zod.values ?? [])].join(", ");
    if (def.type === "null") return null;
    const examples = (one as z.ZodType).meta?.()?.["examples"];
    return Array.isArray(examples) ? `text, e.g. ${examples[0]}` : "text";
  }).filter((word) => word !== null);
  return words.length === 0 ? null : [...new Set(words)].join("; or ");
}
