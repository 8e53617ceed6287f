/** Names for resources whose program gives none: the resource's own name and seven random hexadecimal digits. */
import { createHash, randomBytes } from "node:crypto";
import type { Autonaming, CheckFailure } from "../resource.ts";
import { DEFAULTS } from "./check.ts";
import type { Properties } from "../wire/values.ts";

/** Longest name the official docker plugin makes. */
const MAX_LENGTH = 255;

/** Fills in `name`: the earlier automatic one when there was one, so that it never changes by itself. */
export function autoname(inputs: Properties, olds: Properties, resourceName: string, seed: Uint8Array, asked: Autonaming | undefined): CheckFailure[] {
  if (inputs["name"] !== undefined) return [];
  const listed = olds[DEFAULTS];
  const earlier = olds["name"] !== undefined && (!Array.isArray(listed) || listed.includes("name")) ? olds["name"] : undefined;
  if (earlier === undefined && asked?.mode === "disable") {
    return [{ property: "name", reason: "\"name\" is required: automatic naming is switched off for this stack" }];
  }
  const random = (seed.length > 0 ? createHash("sha256").update(seed).digest() : randomBytes(4)).toString("hex").slice(0, 7);
  const proposed = asked !== undefined && asked.proposedName !== "" ? asked.proposedName : `${resourceName.slice(0, MAX_LENGTH - 8)}-${random}`;
  inputs["name"] = earlier ?? proposed;
  const defaults = inputs[DEFAULTS];
  if (Array.isArray(defaults)) inputs[DEFAULTS] = [...defaults, "name"].sort();
  return [];
}

/** True when the program itself chose the name: then two resources cannot have it at once, and the old one must go first. */
export function hasFixedName(inputs: Properties): boolean {
  const defaults = inputs[DEFAULTS];
  return inputs["name"] !== undefined && Array.isArray(defaults) && !defaults.includes("name");
}
