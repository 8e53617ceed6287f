/** Checks a program's inputs against a field table and fills in defaults as the official bridged plugins do. */
import type { CheckFailure } from "../resource.ts";
import { nearest } from "../suggest.ts";
import { isObject, isUnknown } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import type { Field, Fields } from "./schema.ts";

/** Names of the properties a default filled in; official plugins keep it in the inputs of every object. */
export const DEFAULTS = "__defaults";

/** Properties the engine or the bridge adds: never the program's. */
export function isReserved(name: string): boolean {
  return name.startsWith("__");
}

export interface CheckOptions {
  /** Keep the `__defaults` lists and put defaults into the inputs, as plugins bridged over the older SDK do. */
  readonly defaults: boolean;
}

/**
 * Returns the inputs with numbers and booleans in their declared type, nulls dropped and defaults filled in, and every
 * mistake at once. Falsy defaults are not written unless they were written before (`olds`): so do the official ones.
 */
export function checkInputs(fields: Fields, olds: Properties, news: Properties, options: CheckOptions): { inputs: Properties; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const inputs = checkObject(fields, olds, news, "", options, failures);
  return { inputs, failures };
}

function checkObject(fields: Fields, olds: Properties, news: Properties, path: string, options: CheckOptions, failures: CheckFailure[]): Properties {
  const out: Properties = {};
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  for (const [name, value] of Object.entries(news)) {
    if (isReserved(name) || value === null) continue;
    const field = fields[name];
    if (field === undefined) {
      const near = nearest(name, Object.keys(fields));
      failures.push({ property: at(name), reason: `"${name}" is not a property here${near === undefined ? "" : `; did you mean "${near}"?`}` });
      continue;
    }
    out[name] = checkValue(field, olds[name], value, at(name), options, failures);
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field.required && out[name] === undefined) failures.push({ property: at(name), reason: `"${at(name)}" is required and is missing` });
  }
  if (options.defaults) applyDefaults(fields, olds, out);
  return out;
}

function applyDefaults(fields: Fields, olds: Properties, out: Properties): void {
  const listed = olds[DEFAULTS];
  const replayable = (name: string): boolean => olds[name] !== undefined && (!Array.isArray(listed) || listed.includes(name));
  const filled: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (field.fallback === undefined || out[name] !== undefined) continue;
    const old = replayable(name) ? olds[name] : undefined;
    if (old === undefined && !field.fallback) continue;
    out[name] = old ?? field.fallback;
    filled.push(name);
  }
  out[DEFAULTS] = filled.sort();
}

function checkValue(field: Field, old: Value | undefined, value: Value, path: string, options: CheckOptions, failures: CheckFailure[]): Value {
  if (isUnknown(value)) return value;
  const mistakes = failures.length;
  const wrong = (wanted: string): Value => {
    failures.push({ property: path, reason: `"${path}" must be ${wanted}, not ${describe(value, field)}` });
    return value;
  };
  const checked = ((): Value => {
    switch (field.kind) {
      case "any": return value;
      case "string":
        if (typeof value === "string") return value;
        return typeof value === "number" || typeof value === "boolean" ? String(value) : wrong("a text");
      case "boolean":
        if (typeof value === "boolean") return value;
        return value === "true" ? true : value === "false" ? false : wrong("true or false");
      case "integer":
      case "number": {
        const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
        if (typeof number !== "number" || !Number.isFinite(number)) return wrong("a number");
        return field.kind === "integer" && !Number.isInteger(number) ? wrong("a whole number") : number;
      }
      case "list":
      case "set": {
        if (!Array.isArray(value) || field.element === undefined) return wrong("a list");
        const element = field.element;
        const olds = Array.isArray(old) ? old : [];
        return value.map((item, i) => item === null ? null : checkValue(element, olds[i], item, `${path}[${i}]`, options, failures));
      }
      case "map": {
        if (!isObject(value) || field.element === undefined) return wrong("a map of names to values");
        const element = field.element;
        const entries = Object.entries(value).filter(([name, item]) => item !== null && name !== DEFAULTS);
        return Object.fromEntries(entries.map(([name, item]) => [name, checkValue(element, undefined, item, `${path}[${JSON.stringify(name)}]`, options, failures)]));
      }
      case "object":
        if (!isObject(value) || field.fields === undefined) return wrong("an object");
        return checkObject(field.fields, isObject(old) ? old : {}, value, path, options, failures);
    }
  })();
  const complaint = field.validate !== undefined && failures.length === mistakes ? field.validate(checked) : undefined;
  if (complaint !== undefined) failures.push({ property: path, reason: `"${path}": ${complaint}` });
  return checked;
}

/** A short name for a wrong value; its content only where a number or a yes/no is wanted, since texts may be secret. */
function describe(value: Value, field: Field): string {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  const quotable = field.kind === "boolean" || field.kind === "integer" || field.kind === "number";
  return quotable && !field.secret ? JSON.stringify(value) : `a ${typeof value === "string" ? "text" : typeof value}`;
}
