import type { Box, Diagram } from "./model.ts";

/** Cards that a box shows, hosts or streams; with so many the box is as tall as a page. */
const CARDS = 12;
/** Beyond so many regions boxes show counts only, and only links that carry something. */
const REGIONS = 6;
const CARDS_OF_MANY = 3;

/**
 * Makes a large diagram readable: a box shows its first cards, those that changed before all others, and says how many there are
 * more; with many regions, links that only stand by are left out and counted.
 */
export function shorten(diagram: Diagram): Diagram {
  const many = diagram.regions.length > REGIONS;
  const edges = many ? diagram.edges.filter((edge) => !edge.standby || edge.mark !== "same") : diagram.edges;
  const left = diagram.edges.length - edges.length;
  const hidden = diagram.boxes.reduce((sum, box) => sum + Math.max(0, box.cards.length - (many ? CARDS_OF_MANY : CARDS)), 0);
  return {
    ...diagram, edges, boxes: diagram.boxes.map((box) => shortBox(box, many ? CARDS_OF_MANY : CARDS)),
    notes: [
      ...diagram.notes,
      ...(hidden > 0 ? [`${hidden.toLocaleString("en-US")} hosts or streams are counted, not drawn`] : []),
      ...(left > 0 ? [`${left.toLocaleString("en-US")} links between regions that only stand by are not drawn`] : []),
    ],
  };
}

function shortBox(box: Box, most: number): Box {
  if (box.cards.length <= most) return box;
  const ranked = box.cards.map((card, i) => ({ card, i })).sort((a, b) => Number(a.card.mark === "same") - Number(b.card.mark === "same") || a.i - b.i);
  const kept = ranked.slice(0, most).sort((a, b) => a.i - b.i).map(({ card }) => card);
  return { ...box, cards: kept, more: box.cards.length - kept.length };
}
