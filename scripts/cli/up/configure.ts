import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { isAbsolute, relative, resolve } from "node:path";
import { InputError } from "../lib/errors.ts";
import { note } from "../lib/output.ts";
import { ROOT } from "../lib/places.ts";
import type { Stack, StackConfig } from "../lib/stack.ts";

/** Options of `up` that the stack remembers. */
export interface Remembered { readonly topology?: string; readonly target?: string; readonly scale?: string; readonly expose?: string; readonly portOffset?: string; readonly duringEvent?: string }

const TARGETS = ["local", "aws"];

/** Checks the options before anything is done. @returns config values to store @throws InputError */
export function configValues(options: Remembered): Map<string, string> {
  const values = new Map<string, string>();
  if (options.topology !== undefined) {
    const file = resolve(options.topology);
    if (!existsSync(file)) throw new InputError(`${options.topology} does not exist.`, "Give a topology file, e.g. --topology stacks/studio.yaml.");
    const inside = relative(ROOT, file);
    values.set("topology", inside.startsWith("..") || isAbsolute(inside) ? file : inside);
  }
  if (options.target !== undefined) {
    if (!TARGETS.includes(options.target)) throw new InputError(`--target is "${options.target}".`, `Allowed: ${TARGETS.join(", ")}.`);
    values.set("target", options.target);
  }
  if (options.scale !== undefined) {
    const scale = Number(options.scale);
    if (!(scale > 0 && scale <= 1)) throw new InputError(`--scale is "${options.scale}".`, "Allowed: above 0, at most 1, e.g. 0.5.");
    values.set("scale", String(scale));
  }
  if (options.expose !== undefined) {
    if (isIP(options.expose) === 0) throw new InputError(`--expose is "${options.expose}".`, "Allowed: an IP address of this machine, e.g. 192.168.1.20, or 0.0.0.0 for all.");
    values.set("expose", options.expose);
  }
  if (options.duringEvent !== undefined) {
    if (!/^[a-z-]+\/([0-9a-f]{8}|unknown)$/.test(options.duringEvent)) throw new InputError(`--during-event is "${options.duringEvent}".`, "Allowed: what the refusal names, e.g. publishers-drop/3f9a1c20.");
    values.set("duringEvent", options.duringEvent);
  }
  if (options.portOffset !== undefined) {
    const offset = Number(options.portOffset);
    if (!Number.isInteger(offset) || offset < 0 || offset > 50_000) throw new InputError(`--port-offset is "${options.portOffset}".`, "Allowed: a whole number from 0 to 50000.");
    values.set("portOffset", String(offset));
  }
  return values;
}

/** Config of a stack as it is now; null when there is no such stack. */
export async function currentConfig(stack: Stack): Promise<StackConfig | null> {
  return await stack.exists() ? stack.config() : null;
}

/** Makes the stack if it is missing, gives it a secret once, and stores changed config. @returns its config afterwards */
export async function prepareStack(stack: Stack, current: StackConfig | null, values: ReadonlyMap<string, string>): Promise<StackConfig> {
  if (current === null) {
    await stack.pulumi(["stack", "init", stack.name, "--no-select"], `make the stack ${stack.name}`);
    note(`stack ${stack.name} made`);
  }
  // A stack made before may have a config file already: a secret in it must not be replaced.
  const before = current ?? await stack.config();
  const after: Record<string, string> = { ...before };
  if (!before["stackSecret"]) {
    after["stackSecret"] = randomBytes(32).toString("base64url");
    await stack.setConfig("headend:stackSecret", after["stackSecret"], { secret: true });
  }
  for (const [key, value] of values) {
    if (before[key] === value) continue;
    await stack.setConfig(`headend:${key}`, value);
    after[key] = value;
  }
  return after;
}
