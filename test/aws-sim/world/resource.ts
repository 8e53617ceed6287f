/** A simulated resource, and what a type's handler does with it. */
import type { Properties, Value } from "../../../scripts/plugins/wire/values.ts";
import { isObject } from "../../../scripts/plugins/wire/values.ts";
import type { World } from "./world.ts";

export interface Resource {
  readonly type: string;
  readonly id: string;
  /** Name in the program. */
  readonly name: string;
  readonly region: string;
  inputs: Properties;
  /** What AWS would add. */
  outputs: Properties;
}

export interface Wish { readonly world: World; readonly name: string; readonly region: string; readonly inputs: Properties }
export interface Made { readonly id: string; readonly outputs?: Properties }

/** What is simulated of a type. Without `update` an update only keeps the inputs; the same for `remove`. */
export interface Handler {
  create(wish: Wish): Promise<Made>;
  update?(wish: Wish, resource: Resource): Promise<Properties | undefined>;
  remove?(world: World, resource: Resource): Promise<void>;
}

export const text = (from: Properties, name: string): string => (typeof from[name] === "string" ? from[name] : "");
export const optional = (from: Properties, name: string): string | undefined => (typeof from[name] === "string" && from[name] !== "" ? from[name] : undefined);
export const number = (from: Properties, name: string, fallback = 0): number => (typeof from[name] === "number" ? from[name] : fallback);
export const bool = (from: Properties, name: string): boolean => from[name] === true;
export const object = (from: Properties, name: string): Properties => (isObject(from[name]) ? from[name] : {});
export const texts = (from: Properties, name: string): string[] => (Array.isArray(from[name]) ? from[name].map(String) : []);
export const objects = (from: Properties, name: string): Properties[] => (Array.isArray(from[name]) ? from[name].filter(isObject) : []);

/** String map without the engine's own entries. */
export function textMap(from: Properties, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(object(from, name)).filter(([k]) => !k.startsWith("__")).map(([k, v]) => [k, String(v)]));
}

/** Entries that have a value. */
export function some<T extends Record<string, unknown>>(from: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(from).filter(([, v]) => v !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Properties without the lists of defaults that the engine keeps. */
export function stripped(value: Value): Value {
  if (Array.isArray(value)) return value.map(stripped);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([k]) => k !== "__defaults").map(([k, v]) => [k, stripped(v)]));
}
