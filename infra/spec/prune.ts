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
    else remove(copy, path);
  }
  return copy;
}

function remove(root: Record<string, unknown>, path: SpecPath): void {
  // The deepest map on the way whose key is a name, not a list index.
  let target: Record<string, unknown> = root;
  let key = String(path[0]);
  let value: unknown = root[key];
  for (const step of path.slice(1)) {
    if (value === null || typeof value !== "object" || Array.isArray(value) || typeof step === "number" || !Object.hasOwn(value, step)) break;
    target = value as Record<string, unknown>;
    key = step;
    value = target[key];
  }
  delete target[key];
}
