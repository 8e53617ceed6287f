import { FONT, LINE, layoutDiagram, type Placed, type PlacedBox, type PlacedCard, type PlacedEdge, type Point } from "./layout.ts";
import { textOf, type Diagram, type Kind, type Mark } from "./model.ts";
import { KIND_NAMES, SIGNS, stylesheet } from "./style.ts";
import { fitted, textWidth } from "./text.ts";

const HEADER = 76;
const MARGIN = 24;

/** The diagram as one SVG file: text stays text, colours follow the reader's scheme, every part has a name for screen readers. */
export function diagramSvg(diagram: Diagram): string {
  const placed = layoutDiagram(diagram);
  const legend = legendOf(diagram);
  const width = Math.ceil(Math.max(placed.width, 640, textWidth(diagram.summary, FONT.text) + 2 * MARGIN));
  const legendRows = wrapLegend(legend, width - 2 * MARGIN);
  const notes = diagram.notes.map((note) => `${note[0]!.toUpperCase()}${note.slice(1)}.`);
  const height = Math.ceil(HEADER + placed.height + legendRows.length * 26 + notes.length * LINE + 28);
  const bottom = HEADER + placed.height + 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="graphics-document document" aria-labelledby="diagram-title diagram-desc">
<title id="diagram-title">${escape(diagram.name)}: ${diagram.compared ? "what an edit changes" : "path of the streams"}</title>
<desc id="diagram-desc">${escape(describe(diagram))}</desc>
<style>${stylesheet()}</style>
<rect class="page" width="${width}" height="${height}"/>
<text class="name" x="${MARGIN}" y="38">${escape(diagram.name)}</text>
<text class="soft" x="${MARGIN}" y="60">${escape(diagram.summary)}</text>
<g transform="translate(0 ${HEADER})">
${body(placed)}
</g>
<g role="group" aria-label="Legend">
${legendRows.map((row, i) => row.map(({ entry, x }) => `<g transform="translate(${MARGIN + x} ${bottom + i * 26})">${entry.svg}<text class="small soft" x="36" y="4">${escape(entry.text)}</text></g>`).join("\n")).join("\n")}
${notes.map((note, i) => `<text class="small soft" x="${MARGIN}" y="${bottom + legendRows.length * 26 + 4 + i * LINE}">${escape(note)}</text>`).join("\n")}
</g>
</svg>
`;
}

function body({ regions, edges, boxes }: Placed): string {
  return [
    ...regions.map(({ region, x, y, width, height }) => group("", region.mark, `Region ${region.title}`,
      `<rect class="region" x="${x}" y="${y}" width="${width}" height="${height}" rx="14"/><text class="region-title" x="${x + 18}" y="${y + 22}">${escape(fitted(region.title, 13, width - 36, true))}</text>`)),
    ...edges.map(edgePath),
    ...edges.flatMap((edge) => edgeLabel(edge, regions)),
    ...boxes.map(boxSvg),
  ].join("\n");
}

function group(name: string, mark: Mark, label: string, inside: string): string {
  const classes = [name, mark === "same" ? "" : `mark-${mark}`].filter((c) => c !== "").join(" ");
  const state = mark === "same" ? "" : ` (${mark})`;
  return `<g${classes === "" ? "" : ` class="${classes}"`} role="group" aria-label="${escape(`${label}${state}`)}">${inside}</g>`;
}

function boxSvg({ box, x, y, width, height, cards, linesY }: PlacedBox): string {
  const inner = width - 24;
  const lines = textOf(box).map((line, i) => `<text class="soft" x="${x + 12}" y="${linesY + 12 + i * LINE}">${escape(fitted(line, FONT.text, inner))}</text>`).join("");
  const more = box.more === 0 ? "" : `<text class="small soft" x="${x + 12}" y="${y + height - 10}">and ${box.more.toLocaleString("en-US")} more</text>`;
  return group(box.kind, box.mark, `${KIND_NAMES[box.kind]}: ${box.title}`,
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="9"/>${sign(box.mark, x + width - 12, y + 20)}`
    + `<text class="title" x="${x + 12}" y="${y + 20}">${escape(fitted(box.title, FONT.title, inner - (box.mark === "same" ? 0 : 20), true))}</text>${lines}${cards.map(cardSvg).join("")}${more}`);
}

function cardSvg({ card, x, y, width, height }: PlacedCard): string {
  const inner = width - 16;
  const lines = textOf(card).map((line, i) => `<text class="small soft" x="${x + 8}" y="${y + 34 + i * LINE}">${escape(fitted(line, FONT.small, inner))}</text>`).join("");
  const used = card.load === null ? 0 : Math.max(0, Math.min(1, card.load));
  const bar = card.load === null ? ""
    : `<rect class="track" x="${x + 8}" y="${y + height - 11}" width="${inner}" height="4" rx="2"/><rect class="load${card.load > 1 ? " full" : ""}" x="${x + 8}" y="${y + height - 11}" width="${Math.round(inner * used)}" height="4" rx="2"/>`;
  return group("", card.mark, [card.title, ...textOf(card)].join(", "),
    `<title>${escape([card.title, ...textOf(card)].join("\n"))}</title><rect class="card" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>${sign(card.mark, x + width - 8, y + 18)}`
    + `<text class="card-title" x="${x + 8}" y="${y + 18}">${escape(fitted(card.title, FONT.text, inner - (card.mark === "same" ? 0 : 18), true))}</text>${lines}${bar}`);
}

/** The sign of a mark, at the right of a title. */
function sign(mark: Mark, right: number, y: number): string {
  return mark === "same" ? "" : `<text class="title sign" x="${right}" y="${y}" text-anchor="end">${SIGNS[mark]}</text>`;
}

const ARROW = 9;

function edgePath({ edge, points }: PlacedEdge): string {
  const end = points.at(-1)!;
  const line = curve([...points.slice(0, -1), { x: end.x - ARROW + 1, y: end.y }]);
  const label = `${edge.from} to ${edge.to}${edge.standby ? ", standby" : ""}${textOf(edge).length === 0 ? "" : `: ${textOf(edge).join(", ")}`}`;
  return group("", edge.mark, label, `<path class="edge${edge.standby ? " standby" : ""}" d="${line}"/><path class="arrow" d="M${r(end.x)} ${r(end.y)}l${-ARROW} -5v10z"/>`);
}

/** Level through each point, in curves between them. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points as [Point, ...Point[]];
  let previous = first;
  return `M${r(first.x)} ${r(first.y)}${rest.map((point) => {
    const middle = (previous.x + point.x) / 2;
    const text = previous.y === point.y ? `H${r(point.x)}` : `C${r(middle)} ${r(previous.y)} ${r(middle)} ${r(point.y)} ${r(point.x)} ${r(point.y)}`;
    previous = point;
    return text;
  }).join("")}`;
}

const r = (value: number): number => Math.round(value * 10) / 10;

function edgeLabel({ edge, label }: PlacedEdge, regions: Placed["regions"]): string[] {
  if (label === null) return [];
  const inside = regions.some((g) => label.x > g.x && label.x + label.width < g.x + g.width && label.y > g.y && label.y + label.height < g.y + g.height);
  const rows = textOf(edge).map((line, i) => `<text class="small label-text" x="${r(label.x + label.width / 2)}" y="${r(label.y + 14 + i * 14)}" text-anchor="middle">${escape(line)}</text>`).join("");
  return [`<g${edge.mark === "same" ? "" : ` class="mark-${edge.mark}"`}><rect class="${inside ? "region-label" : "label"}" x="${r(label.x)}" y="${r(label.y)}" width="${r(label.width)}" height="${r(label.height)}" rx="4"/>${rows}</g>`];
}

interface Entry { readonly svg: string; readonly text: string }

function legendOf(diagram: Diagram): Entry[] {
  const kinds = [...new Set(diagram.boxes.map((box) => box.kind))];
  const marks = [...new Set([...diagram.boxes.flatMap((b) => [b.mark, ...b.cards.map((c) => c.mark)]), ...diagram.edges.map((e) => e.mark)])].filter((mark) => mark !== "same");
  return [
    ...kinds.map((kind: Kind): Entry => ({ text: KIND_NAMES[kind], svg: `<g class="${kind}"><rect class="box" x="4" y="-8" width="24" height="16" rx="4"/></g>` })),
    { text: "carries the signal", svg: `<path class="edge" d="M2 0H24"/><path class="arrow" d="M32 0l-9 -5v10z"/>` },
    ...(diagram.edges.some((e) => e.standby) ? [{ text: "takes over when another fails", svg: `<path class="edge standby" d="M2 0H24"/><path class="arrow" d="M32 0l-9 -5v10z"/>` }] : []),
    ...(diagram.boxes.some((b) => b.cards.some((c) => c.load !== null)) ? [{ text: "share of its scarcest resource in use at the most", svg: `<rect class="track" x="2" y="-2" width="28" height="4" rx="2"/><rect class="load" x="2" y="-2" width="17" height="4" rx="2"/>` }] : []),
    ...marks.map((mark): Entry => ({ text: mark, svg: `<g class="mark-${mark}"><rect class="card" x="4" y="-8" width="24" height="16" rx="4"/><text class="title sign" x="16" y="5" text-anchor="middle">${SIGNS[mark]}</text></g>` })),
    ...(diagram.compared && marks.length === 0 ? [{ text: "nothing changes", svg: "" }] : []),
  ];
}

function wrapLegend(entries: readonly Entry[], width: number): { entry: Entry; x: number }[][] {
  const rows: { entry: Entry; x: number }[][] = [[]];
  let x = 0;
  for (const entry of entries) {
    const wide = 36 + textWidth(entry.text, FONT.small) + 24;
    if (x > 0 && x + wide > width) { rows.push([]); x = 0; }
    rows.at(-1)!.push({ entry, x });
    x += wide;
  }
  return rows;
}

/** The whole in words, for those who do not see it. */
function describe(diagram: Diagram): string {
  const boxes = diagram.boxes.map((box) => `${box.region === null ? "" : `${box.region}: `}${box.title}${box.mark === "same" ? "" : ` (${box.mark})`}`);
  const standby = diagram.edges.filter((edge) => edge.standby).length;
  return `${diagram.summary}. Left to right: ${boxes.slice(0, 40).join("; ")}${boxes.length > 40 ? `; and ${boxes.length - 40} more` : ""}. ${diagram.edges.length} links, ${standby} of them on standby.`;
}

/** Text as XML takes it. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
