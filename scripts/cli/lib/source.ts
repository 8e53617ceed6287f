import type picocolors from "picocolors";
import type { SourcePosition } from "../../../infra/spec/topology.ts";

type Colors = ReturnType<typeof picocolors.createColors>;

/** Longest part of a line that is quoted, in characters. */
const WINDOW = 100;

/** True for a line with an address that has a query or a fragment: people paste stream keys there, so it is not repeated. */
export function mayHoldKey(line: string): boolean {
  return /:\/\/\S*[?#]/.test(line);
}

/** The line at a place with a caret under its column, as compilers show it. */
export function quoteSource(text: string, { line, column }: SourcePosition, colors: Colors): string[] {
  const source = text.split(/\r?\n/)[line - 1];
  if (source === undefined || source.trim() === "") return [];
  const start = Math.max(0, Math.min(column - 1 - WINDOW / 2, source.length - WINDOW));
  // Tabs and control characters become one blank each, so that the caret stands under its column.
  const shown = source.slice(start, start + WINDOW).replace(/[\p{Cc}\p{Cf}]/gu, " ");
  const gutter = String(line).padStart(4);
  return [`${colors.dim(`${gutter} | `)}${shown}`, `${colors.dim(`${" ".repeat(gutter.length)} | `)}${" ".repeat(column - 1 - start)}${colors.red("^")}`];
}
