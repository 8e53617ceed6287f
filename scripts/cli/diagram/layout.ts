import { Graph, layout as dagre } from "@dagrejs/dagre";
import { textOf, type Box, type Card, type Diagram, type Edge } from "./model.ts";
import { textWidth } from "./text.ts";

export interface Rect { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export interface PlacedCard extends Rect { readonly card: Card }
export interface PlacedBox extends Rect { readonly box: Box; readonly cards: readonly PlacedCard[]; readonly linesY: number }
export interface Point { readonly x: number; readonly y: number }
export interface PlacedEdge { readonly edge: Edge; readonly points: readonly Point[]; readonly label: Rect | null }
export interface PlacedRegion extends Rect { readonly region: Diagram["regions"][number] }
export interface Placed { readonly width: number; readonly height: number; readonly boxes: readonly PlacedBox[]; readonly edges: readonly PlacedEdge[]; readonly regions: readonly PlacedRegion[] }

/** Sizes in pixels; text sizes are those of the stylesheet in svg.ts. */
export const FONT = { title: 14, text: 12, small: 11 } as const;
export const LINE = 16;
const PAD = 12;
const CARD_PAD = 8;
const GAP = 8;
const HEAD = 24;
const BAR = 8;
/** Room for a region's name above its boxes, kept below too so that the box stays in the middle of its cell. */
const REGION_HEAD = 34;
const REGION_PAD = 18;
const MAX_CARD = 250;

interface Sized { readonly box: Box; readonly width: number; readonly height: number; readonly columns: number; readonly cardWidth: number; readonly rowHeights: readonly number[] }

/** Places everything of a diagram: layers from publishers to viewers, a region's boxes together, no box on another. */
export function layoutDiagram(diagram: Diagram): Placed {
  const sized = diagram.boxes.map(sizeBox);
  const labelWidth = Math.max(40, ...diagram.edges.map((edge) => labelSize(edge).width));
  const graph = new Graph({ compound: true, multigraph: false, directed: true });
  graph.setGraph({ rankdir: "LR", nodesep: 26, edgesep: 18, ranksep: 84, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name } of diagram.regions) if (sized.some(({ box }) => box.region === name)) graph.setNode(cluster(name), {});
  for (const { box, width, height } of sized) {
    const inRegion = box.region !== null;
    graph.setNode(box.id, { width: width + (inRegion ? 2 * REGION_PAD : 0), height: height + (inRegion ? 2 * REGION_HEAD : 0) });
    if (box.region !== null) graph.setParent(box.id, cluster(box.region));
  }
  for (const edge of diagram.edges) {
    const { height } = labelSize(edge);
    // Every edge gets the widest label's room, so that all of them run level through the column of labels.
    graph.setEdge(edge.from, edge.to, { width: labelWidth, height, labelpos: "c", minlen: 1, weight: edge.standby ? 1 : edge.from.startsWith("stream") ? 2 : 3 });
  }
  dagre(graph, { constraints: [...inOrder(diagram.regions.map(({ name }) => cluster(name)).filter((name) => graph.hasNode(name))), ...inOrder(diagram.boxes.filter((b) => b.kind === "viewers").map((b) => b.id))] });
  const boxes = sized.map((one) => placeBox(one, graph.node(one.box.id) as Point));
  const columns = columnsOf(boxes);
  const edges = routeEdges(diagram.edges, boxes, (edge) => graph.edge(edge.from, edge.to) as unknown as { points: Point[]; x?: number; y?: number }, columns, labelWidth);
  const regions = diagram.regions.flatMap((region): PlacedRegion[] => {
    const inside = boxes.filter(({ box }) => box.region === region.name);
    return inside.length === 0 ? [] : [{ region, ...around(inside) }];
  });
  const right = Math.max(...boxes.map((b) => b.x + b.width), ...regions.map((r) => r.x + r.width), ...edges.flatMap((e) => e.points.map((p) => p.x)));
  const bottom = Math.max(...boxes.map((b) => b.y + b.height), ...regions.map((r) => r.y + r.height), ...edges.flatMap((e) => e.points.map((p) => p.y)));
  return { width: right + 24, height: bottom + 24, boxes, edges, regions };
}

/** From top to bottom in the order of the file. */
function inOrder(nodes: readonly string[]): { left: string; right: string }[] {
  return nodes.slice(1).map((right, i) => ({ left: nodes[i]!, right }));
}

const cluster = (region: string): string => `region ${region}`;

function around(inside: readonly Rect[]): Rect {
  const x = Math.min(...inside.map((b) => b.x)) - REGION_PAD;
  const y = Math.min(...inside.map((b) => b.y)) - REGION_HEAD;
  return { x, y, width: Math.max(...inside.map((b) => b.x + b.width)) + REGION_PAD - x, height: Math.max(...inside.map((b) => b.y + b.height)) + REGION_PAD - y };
}

function sizeBox(box: Box): Sized {
  const columns = box.cards.length <= 4 ? 1 : 2;
  const cardWidth = Math.min(MAX_CARD, Math.max(0, ...box.cards.map((card) => Math.max(textWidth(card.title, FONT.text, true) + markRoom(card.mark), ...textOf(card).map((line) => textWidth(line, FONT.small))) + 2 * CARD_PAD)));
  const rows = Math.ceil(box.cards.length / columns);
  const rowHeights = Array.from({ length: rows }, (_, row) => Math.max(...box.cards.slice(row * columns, (row + 1) * columns).map(cardHeight)));
  const head = Math.max(textWidth(box.title, FONT.title, true) + markRoom(box.mark), ...textOf(box).map((line) => textWidth(line, FONT.text)), box.more > 0 ? 90 : 0);
  const width = Math.max(head, box.cards.length === 0 ? 0 : Math.min(columns, box.cards.length) * (cardWidth + GAP) - GAP) + 2 * PAD;
  const cards = rowHeights.reduce((sum, height) => sum + height + GAP, 0);
  const height = HEAD + textOf(box).length * LINE + (rows > 0 ? 6 : 0) + cards + (box.more > 0 ? LINE : 0) + PAD;
  return { box, width, height, columns, cardWidth, rowHeights };
}

const markRoom = (mark: Card["mark"]): number => (mark === "same" ? 0 : 22);

function cardHeight(card: Card): number {
  return CARD_PAD + (1 + textOf(card).length) * LINE + (card.load === null ? 2 : BAR + 4) + 2;
}

function placeBox({ box, width, height, columns, cardWidth, rowHeights }: Sized, centre: Point): PlacedBox {
  const x = Math.round(centre.x - width / 2), y = Math.round(centre.y - height / 2);
  const linesY = y + HEAD;
  let top = linesY + textOf(box).length * LINE + 6;
  const inner = width - 2 * PAD;
  const wide = columns === 1 ? inner : Math.max(cardWidth, (inner - GAP) / 2);
  const cards: PlacedCard[] = [];
  rowHeights.forEach((rowHeight, row) => {
    box.cards.slice(row * columns, (row + 1) * columns).forEach((card, column) => cards.push({ card, x: x + PAD + column * (wide + GAP), y: top, width: wide, height: rowHeight }));
    top += rowHeight + GAP;
  });
  return { box, x, y, width, height, cards, linesY };
}

function labelSize(edge: Edge): { readonly width: number; readonly height: number } {
  const lines = textOf(edge);
  if (lines.length === 0) return { width: 0, height: 6 };
  return { width: Math.max(...lines.map((line) => textWidth(line, FONT.small))) + 14, height: lines.length * 14 + 6 };
}

interface Column { readonly left: number; readonly right: number }

/** Where boxes stand above each other: an edge that passes runs level there. */
function columnsOf(boxes: readonly PlacedBox[]): Column[] {
  const byCentre = new Map<number, Column>();
  for (const { x, width } of boxes) {
    const centre = [...byCentre.keys()].find((c) => Math.abs(c - (x + width / 2)) < 3) ?? x + width / 2;
    const known = byCentre.get(centre) ?? { left: x, right: x + width };
    byCentre.set(centre, { left: Math.min(known.left, x), right: Math.max(known.right, x + width) });
  }
  return [...byCentre.values()];
}

type Laid = (edge: Edge) => { readonly points: readonly Point[]; readonly x?: number; readonly y?: number };

function routeEdges(edges: readonly Edge[], boxes: readonly PlacedBox[], laid: Laid, columns: readonly Column[], labelWidth: number): PlacedEdge[] {
  const byId = new Map(boxes.map((placed) => [placed.box.id, placed]));
  const starts = ports(edges, "from", byId, (edge) => laid(edge).points[1]!.y);
  const ends = ports(edges, "to", byId, (edge) => laid(edge).points.at(-2)!.y);
  return edges.map((edge) => {
    const { points, x, y } = laid(edge);
    const from = byId.get(edge.from)!, to = byId.get(edge.to)!;
    const inner = points.slice(1, -1).flatMap((point): Point[] => {
      const column = columns.find(({ left, right }) => point.x > left && point.x < right);
      const half = labelWidth / 2 + 4;
      const [left, right] = column ? [column.left - 4, column.right + 4] : [point.x - half, point.x + half];
      const isLabel = x !== undefined && Math.abs(point.x - x) < 1;
      return column || isLabel ? [{ x: left, y: point.y }, { x: right, y: point.y }] : [point];
    });
    const { width, height } = labelSize(edge);
    // Level until it is past the widest box of its column, or it would cross that box's corner.
    const start = { x: from.x + from.width, y: starts.get(edge)! }, end = { x: to.x, y: ends.get(edge)! };
    const clear = { x: (columnAt(columns, from)?.right ?? start.x) + 4, y: start.y }, near = { x: (columnAt(columns, to)?.left ?? end.x) - 4, y: end.y };
    const route = [start, clear, ...inner, near, end];
    return { edge, points: forward(route), label: textOf(edge).length === 0 || x === undefined || y === undefined ? null : { x: x - width / 2, y: y - height / 2, width, height } };
  });
}

const columnAt = (columns: readonly Column[], box: Rect): Column | undefined => columns.find(({ left, right }) => box.x + box.width / 2 > left && box.x + box.width / 2 < right);

/** Takes out points that would lead backwards. */
function forward(points: readonly Point[]): Point[] {
  const last = points.at(-1)!;
  const kept: Point[] = [];
  for (const point of points.slice(0, -1)) {
    if (point.x >= (kept.at(-1)?.x ?? -Infinity) && point.x <= last.x) kept.push(point);
  }
  return [...kept, last];
}

/** Where edges leave and reach a box: spread over its side in the order of what is at their other end, so that they do not cross there. */
function ports(edges: readonly Edge[], end: "from" | "to", boxes: ReadonlyMap<string, PlacedBox>, towards: (edge: Edge) => number): Map<Edge, number> {
  const result = new Map<Edge, number>();
  for (const [id, { y, height }] of boxes) {
    const mine = edges.filter((edge) => edge[end] === id).sort((a, b) => towards(a) - towards(b));
    const step = Math.min(26, (height - 24) / Math.max(1, mine.length));
    mine.forEach((edge, i) => result.set(edge, y + height / 2 + (i - (mine.length - 1) / 2) * step));
  }
  return result;
}
