/** Comments that keep a rule quiet on one line: `# headend-ignore HE302: the desk only has RTMP`. */
import type { Finding } from "../model.ts";
import type { Rule } from "./rule.ts";

const EXAMPLE = "`# headend-ignore HE302: the desk only has RTMP`";
/** Made by {@link applySuppressions}, which sees the text of the file; the table has them for their words. */
export const suppressionRules: readonly Rule[] = [
  {
    id: "HE901", severity: "warning", title: "suppression without a reason",
    reason: "The next reader has to know why a risk was taken.",
    fix: `Say why: ${EXAMPLE}.`, source: "issue \"Foresight\": suppressible per line with a reason", check: () => [],
  },
  {
    id: "HE902", severity: "warning", title: "suppression of nothing",
    reason: "The line it stands for has no such finding (any more); left in the file it would hide the next one.",
    fix: "Remove the comment.", source: "issue \"Foresight\": suppressible per line", check: () => [],
  },
  {
    id: "HE903", severity: "warning", title: "suppression that cannot be read",
    reason: "It suppresses nothing as it is written.",
    fix: `Write rule ids and a reason: ${EXAMPLE}.`, source: "issue \"Foresight\": suppressible per line with a reason", check: () => [],
  },
];

/** A finding with its place in the file, from 1. */
export interface Placed { readonly finding: Finding; readonly line: number; readonly column: number }
export interface Suppressed extends Placed { readonly reason: string }
export interface Suppression { readonly kept: readonly Placed[]; readonly suppressed: readonly Suppressed[] }

interface Comment { readonly line: number; readonly column: number; readonly target: number; readonly ids: readonly string[]; readonly reason: string; readonly readable: boolean }

/**
 * Takes out what the file suppresses and adds what is wrong with its suppressions. A comment stands for its own line or, alone on a
 * line, for the next line that is not a comment. Findings about suppressions cannot be suppressed.
 */
export function applySuppressions(text: string, placed: readonly Placed[]): Suppression {
  const comments = commentsOf(text);
  if (comments.length === 0) return { kept: placed, suppressed: [] };
  const used = new Set<string>();
  const kept: Placed[] = [];
  const suppressed: Suppressed[] = [];
  for (const one of placed) {
    const by = comments.find(({ target, ids }) => target === one.line && ids.includes(one.finding.id));
    if (by) used.add(`${by.line} ${one.finding.id}`);
    // A suppression without a reason does not count.
    if (by && by.reason !== "") suppressed.push({ ...one, reason: by.reason });
    else kept.push(one);
  }
  for (const comment of comments) {
    if (!comment.readable) kept.push(told("HE903", comment, "This comment does not say which rules it is about."));
    else if (comment.reason === "") kept.push(told("HE901", comment, `${comment.ids.join(", ")} is suppressed without a reason, so it is not.`));
    for (const id of comment.ids) {
      if (!used.has(`${comment.line} ${id}`)) kept.push(told("HE902", comment, `${id} finds nothing on line ${comment.target}.`));
    }
  }
  return { kept, suppressed };
}

function told(id: string, { line, column }: Comment, message: string): Placed {
  const rule = suppressionRules.find((one) => one.id === id)!;
  return { line, column, finding: { id, severity: rule.severity, message, fix: rule.fix, provenance: { path: [], rule: id, why: rule.reason } } };
}

function commentsOf(text: string): Comment[] {
  if (!text.includes("headend-ignore")) return [];
  const lines = text.split(/\r?\n/);
  return lines.flatMap((source, index): Comment[] => {
    const match = /(^|\s)#\s*headend-ignore\b(.*)$/.exec(source);
    if (!match) return [];
    const rest = /^\s+(HE\d{3}(?:\s*,\s*HE\d{3})*)\s*(?::\s*(.*?))?\s*$/.exec(match[2]!);
    const alone = source.slice(0, match.index).trim() === "" && match[1] !== undefined && /^\s*#/.test(source);
    let target = index;
    if (alone) do target++; while (target < lines.length && /^\s*(#|$)/.test(lines[target]!));
    return [{
      line: index + 1, column: source.indexOf("#", match.index) + 1, target: target + 1,
      ids: rest ? rest[1]!.split(/\s*,\s*/) : [], reason: rest?.[2] ?? "", readable: rest !== null,
    }];
  });
}
