/** Building blocks for what AWS refuses beyond missing and mistyped arguments. A rule sees inputs that passed the schema. */
import type { CheckFailure } from "../../resource.ts";
import { isObject, isUnknown } from "../../wire/values.ts";
import type { Properties, Value } from "../../wire/values.ts";

/** Looks at one resource's inputs; what it finds names the property. */
export type Rule = (inputs: Properties) => readonly CheckFailure[];

const given = (inputs: Properties, name: string): boolean => {
  const value = inputs[name];
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
};

/** At most one of the arguments. */
export function atMostOne(...names: readonly string[]): Rule {
  return (inputs) => {
    const found = names.filter((name) => given(inputs, name));
    return found.length < 2 ? [] : [{ property: found[1] ?? "", reason: `${found.map((n) => `"${n}"`).join(" and ")} exclude each other: give one of them` }];
  };
}

/** Exactly one of the arguments. */
export function exactlyOne(...names: readonly string[]): Rule {
  return (inputs) => {
    const found = names.filter((name) => given(inputs, name));
    return found.length === 0 ? [{ property: names[0] ?? "", reason: `one of ${names.map((n) => `"${n}"`).join(", ")} is required` }] : atMostOne(...names)(inputs);
  };
}

/** At least one of the arguments. */
export function atLeastOne(...names: readonly string[]): Rule {
  return (inputs) => names.some((name) => given(inputs, name)) ? [] : [{ property: names[0] ?? "", reason: `one of ${names.map((n) => `"${n}"`).join(", ")} is required` }];
}

/** With `name` given, the others must be, too. */
export function needs(name: string, ...others: readonly string[]): Rule {
  return (inputs) => !given(inputs, name) ? [] : others.filter((other) => !given(inputs, other)).map((other) => ({ property: other, reason: `"${other}" is required with "${name}"` }));
}

/** A known text at the dotted path must satisfy `good`; `allowed` completes "is not allowed here; use …". */
export function text(path: string, good: RegExp | ((value: string) => boolean), allowed: string): Rule {
  const test = typeof good === "function" ? good : (value: string): boolean => good.test(value);
  return (inputs) => valuesAt(inputs, path).flatMap(([at, value]) => typeof value === "string" && !isUnknown(value) && !test(value)
    ? [{ property: at, reason: `"${at}" is ${JSON.stringify(shortened(value))}: not allowed here; use ${allowed}` }] : []);
}

/** A known number at the dotted path must lie in the range. */
export function range(path: string, low: number, high: number): Rule {
  return (inputs) => valuesAt(inputs, path).flatMap(([at, value]) => typeof value === "number" && (value < low || value > high)
    ? [{ property: at, reason: `"${at}" is ${value}: AWS allows ${low} to ${high}` }] : []);
}

/** A known value at the dotted path must be one of the list. */
export function oneOf(path: string, ...allowed: readonly (string | number)[]): Rule {
  return (inputs) => valuesAt(inputs, path).flatMap(([at, value]) => (typeof value === "string" && !isUnknown(value)) || typeof value === "number"
    ? allowed.includes(value) ? [] : [{ property: at, reason: `"${at}" is ${JSON.stringify(value)}: not allowed here; use one of ${allowed.join(", ")}` }] : []);
}

/** Runs rules on each object at the dotted path; what they find is named from the resource's root. */
export function each(path: string, ...rules: readonly Rule[]): Rule {
  return (inputs) => valuesAt(inputs, path).flatMap(([at, value]) => !isObject(value) ? [] : rules.flatMap((rule) => rule(value))
    .map((f) => ({ property: `${at}.${f.property}`, reason: `${at}: ${f.reason}` })));
}

/** A rule of its own: `find` gives the complaint, or undefined. */
export function custom(property: string, find: (inputs: Properties) => string | undefined): Rule {
  return (inputs) => {
    const reason = find(inputs);
    return reason === undefined ? [] : [{ property, reason }];
  };
}

/** Every value at a dotted path with its concrete path; lists are walked through. */
export function valuesAt(inputs: Properties, path: string): (readonly [string, Value])[] {
  type Found = readonly [string, Value];
  let found: Found[] = [["", inputs]];
  for (const part of path.split(".")) {
    found = found.flatMap(([at, value]): Found[] => {
      if (!isObject(value)) return [];
      const next = value[part], name = at === "" ? part : `${at}.${part}`;
      if (next === undefined || next === null) return [];
      return Array.isArray(next) ? next.map((item, i): Found => [`${name}[${i}]`, item]) : [[name, next]];
    });
  }
  return found;
}

function shortened(value: string): string {
  return value.length > 60 ? `${value.slice(0, 57)}…` : value;
}
