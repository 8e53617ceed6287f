import type { Box, Card, Diagram, Edge, Mark } from "./model.ts";

/** One diagram of two: what is only in the newer is added, what is only in the older is removed. */
export function compareDiagrams(older: Diagram, newer: Diagram): Diagram {
  return {
    ...newer, compared: true,
    name: older.name === newer.name ? newer.name : `${older.name} → ${newer.name}`,
    summary: older.summary === newer.summary ? newer.summary : `${older.summary}  →  ${newer.summary}`,
    regions: merge(older.regions, newer.regions, (r) => r.name, (a, b) => ({ ...b, mark: a.title === b.title ? "same" : "changed", title: a.title === b.title ? b.title : `${a.title} → ${b.title}` })),
    boxes: merge(older.boxes, newer.boxes, (box) => box.id, mergeBox),
    edges: merge(older.edges, newer.edges, (edge) => `${edge.from}\n${edge.to}`, (a, b): Edge => ({
      ...b, lines: changedLines(a.lines, b.lines), usage: changedUsage(a, b), mark: sameText(a.lines, b.lines) && a.standby === b.standby ? "same" : "changed",
    })),
  };
}

function mergeBox(a: Box, b: Box): Box {
  const cards = merge(a.cards, b.cards, (card) => card.id, (x, y): Card => ({
    ...y, lines: changedLines(x.lines, y.lines), usage: changedUsage(x, y), title: x.title === y.title ? y.title : `${x.title} → ${y.title}`,
    mark: x.title === y.title && sameText(x.lines, y.lines) ? "same" : "changed",
  }));
  const same = a.title === b.title && sameText(a.lines, b.lines) && cards.every((card) => card.mark === "same");
  return { ...b, cards, lines: changedLines(a.lines, b.lines), usage: changedUsage(a, b), title: a.title === b.title ? b.title : `${a.title} → ${b.title}`, mark: same ? "same" : "changed" };
}

/** Busier or less busy is said, but it is a consequence, not the edit: it marks nothing. */
function changedUsage(a: { readonly usage: string | null }, b: { readonly usage: string | null }): string | null {
  if (a.usage === b.usage || a.usage === null || b.usage === null) return b.usage;
  // The first figure says most; words that both begin with are said once: "link 47 % → 41 %".
  const [was = "", now = ""] = [a.usage, b.usage].map((usage) => usage.split(" · ")[0]!);
  const [old, fresh] = [was.split(" "), now.split(" ")];
  const common = fresh.findIndex((word, i) => /\d/.test(word) || word !== old[i]);
  return was === now ? b.usage : `${was} → ${fresh.slice(Math.max(0, common)).join(" ")}`;
}

const sameText = (a: readonly string[], b: readonly string[]): boolean => a.join("\n") === b.join("\n");

/** Lines of the newer; where one differs, what it was stands before it. */
function changedLines(a: readonly string[], b: readonly string[]): string[] {
  if (sameText(a, b)) return [...b];
  if (a.length !== b.length) return [...b];
  return b.flatMap((line, i) => (line === a[i] ? [line] : [`was ${a[i]}`, `now ${line}`]));
}

/** In the order of the newer, with what is gone after what it stood behind. */
function merge<T extends { readonly mark: Mark }>(older: readonly T[], newer: readonly T[], key: (item: T) => string, both: (a: T, b: T) => T): T[] {
  const before = new Map(older.map((item) => [key(item), item]));
  const after = new Set(newer.map(key));
  const result = newer.map((item) => {
    const old = before.get(key(item));
    return old === undefined ? marked(item, "added") : both(old, item);
  });
  older.forEach((item, i) => {
    if (after.has(key(item))) return;
    const previous = i === 0 ? undefined : key(older[i - 1]!);
    const at = previous === undefined ? 0 : result.findIndex((one) => key(one) === previous) + 1;
    result.splice(at, 0, marked(item, "removed"));
  });
  return result;
}

/** The mark goes for everything inside, too. */
function marked<T extends { readonly mark: Mark }>(item: T, mark: Mark): T {
  return "cards" in item ? { ...item, mark, cards: (item.cards as readonly Card[]).map((card) => ({ ...card, mark })) } : { ...item, mark };
}
