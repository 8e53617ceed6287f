import { textOf, type Box, type Diagram, type Edge, type Kind, type Mark } from "./model.ts";
import { SIGNS } from "./style.ts";

/** Fill, line and text of each kind: readable on light and dark pages, since Mermaid has no schemes of its own in a file. */
const CLASSES: Readonly<Record<Kind, string>> = {
  stream: "fill:#fff6e0,stroke:#a06a00,color:#1b2230", multiplexer: "fill:#e6f0fd,stroke:#1f5fae,color:#1b2230", transcoder: "fill:#f1eafb,stroke:#6b3fb0,color:#1b2230",
  distributor: "fill:#e3f5f1,stroke:#0d7564,color:#1b2230", platform: "fill:#f3f1ee,stroke:#6b6257,color:#1b2230", cdn: "fill:#fdeae1,stroke:#b1481a,color:#1b2230", viewers: "fill:#eef0f4,stroke:#4a5468,color:#1b2230",
};
const MARKS: Readonly<Record<Exclude<Mark, "same">, string>> = {
  added: "stroke:#0a7a3c,stroke-width:4px", removed: "stroke:#b3261e,stroke-width:4px,stroke-dasharray:6 4", changed: "stroke:#8a5a00,stroke-width:4px",
};
const LINKS = { added: "stroke:#0a7a3c", removed: "stroke:#b3261e", changed: "stroke:#8a5a00" } as const;

/** The diagram as a Mermaid flowchart, for Markdown pages that draw it themselves. */
export function diagramMermaid(diagram: Diagram): string {
  const ids = new Map(diagram.boxes.map((box, i) => [box.id, `n${i}`]));
  const node = (box: Box): string => `${ids.get(box.id)}["${label(box)}"]:::${box.kind}`;
  const lines = [
    "---", `title: ${JSON.stringify(`${diagram.name}: ${diagram.summary}`)}`, "config:", "  flowchart:", "    wrappingWidth: 480", "---", "flowchart LR",
    ...diagram.boxes.filter((box) => box.region === null).map((box) => `  ${node(box)}`),
    ...diagram.regions.flatMap((region, i) => {
      const inside = diagram.boxes.filter((box) => box.region === region.name);
      return inside.length === 0 ? [] : [`  subgraph r${i}["${text(`${sign(region.mark)}${region.title}`)}"]`, ...inside.map((box) => `    ${node(box)}`), "  end"];
    }),
    ...diagram.edges.map((edge) => `  ${ids.get(edge.from)} ${arrow(edge)} ${ids.get(edge.to)}`),
    ...Object.entries(CLASSES).map(([kind, style]) => `  classDef ${kind} ${style}`),
    ...diagram.boxes.filter((box) => box.mark !== "same").map((box) => `  style ${ids.get(box.id)} ${MARKS[box.mark as keyof typeof MARKS]}`),
    ...diagram.edges.flatMap((edge, i) => (edge.mark === "same" ? [] : [`  linkStyle ${i} ${LINKS[edge.mark]}`])),
    ...diagram.notes.map((note) => `  %% ${note}`),
  ];
  return `${lines.join("\n")}\n`;
}

const sign = (mark: Mark): string => (mark === "same" ? "" : `${SIGNS[mark]} `);

function label(box: Box): string {
  const cards = box.cards.map((card) => `${sign(card.mark)}${card.title}${textOf(card).length === 0 ? "" : `: ${textOf(card).join(", ")}`}`);
  return [`<b>${text(`${sign(box.mark)}${box.title}`)}</b>`, ...textOf(box).map(text), ...cards.map(text), ...(box.more > 0 ? [`and ${box.more} more`] : [])].join("<br>");
}

function arrow(edge: Edge): string {
  const { standby, mark } = edge;
  const words = [sign(mark).trim(), ...textOf(edge)].filter((line) => line !== "").map(text).join("<br>");
  const line = standby ? "-.->" : "-->";
  return words === "" ? line : `${line}|"${words}"|`;
}

/** Characters that Mermaid or HTML would take for something else, as its entity codes. */
function text(value: string): string {
  return value.replaceAll("#", "#35;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
}
