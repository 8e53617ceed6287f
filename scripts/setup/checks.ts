import { SetupError } from "./errors.ts";
import type { FreeSpace, Machine } from "./machine.ts";
import type { Space } from "./part.ts";

/** @throws SetupError on a system that headend cannot set itself up on */
export function checkSystem(machine: Pick<Machine, "platform" | "arch">): void {
  if (machine.platform !== "linux") {
    throw new SetupError("unsupported", `headend's local studio runs on Linux; this is ${machine.platform}.`,
      "Use Debian 12 or 13: a virtual machine or a small server does. Planning (npx headend check, plan, diff, cost) works here as it is.");
  }
  if (machine.arch !== "x64" && machine.arch !== "arm64") {
    throw new SetupError("unsupported", `headend supports x86-64 and 64-bit Arm processors; this one is ${machine.arch}.`, "Use another machine.");
  }
}

export interface SpaceDemand {
  /** What the space is for, e.g. "the cache". */
  readonly purpose: string;
  readonly folder: string;
  readonly bytes: number;
}

/** Adds up what the missing parts take at their peak, over what set-up itself needs to breathe. */
export function spaceNeeded(parts: readonly Space[], spare = 300e6): { readonly cache: number; readonly docker: number } {
  const sum = (pick: (space: Space) => number): number => parts.reduce((total, part) => total + pick(part), 0);
  return { cache: sum((s) => s.cache) + spare, docker: sum((s) => s.docker) + spare };
}

/** Checks each file system once for all that goes there. @throws SetupError that says how much is missing where */
export function checkSpace(demands: readonly SpaceDemand[], freeSpace: (folder: string) => FreeSpace): void {
  const systems = new Map<number, { readonly demands: SpaceDemand[]; readonly free: number }>();
  for (const demand of demands) {
    const { device, bytes } = freeSpace(demand.folder);
    const system = systems.get(device) ?? { demands: [], free: bytes };
    system.demands.push(demand);
    systems.set(device, system);
  }
  const short = [...systems.values()].flatMap(({ demands: here, free }) => {
    const needed = here.reduce((total, demand) => total + demand.bytes, 0);
    if (needed <= free) return [];
    const places = here.map((demand) => `${demand.purpose} (${demand.folder})`).join(" and ");
    return [`${gigabytes(needed - free)} GB more is needed for ${places}: ${gigabytes(free)} GB is free, set-up takes ${gigabytes(needed)} GB.`];
  });
  if (short.length === 0) return;
  throw new SetupError("disk", `The disk is nearly full.\n${short.join("\n")}`,
    "Free that much (docker system df shows what Docker keeps), or set HEADEND_CACHE to a folder on a larger disk, and run the same command again.");
}

/** One decimal, never rounded down to less than is meant. */
function gigabytes(bytes: number): string {
  return (Math.ceil(bytes / 1e8) / 10).toFixed(1);
}
