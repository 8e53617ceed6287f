/** Outputs as the official bridged plugins keep them: all defaults spelled out, and the schema version beside them. */
import { isObject } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import { DEFAULTS, isReserved } from "./check.ts";
import type { Field, Fields } from "./schema.ts";
import { diffInputs } from "./diff.ts";

/** Private data of the upstream provider; holds its schema version and time-outs as JSON text. */
export const META = "__meta";

/** Twenty minutes in nanoseconds: upstream's time-out for slow types. */
const TIMEOUT_NS = 1_200_000_000_000;
const TIMEOUTS_KEY = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0";

/** The `__meta` text of a type; `version` 0 is left out, as upstream does. */
export function metaOf(version: number, timeouts: boolean): string {
  return JSON.stringify({
    ...(timeouts ? { [TIMEOUTS_KEY]: { create: TIMEOUT_NS, delete: TIMEOUT_NS, update: TIMEOUT_NS } } : {}),
    ...(version > 0 ? { schema_version: String(version) } : {}),
  });
}

/** The inputs without reserved keys and with every default, falsy ones too, filled in at each depth. */
export function withFallbacks(fields: Fields, inputs: Properties): Properties {
  const out: Properties = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = inputs[name] ?? field.fallback;
    if (value !== undefined) out[name] = fill(field, value);
  }
  return out;
}

function fill(field: Field, value: Value): Value {
  if (field.fields !== undefined && isObject(value)) return withFallbacks(field.fields, value);
  const element = field.element;
  if (element === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => fill(element, item));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !isReserved(name)).map(([name, item]) => [name, fill(element, item)]));
}

/**
 * The inputs as a refresh found them: properties that drifted take the found value and are no default any more, so that
 * the next run sees the program's value as a change; the others keep the program's spelling.
 */
export function refreshedInputs(fields: Fields, inputs: Properties, outputs: Properties): Properties {
  const drifted = new Set([...diffInputs(fields, outputs, inputs).keys()].map((path) => path.split(/[.[]/, 1)[0] ?? path));
  const out: Properties = { ...inputs };
  for (const name of drifted) {
    if (inputs[name] === undefined) continue;
    const found = outputs[name];
    if (found === undefined) delete out[name];
    else out[name] = found;
  }
  const listed = inputs[DEFAULTS];
  if (Array.isArray(listed)) out[DEFAULTS] = listed.filter((name) => typeof name === "string" && !drifted.has(name));
  return out;
}

/** The inputs a program would need for what an import found: every settable property that is not its default or empty. */
export function importedInputs(fields: Fields, outputs: Properties): Properties {
  const out: Properties = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = outputs[name];
    if (value === undefined || value === null || value === "" || value === field.fallback) continue;
    if (!value && field.fallback === undefined && !field.required) continue;
    if ((Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0)) continue;
    out[name] = value;
  }
  out[DEFAULTS] = [];
  return out;
}
