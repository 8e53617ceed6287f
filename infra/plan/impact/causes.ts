import type { SpecPath } from "../../spec/problems.ts";
import type { Topology } from "../../spec/topology.ts";

/** Parts of the topology that differ, so that every effect can name the line that asked for it. */
export class Causes {
  private readonly streams = new Map<string, SpecPath[]>();
  private readonly others: SpecPath[] = [];

  constructor(before: Topology, after: Topology) {
    for (const path of differences(before, after, [])) {
      if (path[0] !== "streams" || path.length < 2) { this.others.push(path); continue; }
      const stream = String(path[1]);
      const known = this.streams.get(stream);
      if (known) known.push(path);
      else this.streams.set(stream, [path]);
    }
  }

  /**
   * The difference that best explains an effect: of the stream and one of the keys, then of the stream, then elsewhere under one of the
   * keys, then anywhere. Null when the topologies are the same.
   * @param keys keys of a stream ("ladder") or of the file ("transcoders"), most likely first
   */
  of(stream: string | null, keys: readonly string[]): SpecPath | null {
    const own = stream === null ? [] : this.streams.get(stream) ?? [];
    for (const key of keys) {
      const found = own.find((path) => path[2] === key || path.at(-1) === key) ?? this.others.find((path) => path[0] === key);
      if (found) return found;
    }
    return own[0] ?? this.others[0] ?? [...this.streams.values()][0]?.[0] ?? null;
  }

  /** Every path that differs, in the order of the file. */
  all(): readonly SpecPath[] {
    return [...[...this.streams.values()].flat(), ...this.others];
  }
}

/** Paths of the topmost keys that are there on one side only, and of leaves that differ. Lists are leaves. */
function differences(a: unknown, b: unknown, path: SpecPath): SpecPath[] {
  if (a === b) return [];
  if (!isMap(a) || !isMap(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [path];
  const keys = new Set([...Object.keys(b), ...Object.keys(a)]);
  return [...keys].flatMap((key) => differences(a[key], b[key], [...path, key]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
