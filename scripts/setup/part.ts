import type { Cache } from "./cache.ts";
import { SetupError, SourceError, looksFull } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { RunOptions, RunResult } from "./process.ts";
import type { Reporter, Step } from "./reporter.ts";
import { SOURCE_WORDS, type Source } from "./source.ts";

export interface Got<T> {
  readonly value: T;
  readonly source: Source;
}

/** Space a part takes at its peak while it is fetched or built, in bytes. */
export interface Space {
  readonly cache: number;
  readonly docker: number;
}

/** What parts work with. */
export interface Context {
  /** The clone. */
  readonly root: string;
  readonly machine: Machine;
  readonly cache: Cache;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** One at a time: apt, and Go builds (each already uses every core). */
  readonly turns: Turns;
  /** Parts already had in this run, so that two parts may need a third. */
  readonly had: Map<Part<unknown>, Promise<Got<unknown>>>;
  /** Hosts that did not answer in this run: not waited for twice. */
  readonly silentHosts: Set<string>;
}

/** One outside thing set-up brings, tried in the order find, download, build. */
export interface Part<T> {
  readonly name: string;
  readonly version: string;
  readonly space: Space;
  /** What is there already (on the machine or in the cache), without changing anything; must be quick. */
  find(ctx: Context): Promise<Got<T> | null>;
  /** The maker's own download. @throws SourceError when it is not to be had */
  download?(ctx: Context, step: Step): Promise<T>;
  /** From package registries alone. @throws SourceError when it is not to be had */
  build?(ctx: Context, step: Step): Promise<T>;
}

/** Runs tasks of one kind one after the other. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(kind: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(kind) ?? Promise.resolve();
    const mine = before.then(task, task);
    this.#last.set(kind, mine.catch(() => undefined));
    return mine;
  }
}

/** Gets a part by the first source that works, once per run. @throws SetupError when none does */
export function provide<T>(part: Part<T>, ctx: Context): Promise<Got<T>> {
  const before = ctx.had.get(part) as Promise<Got<T>> | undefined;
  if (before) return before;
  const now = attempt(part, ctx);
  ctx.had.set(part, now);
  return now;
}

async function attempt<T>(part: Part<T>, ctx: Context): Promise<Got<T>> {
  const found = await part.find(ctx);
  if (found) return found;
  const step = ctx.reporter.step(`${part.name} ${part.version}`.trim());
  const failures: { readonly source: Source; readonly error: SourceError }[] = [];
  try {
    for (const [source, way] of [["official", part.download], ["registries", part.build]] as const) {
      if (!way) continue;
      throwIfInterrupted(ctx.signal);
      try {
        const value = await way.call(part, ctx, step);
        step.done(SOURCE_WORDS[source]);
        return { value, source };
      } catch (error) {
        throwIfInterrupted(ctx.signal);
        if (!(error instanceof SourceError)) throw error;
        if (looksFull(error.message)) throw diskFull(part.name, ctx);
        failures.push({ source, error });
        step.phase(`no ${source === "official" ? "official download" : "registry"}: ${firstLine(error.message)}`);
      }
    }
  } finally { step.failed(); }
  throw unavailable(part, failures, ctx);
}

function unavailable(part: Part<unknown>, failures: readonly { readonly source: Source; readonly error: SourceError }[], ctx: Context): SetupError {
  const reasons = failures.map(({ source, error }) => `  ${SOURCE_WORDS[source]}: ${error.message.split("\n").join("\n    ")}`).join("\n");
  const what = `${part.name} ${part.version} is not installed and could not be fetched.\n${reasons}`.trim();
  if (failures.length > 0 && failures.every(({ error }) => error.offline)) {
    return new SetupError("offline", `No network: nothing answered while fetching ${part.name} ${part.version}.\n${reasons}`,
      `Everything fetched and built so far is kept in ${ctx.cache.dir}. Connect the network and run the same command again: it goes on from here.`);
  }
  return new SetupError("part", what, `What was fetched is kept in ${ctx.cache.dir}; run the same command again once this is solved, or install ${part.name} yourself.`);
}

/** The disk filled up while a part was being made, in spite of the check before. */
export function diskFull(name: string, ctx: Context): SetupError {
  return new SetupError("disk", `The disk became full while getting ${name}.`,
    `Free some space (the cache is in ${ctx.cache.dir}) and run the same command again: finished parts are kept.`);
}

/** @throws SetupError when Ctrl-C was pressed */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new SetupError("interrupted", "Interrupted.", "Finished parts are kept: run the same command again to go on.");
}

/** Runs a program that Ctrl-C must stop. */
export function runHere(ctx: Context, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return ctx.machine.run(argv, { signal: ctx.signal, ...options });
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
