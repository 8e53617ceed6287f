/** Compares a state with new inputs by the rules of Terraform's older SDK, which the official docker plugin runs on. */
import type { DiffKind } from "../resource.ts";
import { canonical, hasUnknown, isObject, isUnknown } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import { isReserved } from "./check.ts";
import type { Field, Fields } from "./schema.ts";

/** True when a change at this property means nothing, whatever the values are. */
export type Suppress = (name: string, old: Value | undefined, news: Value | undefined) => boolean;

/** What of `news` differs from `state`: unset, zero and empty are one and the same, sets have no order, computed fields may be left out. */
export function diffInputs(fields: Fields, state: Properties, news: Properties, suppress: Suppress = () => false): Map<string, DiffKind> {
  const changes = new Map<string, DiffKind>();
  for (const [name, field] of Object.entries(fields)) {
    if (suppress(name, state[name], news[name])) continue;
    diffField(field, state[name], news[name], name, changes);
  }
  return changes;
}

function record(changes: Map<string, DiffKind>, path: string, kind: "add" | "delete" | "update", field: Field): void {
  changes.set(path, field.forceNew ? `${kind}-replace` : kind);
}

function diffField(field: Field, old: Value | undefined, given: Value | undefined, path: string, changes: Map<string, DiffKind>): void {
  if (given === undefined || given === null) {
    if (field.computed) return;
    given = field.fallback;
  }
  const oldEmpty = isEmpty(old, field);
  if (given !== undefined && isUnknown(given)) return record(changes, path, oldEmpty ? "add" : "update", field);
  const newEmpty = isEmpty(given, field);
  if (oldEmpty && newEmpty) return;
  // A list or object the system fills in cannot be emptied: upstream reads an empty one as "not given".
  if (newEmpty && field.computed && !isPrimitive(field)) return;
  if (given === undefined || newEmpty) return record(changes, path, isPrimitive(field) ? "update" : "delete", field);
  if (old === undefined || oldEmpty) return record(changes, path, old === undefined ? "add" : "update", field);

  switch (field.kind) {
    case "object":
      if (isObject(old) && isObject(given)) return diffObject(field.fields ?? {}, old, given, path, changes);
      break;
    case "list":
      if (Array.isArray(old) && Array.isArray(given)) return diffList(field, old, given, path, changes);
      break;
    case "set":
      if (Array.isArray(old) && Array.isArray(given)) return diffSet(field, old, given, path, changes);
      break;
    case "map":
      if (isObject(old) && isObject(given)) return diffMap(field, old, given, path, changes);
      break;
    default:
  }
  if (hasUnknown(given) || normal(field, old) !== normal(field, given)) record(changes, path, "update", field);
}

function diffObject(fields: Fields, old: Properties, given: Properties, path: string, changes: Map<string, DiffKind>): void {
  for (const [name, field] of Object.entries(fields)) diffField(field, old[name], given[name], `${path}.${name}`, changes);
}

function diffList(field: Field, old: readonly Value[], given: readonly Value[], path: string, changes: Map<string, DiffKind>): void {
  const element = field.element;
  if (element === undefined) return;
  for (let i = 0; i < Math.max(old.length, given.length); i++) {
    const at = `${path}[${i}]`;
    if (i >= given.length) record(changes, at, "delete", field);
    else if (i >= old.length) record(changes, at, "add", field);
    else diffField(element, old[i], given[i], at, changes);
  }
}

function diffMap(field: Field, old: Properties, given: Properties, path: string, changes: Map<string, DiffKind>): void {
  const element = field.element;
  if (element === undefined) return;
  const names = new Set([...Object.keys(old), ...Object.keys(given)].filter((name) => !isReserved(name)));
  for (const name of names) {
    const at = /^[A-Za-z_][\w]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
    const before = old[name];
    const after = given[name];
    if (after === undefined || after === null) record(changes, at, "delete", field);
    else if (before === undefined || before === null) record(changes, at, "add", field);
    else if (hasUnknown(after) || normal(element, before) !== normal(element, after)) record(changes, at, "update", field);
  }
}

function diffSet(field: Field, old: readonly Value[], given: readonly Value[], path: string, changes: Map<string, DiffKind>): void {
  const element = field.element;
  if (element === undefined) return;
  const key = (value: Value): string => normal(element, value);
  const before = new Set(old.map(key));
  const after = new Set(given.map(key));
  given.forEach((value, i) => {
    if (hasUnknown(value) || !before.has(key(value))) record(changes, `${path}[${i}]`, i < old.length ? "update" : "add", field);
  });
  old.forEach((value, i) => {
    const at = `${path}[${i}]`;
    if (!after.has(key(value)) && !changes.has(at)) record(changes, at, i < given.length ? "update" : "delete", field);
  });
}

/** A text equal for values that upstream holds to be equal: defaults filled in, zeros and empties left out, sets sorted. */
export function normal(field: Field, value: Value | undefined): string {
  return canonical(normalValue(field, value));
}

function normalValue(field: Field, value: Value | undefined): Value {
  if (value === undefined || value === null) return field.fallback ?? null;
  switch (field.kind) {
    case "integer":
    case "number": return typeof value === "string" ? Number(value) : value;
    case "boolean": return value === "true" ? true : value === "false" ? false : value;
    case "string": return typeof value === "string" ? value : String(value);
    case "list": return Array.isArray(value) ? value.map((item) => elementOf(field, item)) : value;
    case "set": return Array.isArray(value) ? [...new Set(value.map((item) => canonical(elementOf(field, item))))].sort() : value;
    case "map": return isObject(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !isReserved(name)).map(([name, item]) => [name, elementOf(field, item)])) : value;
    case "object": {
      if (!isObject(value)) return value;
      const out: Properties = {};
      for (const [name, inner] of Object.entries(field.fields ?? {})) {
        const normalised = normalValue(inner, value[name]);
        if (!isEmpty(normalised, inner)) out[name] = normalised;
      }
      return out;
    }
    case "any": return value;
  }
}

function elementOf(field: Field, item: Value): Value {
  return field.element === undefined ? item : normalValue(field.element, item);
}

function isPrimitive(field: Field): boolean {
  return field.kind === "string" || field.kind === "boolean" || field.kind === "integer" || field.kind === "number";
}

function isEmpty(value: Value | undefined, field: Field): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (field.kind === "map" && isObject(value)) return Object.keys(value).every(isReserved);
  return (field.kind === "integer" && value === "0") || (field.kind === "boolean" && value === "false");
}
