import { diffArrays } from "diff";
import picocolors from "picocolors";
import { formatPath, type SpecPath } from "../../spec/problems.ts";
import type { Bundle } from "../../render/bundle.ts";
import { type Change, CLASS_WORDS, type Effect, type Impact, type ImpactClass, isWorse, worst } from "./impact.ts";

export interface TextOptions {
  readonly color: boolean;
  /** Place of a part of the topology, e.g. "stacks/festival.yaml:41:3"; null where it is written in neither file. */
  readonly locate?: (path: SpecPath) => string | null;
  /** Both sides, to show the changed lines of files. */
  readonly bundles?: { readonly before: readonly Bundle[]; readonly after: readonly Bundle[] };
}

/** Changes and changed lines beyond these are counted, not shown; `--json` has all of them. */
const MAX_CHANGES = 60;
const MAX_LINES = 24;
const MAX_REASONS = 4;
const SIGNS: Readonly<Record<Change["action"], string>> = { added: "+", changed: "~", removed: "-" };

/** The changes of an impact for people, one a line with its reasons below; [] when nothing changes. */
export function changeLines(impact: Impact, options: TextOptions): string[] {
  const paint = picocolors.createColors(options.color);
  const byClass: Record<ImpactClass, (text: string) => string> = {
    "nothing": paint.dim, "hot-reload": paint.green, "stream-restarts": paint.yellow, "publishers-drop": paint.red, "viewers-rebuffer": paint.red, "host-replaced": paint.red,
  };
  const bySign = { added: paint.green, changed: paint.yellow, removed: paint.red };
  const rows = shownChanges(impact.changes);
  const shown = rows.slice(0, MAX_CHANGES);
  const widths = [Math.max(0, ...shown.map((c) => subject(c).length)), Math.max(0, ...shown.map((c) => what(c).length))] as const;
  const lines = shown.flatMap((change) => [
    `  ${bySign[change.action](SIGNS[change.action])} ${subject(change).padEnd(widths[0])}  ${what(change).padEnd(widths[1])}  ${byClass[change.class](CLASS_WORDS[change.class])}`,
    ...reasons(change).map((effect) => paint.dim(`        ${effect.stream !== null && change.kind !== "stream" ? `${effect.stream}: ` : ""}${effect.reason}${because(effect, options)}`)),
    ...(options.bundles === undefined || change.kind !== "file" || change.action !== "changed" ? [] : lineChanges(change, options.bundles).map((line) =>
      line.startsWith("+") ? paint.green(`      ${line}`) : line.startsWith("-") ? paint.red(`      ${line}`) : `      ${line}`)),
  ]);
  return rows.length > shown.length ? [...lines, `  … and ${rows.length - shown.length} more changes, the worst of them: ${CLASS_WORDS[worst(rows.slice(MAX_CHANGES).map((c) => c.class))]}`] : lines;
}

/** Worst first among what people feel, and without the files of hosts that come or go, which their hosts stand for. */
function shownChanges(changes: readonly Change[]): Change[] {
  const whole = new Set(changes.filter((c) => c.kind === "host" && c.action !== "changed").map((c) => c.host));
  const rows = changes.filter((c) => c.kind === "host" || c.host === null || !whole.has(c.host));
  const felt = rows.filter((c) => isWorse(c.class, "hot-reload"));
  return [...felt, ...rows.filter((c) => !felt.includes(c))];
}

function subject(change: Change): string {
  return change.host ?? change.name;
}

function what(change: Change): string {
  if (change.kind === "file" || change.kind === "firewall") return change.name;
  if (change.kind === "service") return `service ${change.name}`;
  return change.kind;
}

/** Each reason once, worst first; what is said of every file of the kind is left out where there is more to say. */
function reasons(change: Change): Effect[] {
  const sorted = [...change.effects].sort((a, b) => (a.class === b.class ? 0 : isWorse(a.class, b.class) ? -1 : 1));
  const once = sorted.filter((e, i) => sorted.findIndex((o) => o.reason === e.reason && o.stream === e.stream) === i);
  return once.slice(0, MAX_REASONS);
}

function because({ cause }: Effect, { locate }: TextOptions): string {
  if (cause === null || cause.length === 0) return "";
  const place = locate?.(cause) ?? null;
  return `  (${formatPath(cause)}${place === null ? "" : `, ${place}`})`;
}

/** The lines of a file that differ, with the line above each group, as `diff` writes them. */
function lineChanges(change: Change, { before, after }: NonNullable<TextOptions["bundles"]>): string[] {
  const text = (bundles: readonly Bundle[]): string => bundles.find((b) => b.host === change.host)?.files.find((f) => f.path === change.name)?.content ?? "";
  const parts = diffArrays(text(before).split("\n"), text(after).split("\n"), { maxEditLength: 400 });
  if (parts === undefined) return ["… too many lines differ to show them"];
  const lines = parts.flatMap((part, i): string[] => {
    if (part.added) return part.value.map((line) => `+ ${line}`);
    if (part.removed) return part.value.map((line) => `- ${line}`);
    const last = part.value.at(-1);
    return i < parts.length - 1 && last !== undefined && last.trim() !== "" ? [`  ${last}`] : [];
  });
  return lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} more lines`] : lines.map((line) => (line.length > 200 ? `${line.slice(0, 199)}…` : line));
}
