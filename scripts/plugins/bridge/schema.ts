/** Field tables of resource types: built from the official schema files plus what those files do not say. */
import type { Value } from "../wire/values.ts";

export type Kind = "boolean" | "integer" | "number" | "string" | "list" | "set" | "map" | "object" | "any";

/** Says what is wrong with a known value, or undefined when it is fine. */
export type Validator = (value: Value) => string | undefined;

export interface Field {
  readonly kind: Kind;
  /** Element of a list, set or map. */
  readonly element?: Field;
  /** Fields of an object. */
  readonly fields?: Fields;
  readonly required: boolean;
  /** A change needs a new resource. */
  readonly forceNew: boolean;
  /** The system fills it in when the program does not: leaving it out is never a change. */
  readonly computed: boolean;
  readonly secret: boolean;
  /** What the official plugin takes when the program says nothing. */
  readonly fallback?: Value;
  readonly validate?: Validator;
}
export type Fields = Readonly<Record<string, Field>>;

type SchemaType = string | { array?: SchemaType; map?: SchemaType; ref?: string };
interface SchemaProperty { type: SchemaType; required?: boolean; replaces?: boolean; secret?: boolean; always?: boolean }
/** A trimmed official schema (schemas/*.json). */
export interface SchemaFile {
  plugin: string;
  version: string;
  resources: Record<string, { inputs: Record<string, SchemaProperty>; outputs: Record<string, SchemaProperty> }>;
  types: Record<string, { properties?: Record<string, SchemaProperty>; enum?: unknown[] }>;
}

/** What the upstream provider's source says and the schema file does not, by dotted property path (`ports.ip`). */
export interface Overlay {
  readonly fallbacks?: Readonly<Record<string, Value>>;
  /** Arrays whose order matters; every other array is a set. */
  readonly lists: readonly string[];
  readonly computed?: readonly string[];
  readonly forceNew?: readonly string[];
  readonly validators?: Readonly<Record<string, Validator>>;
}

/** Builds the input fields of one resource type. Top-level fields that are always present in the outputs are computed. */
export function fieldsOf(file: SchemaFile, token: string, overlay: Overlay): Fields {
  const resource = file.resources[token];
  if (resource === undefined) throw new Error(`no resource type ${token} in the schema of ${file.plugin}`);

  const build = (path: string, property: SchemaProperty, parentForceNew: boolean): Field => {
    const fallback = overlay.fallbacks?.[path];
    const validate = overlay.validators?.[path];
    const forceNew = parentForceNew || property.replaces === true || overlay.forceNew?.includes(path) === true;
    const always = !path.includes(".") && resource.outputs[path]?.always === true;
    return {
      required: property.required === true,
      forceNew,
      computed: overlay.computed?.includes(path) === true || (always && property.required !== true && fallback === undefined),
      secret: property.secret === true,
      ...(fallback === undefined ? {} : { fallback }),
      ...(validate === undefined ? {} : { validate }),
      ...shape(path, property.type, forceNew),
    };
  };
  const shape = (path: string, type: SchemaType, forceNew: boolean): Pick<Field, "kind" | "element" | "fields"> => {
    if (typeof type === "string") {
      if (type === "boolean" || type === "integer" || type === "number" || type === "string") return { kind: type };
      return { kind: "any" };
    }
    if (type.array !== undefined) {
      return { kind: overlay.lists.includes(path) ? "list" : "set", element: build(path, { type: type.array }, forceNew) };
    }
    if (type.map !== undefined) return { kind: "map", element: build(path, { type: type.map }, forceNew) };
    const target = file.types[type.ref ?? ""];
    if (target?.properties === undefined) return { kind: "string" };
    const fields = Object.entries(target.properties).map(([name, property]) => [name, build(`${path}.${name}`, property, forceNew)] as const);
    return { kind: "object", fields: Object.fromEntries(fields) };
  };

  return Object.fromEntries(Object.entries(resource.inputs).map(([name, property]) => [name, build(name, property, false)]));
}

/** Validator: the whole text matches `pattern`. */
export function matches(pattern: RegExp, allowed: string): Validator {
  return (value) => typeof value === "string" && pattern.test(value) ? undefined : `${JSON.stringify(value)} is not allowed here; use ${allowed}`;
}

/** Validator: a whole number not below `low`. */
export function atLeast(low: number): Validator {
  return (value) => typeof value === "number" && value >= low ? undefined : `${JSON.stringify(value)} is too small; it must be at least ${low}`;
}

/** Validator: one of the listed texts. */
export function oneOf(...allowed: readonly string[]): Validator {
  return (value) => typeof value === "string" && allowed.includes(value) ? undefined : `${JSON.stringify(value)} is not allowed here; use one of ${allowed.join(", ")}`;
}
