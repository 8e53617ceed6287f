/** Typed reading of property maps, and the daemon's answers, whose fields may all be missing. */
import { isObject } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";

export function text(properties: Properties, key: string): string | undefined {
  const value = properties[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function number(properties: Properties, key: string): number | undefined {
  const value = properties[key];
  return typeof value === "number" && value !== 0 ? value : undefined;
}

export function flag(properties: Properties, key: string): boolean {
  return properties[key] === true;
}

export function texts(properties: Properties, key: string): string[] {
  const value = properties[key];
  return Array.isArray(value) ? value.map((item) => (item === null ? "" : String(item))) : [];
}

export function objects(properties: Properties, key: string): Properties[] {
  const value = properties[key];
  return Array.isArray(value) ? value.filter((item): item is Properties => isObject(item)) : [];
}

export function object(properties: Properties | undefined, key: string): Properties {
  const value = properties?.[key];
  return isObject(value) ? value : {};
}

/** A map of texts without the bridge's own keys. */
export function textMap(properties: Properties, key: string): Record<string, string> {
  const entries = Object.entries(object(properties, key)).filter(([name]) => !name.startsWith("__"));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** Labels as the daemon wants them, from the list of `{label, value}` a program gives. */
export function labelMap(properties: Properties, key = "labels"): Record<string, string> {
  return Object.fromEntries(objects(properties, key).map((item) => [String(item["label"]), String(item["value"] ?? "")]));
}

/** Labels as a program gives them, sorted by name. */
export function labelList(labels: Properties): Properties[] {
  return Object.keys(labels).sort().map((label) => ({ label, value: labels[label] ?? "" }));
}

/** The object without the entries that are undefined, null, empty or zero. */
export function compact(entries: Readonly<Record<string, Value | undefined>>): Properties {
  const out: Properties = {};
  for (const [key, value] of Object.entries(entries)) {
    if (value === undefined || value === null || value === "" || value === 0 || value === false) continue;
    if (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0) continue;
    out[key] = value;
  }
  return out;
}
