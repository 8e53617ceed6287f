/** What a measure says. Costs: lower is better, except for throughput, where `atLeast` is set. */
export interface Result {
  readonly name: string;
  /** Median, in `unit`. */
  readonly value: number;
  readonly unit: string;
  /** What `value` may be at most (or at least), in `unit`; null where nothing was promised. */
  readonly limit: number | null;
  readonly atLeast?: boolean;
  /** `value` over what it is compared with: the reference measured beside it, or the limit; null without either. */
  readonly ratio: number | null;
  readonly ok: boolean;
  /** How it was measured, in a sentence or two. */
  readonly how: string;
  /** Further figures of the same runs, one a line. */
  readonly details: readonly string[];
}

/** What a measure may use of the run it is part of. */
export interface Bench {
  /** Folder of the clone. */
  readonly root: string;
  /** Progress for the person who waits. */
  say(text: string): void;
  /** Registers what must be taken away in the end, also after Ctrl-C. @returns a function that does it now, once */
  onEnd(work: () => void | Promise<void>): () => Promise<void>;
}

export type Measure = (bench: Bench) => Promise<readonly Result[]>;

/** A cost against a fixed limit. */
export function against(limit: number, value: number, rest: Pick<Result, "name" | "unit" | "how" | "details">): Result {
  return { ...rest, value, limit, ratio: value / limit, ok: value <= limit };
}
