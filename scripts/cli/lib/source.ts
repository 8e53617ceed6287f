import type picocolors from "picocolors";
import { quoteLine } from "../../../infra/spec/problems.ts";
import type { SourcePosition } from "../../../infra/spec/topology.ts";

/** True for a line with an address that has a query or a fragment: people paste stream keys there, so it is not repeated. */
export function mayHoldKey(line: string): boolean {
  return /:\/\/\S*[?#]/.test(line);
}

/** The line at a place of a file, quoted; nothing where it is empty. */
export function quoteSource(text: string, position: SourcePosition, colors: ReturnType<typeof picocolors.createColors>): string[] {
  const source = text.split(/\r?\n/)[position.line - 1];
  return source === undefined || source.trim() === "" ? [] : quoteLine(source, position, colors);
}
