/** What a soak must not leave behind: memory, files, processes, connections. Pure. */
import type { Leak } from "./model.ts";

/** What one host holds. */
export interface Holdings {
  /** Memory of all processes, bytes, without pages of shared files. */
  readonly memory: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  readonly processes: number;
  readonly connections: number;
  /** Files on the memory disk: segments, caches, staging. */
  readonly files: number;
}

/**
 * How much more than before is still no leak. Memory: allocators keep what they once had, and processes that were restarted early
 * are young at the first look. Files: segments and cached copies come and go with the clock.
 */
const ALLOWED: Readonly<Record<keyof Holdings, { readonly what: string; readonly unit: string; readonly factor: number; readonly plus: number }>> = {
  memory: { what: "memory", unit: "MB", factor: 1.25, plus: 48e6 },
  descriptors: { what: "open files", unit: "", factor: 1.25, plus: 24 },
  processes: { what: "processes", unit: "", factor: 1, plus: 2 },
  connections: { what: "connections", unit: "", factor: 1.25, plus: 16 },
  files: { what: "files in memory", unit: "", factor: 1.5, plus: 100 },
};

/** Compares what every host holds after a soak with what it held before. */
export function findLeaks(before: ReadonlyMap<string, Holdings>, after: ReadonlyMap<string, Holdings>): Leak[] {
  return [...before].flatMap(([host, b]) => {
    const a = after.get(host);
    if (!a) return [{ host, what: "the host itself", before: 1, after: 0, limit: 1, unit: "", leaks: true }];
    return (Object.keys(ALLOWED) as (keyof Holdings)[]).map((key): Leak => {
      const { what, unit, factor, plus } = ALLOWED[key], limit = b[key] * factor + plus, divide = unit === "MB" ? 1e6 : 1;
      return { host, what, unit, before: Math.round(b[key] / divide), after: Math.round(a[key] / divide), limit: Math.round(limit / divide), leaks: a[key] > limit };
    });
  });
}
