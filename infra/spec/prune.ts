/** Takes wrong places out of plain data, so that the rest can be looked at. */
import type { SpecPath } from "./problems.ts";

/**
 * A copy of `data` without the values at `wrong`. A wrong list entry takes its list with it, a missing key the map that
 * lacks it. Null when nothing useful is left.
 */
export function prune(data: object, wrong: readonly SpecPath[]): object | null {
  const copy = structuredClone(data) as Record<string, unknown>;
  for (const path of wrong) {
    if (path.length === 0) return null;
    if (path.length === 1 && path[0] === "name") copy["name"] = "unnamed";
    else if (path.length === 1 && path[0] === "streams") copy["streams"] = { main: null };
    else remove(copy, removable(data, path));
  }
  return copy;
}

/** The longest part of a path that the data has and that does not end inside a list. */
function removable(data: object, path: SpecPath): SpecPath {
  const names: (string | number)[] = [];
  let value: unknown = data;
  for (const step of path) {
    if (value === null || typeof value !== "object" || Array.isArray(value) || !Object.hasOwn(value, step)) break;
    names.push(step);
    value = (value as Record<string, unknown>)[step];
  }
  return names;
}

function remove(root: Record<string, unknown>, path: SpecPath): void {
  let target: unknown = root;
  for (const step of path.slice(0, -1)) target = (target as Record<string, unknown> | undefined)?.[step];
  const last = path.at(-1);
  if (last !== undefined && target !== null && typeof target === "object") delete (target as Record<string, unknown>)[last];
}
