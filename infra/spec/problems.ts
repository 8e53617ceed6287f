/** What is wrong with a file, and how it is shown: as compilers do, with the line and a caret under the place. */
import picocolors from "picocolors";
import type { SourcePosition } from "./topology.ts";

export type SpecPath = readonly (string | number)[];

export interface Problem {
  /** Null when the file itself is the problem. */
  readonly position: SourcePosition | null;
  readonly path: SpecPath;
  /** Follows the path: "is not a bit rate". */
  readonly message: string;
  /** What the file says, already as text; null when nothing is there or it must not be shown. */
  readonly value: string | null;
  readonly allowed: string | null;
  /** A corrected value or key, or null. */
  readonly suggestion: string | null;
  /** The quoted line, or null when it may hold a key or there is none. */
  readonly sourceLine: string | null;
}

/** Every problem of one file. Its message is the printable text; show that and no stack. */
export class TopologyError extends Error {
  override readonly name = "TopologyError";
  constructor(readonly file: string, readonly problems: readonly Problem[]) {
    super(formatProblems(problems, { color: false, file }));
    // Where headend noticed is of no use to the person who wrote the file.
    this.stack = `TopologyError: ${this.message}`;
  }
}

/** "streams.main.ladder[0].bitrate". Keys that are not plain words are quoted. */
export function formatPath(path: SpecPath): string {
  return path.map((part, i) => {
    if (typeof part === "number") return `[${part}]`;
    const word = /^[A-Za-z0-9_-]+$/.test(part) ? part : `[${quote(part, 40)}]`;
    return i === 0 || word.startsWith("[") ? word : `.${word}`;
  }).join("");
}

/** A value as shown in a message: one line, cut to a readable length, control characters escaped. */
export function quote(value: unknown, max = 60): string {
  const json = JSON.stringify(value, (_key, v: unknown) => (typeof v === "bigint" ? String(v) : v)) ?? String(value);
  const safe = json.replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const characters = [...safe];
  return characters.length > max ? `${characters.slice(0, max - 1).join("")}…` : safe;
}

export interface FormatOptions { readonly color: boolean; /** Used where a problem has no position. */ readonly file?: string }

/** More than this nobody reads at once; all of them stay in `TopologyError.problems`. */
const MAX_SHOWN = 100;

/** All problems as text, in file order, with a count at the end when there is more than one. */
export function formatProblems(problems: readonly Problem[], { color, file = "" }: FormatOptions): string {
  const paint = picocolors.createColors(color);
  const blocks = problems.slice(0, MAX_SHOWN).map((problem) => {
    const at = problem.position ? `${problem.position.file}:${problem.position.line}:${problem.position.column}` : file;
    const path = formatPath(problem.path);
    const lines = [`${paint.bold(at === "" ? "" : `${at}${problem.position ? "  " : ": "}`)}${path === "" ? "" : `${paint.cyan(path)}: `}${problem.message}`];
    if (problem.value !== null) lines.push(`    found      ${paint.red(problem.value)}`);
    if (problem.allowed !== null) lines.push(`    allowed    ${problem.allowed}`);
    if (problem.suggestion !== null) lines.push(`    try        ${paint.green(problem.suggestion)}`);
    if (problem.sourceLine !== null && problem.position) lines.push(...quoteLine(problem.sourceLine, problem.position, paint));
    return lines.join("\n");
  });
  if (problems.length > 1) blocks.push(`${problems.length} problems${problems.length > MAX_SHOWN ? `, of which the first ${MAX_SHOWN} are shown` : ""}`);
  return blocks.join("\n\n");
}

/** Longest part of a line that is quoted, in characters. */
const WINDOW = 100;

/** A line with a caret under its column, as compilers show it. */
export function quoteLine(source: string, { line, column }: Pick<SourcePosition, "line" | "column">, paint: ReturnType<typeof picocolors.createColors>): string[] {
  const start = Math.max(0, Math.min(column - 1 - WINDOW / 2, source.length - WINDOW));
  // Tabs and control characters become one blank each, so that the caret stands under its column.
  const shown = source.slice(start, start + WINDOW).replace(/[\p{Cc}\p{Cf}]/gu, " ");
  const gutter = String(line).padStart(4);
  return [paint.dim(`${gutter} | `) + shown, `${paint.dim(`${" ".repeat(gutter.length)} | `)}${" ".repeat(column - 1 - start)}${paint.red("^")}`];
}
