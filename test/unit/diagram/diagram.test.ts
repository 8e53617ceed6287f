import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { parseTopology } from "../../../infra/spec/load.ts";
import type { Topology } from "../../../infra/spec/topology.ts";
import { LARGE, largeTopology } from "../../../scripts/bench/plan/topology.ts";
import { compareDiagrams } from "../../../scripts/cli/diagram/compare.ts";
import { layoutDiagram, type Placed, type Point, type Rect } from "../../../scripts/cli/diagram/layout.ts";
import { diagramMermaid } from "../../../scripts/cli/diagram/mermaid.ts";
import { textOf, type Diagram } from "../../../scripts/cli/diagram/model.ts";
import { readDiagram } from "../../../scripts/cli/diagram/read.ts";
import { shorten } from "../../../scripts/cli/diagram/shorten.ts";
import { diagramSvg } from "../../../scripts/cli/diagram/svg.ts";
import { festival as festivalFile } from "../explain/festival.ts";
import { toYaml, topologyArb } from "../spec/arbitrary.ts";

const diagramOf = (topology: Topology): Diagram => readDiagram(topology, planTopology(topology));
const ofText = (text: string): Diagram => diagramOf(parseTopology(text, "test.yaml").topology);
const festival = (): Diagram => diagramOf(festivalFile().topology);

const THREE_REGIONS = `headend: 1
name: tour
streams:
  main: { redundancy: 2, viewers: { eu: 4000, us: 3000, ap: 2000 } }
  other: { viewers: { eu: 400 }, latency: low }
regions: { eu: { aws: eu-central-1, zones: 2 }, us: { aws: us-east-1, zones: 3 }, ap: { aws: ap-southeast-1 } }
multiplexers: { eu: 2, us: 2 }
transcoders: { eu: 6, us: 4, ap: 4 }
distributors: { eu: { min: 10, max: 12 }, us: 8, ap: 4 }
cdn: cloudfront
`;

const overlap = (a: Rect, b: Rect): boolean => a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 1 < b.y + b.height && b.y + 1 < a.y + a.height;

/** Points of the curve that svg.ts draws between two points. */
function along(from: Point, to: Point): Point[] {
  return Array.from({ length: 21 }, (_, i) => {
    const t = i / 20, u = 1 - t, middle = (from.x + to.x) / 2;
    const at = (a: number, b: number, c: number, d: number): number => u ** 3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t ** 3 * d;
    return { x: at(from.x, middle, middle, to.x), y: at(from.y, from.y, to.y, to.y) };
  });
}

/** What lies on what: boxes, their regions, the words on links, and links that pass a box. Empty when all is readable. */
function clashes(placed: Placed): string[] {
  const found: string[] = [];
  const clear = (rects: readonly Rect[], what: string): void => rects.forEach((a, i) => rects.slice(i + 1).forEach((b) => { if (overlap(a, b)) found.push(`${what} ${JSON.stringify([a, b]).slice(0, 300)}`); }));
  const labels = placed.edges.flatMap(({ label }) => (label === null ? [] : [label]));
  clear(placed.boxes, "boxes");
  clear(placed.regions, "regions");
  clear(labels, "labels");
  for (const label of labels) for (const box of placed.boxes) if (overlap(label, box)) found.push(`label on ${box.box.id}`);
  for (const box of placed.boxes) {
    clear(box.cards, "cards");
    for (const card of box.cards) if (card.x < box.x || card.y < box.y || card.x + card.width > box.x + box.width + 0.5 || card.y + card.height > box.y + box.height) found.push(`${card.card.id} sticks out`);
    for (const region of placed.regions) if (region.region.name !== box.box.region && overlap(box, region)) found.push(`${box.box.id} in ${region.region.name}`);
  }
  for (const { edge, points } of placed.edges) {
    const path = points.slice(1).flatMap((to, i) => along(points[i]!, to));
    for (const box of placed.boxes.filter(({ box: { id } }) => id !== edge.from && id !== edge.to)) {
      if (path.some((at) => overlap({ ...at, width: 0, height: 0 }, { x: box.x + 1, y: box.y + 1, width: box.width - 2, height: box.height - 2 }))) found.push(`${edge.from} → ${edge.to} through ${box.box.id}`);
    }
  }
  return found;
}
function expectReadable(placed: Placed): void {
  expect(clashes(placed)).toEqual([]);
}

describe("diagram", () => {
  it("puts nothing on anything else, with 3 regions and 40 hosts and for any topology", { timeout: 60_000 }, () => {
    const three = ofText(THREE_REGIONS);
    expect(three.boxes.reduce((sum, box) => sum + box.cards.filter((card) => card.id.startsWith("host ")).length, 0)).toBe(40);
    const placed = layoutDiagram(shorten(three));
    expectReadable(placed);
    expect(placed.regions.map(({ region, y }) => ({ name: region.name, y })).sort((a, b) => a.y - b.y).map(({ name }) => name)).toEqual(["eu", "us", "ap"]);
    expectReadable(layoutDiagram(shorten(festival())));
    fc.assert(fc.property(topologyArb, (written) => expectReadable(layoutDiagram(shorten(ofText(toYaml(written)))))), { numRuns: 15 });
  });

  it("shows ports, capacities and what stands by", () => {
    const { boxes, edges } = festival();
    expect(boxes.find((box) => box.id === "mux-eu")?.lines).toEqual(["rtmps 1936 · srt 8890"]);
    expect(boxes.find((box) => box.id === "tx-eu")?.cards[0]?.usage).toMatch(/^(cpu|memory|link) \d+ % · /);
    expect(edges.filter((edge) => edge.standby).map(({ from, to }) => `${from} ${to}`)).toEqual(expect.arrayContaining(["tx-us dist-eu", "tx-eu dist-us"]));
    expect(edges.find((edge) => edge.from === "mux-eu" && edge.to === "tx-us")).toMatchObject({ standby: false, lines: ["RTMP 1935"] });
  });

  it("is an SVG of text with both colour schemes and words for those who do not see it", () => {
    const svg = diagramSvg(shorten(festival()));
    expect(svg).toMatch(/^<svg [^>]*aria-labelledby="diagram-title diagram-desc">\n<title id="diagram-title">festival: /);
    expect(svg).toContain("<desc id=\"diagram-desc\">1 stream · 8 hosts");
    expect(svg).toContain("@media (prefers-color-scheme:dark)");
    expect(svg).toContain(">tx-eu-2</text>");
    expect(svg).not.toMatch(/NaN|undefined|<script|href=/);
    expect(diagramSvg(shorten(festival()))).toBe(svg);
  });

  it("marks what an edit adds, removes and changes, and nothing else", () => {
    const edited = THREE_REGIONS.replace("us: 2 }", "us: 3 }").replace("eu: 6", "eu: { count: 5, size: c7g.4xlarge }").replace("  other:", "  encore:");
    const before = ofText(THREE_REGIONS), after = ofText(edited);
    const { boxes, edges } = compareDiagrams(before, after);
    const marks = Object.fromEntries(boxes.flatMap((box) => box.cards).filter((card) => card.mark !== "same" && !card.id.startsWith("publisher")).map((card) => [card.id, card.mark]));
    expect(marks).toMatchObject({ "host mux-us-c": "added", "host tx-eu-6": "removed", "host tx-eu-1": "changed" });
    expect(Object.keys(marks).some((id) => id.includes("dist-"))).toBe(false);
    expect(Object.fromEntries(boxes.map((box) => [box.id, box.mark]))).toMatchObject({ "stream encore": "added", "stream other": "removed", "dist-ap": "same", "mux-us": "changed" });
    expect(edges.filter((edge) => edge.mark === "removed").map((edge) => edge.from)).toContain("stream other");
    expectReadable(layoutDiagram(shorten(compareDiagrams(before, after))));
    const nothing = compareDiagrams(before, before);
    expect([...nothing.boxes, ...nothing.edges, ...nothing.boxes.flatMap((box) => box.cards)].every((part) => part.mark === "same")).toBe(true);
    expect(diagramSvg(shorten(nothing))).toContain("nothing changes");
  });

  it("is Mermaid whose every link has both ends", () => {
    const text = diagramMermaid(shorten(ofText(THREE_REGIONS)));
    const nodes = new Set([...text.matchAll(/^ +(n\d+)\["/gm)].map(([, id]) => id));
    const links = [...text.matchAll(/^ {2}(n\d+) (?:-->|-\.->)(?:\|"[^"]*"\|)? (n\d+)$/gm)];
    expect(links.length).toBe(shorten(ofText(THREE_REGIONS)).edges.length);
    for (const [, from, to] of links) expect([nodes.has(from), nodes.has(to)]).toEqual([true, true]);
    expect(text.match(/^ {2}subgraph/gm)).toHaveLength(3);
  });

  it("stays readable and quick with 1,000 hosts, and says what it leaves out", { timeout: 30_000 }, () => {
    const topology = largeTopology({ ...LARGE, streams: 1000, regions: 8 });
    const plan = planTopology(topology);
    const began = process.cpuUsage().user;
    const short = shorten(readDiagram(topology, plan));
    const svg = diagramSvg(short);
    // Processor time: other programs may have the machine.
    expect((process.cpuUsage().user - began) / 1000).toBeLessThan(2000);
    expect(svg.length).toBeLessThan(400_000);
    expect(short.notes.join()).toMatch(/are counted, not drawn/);
    for (const box of short.boxes) expect(textOf(box).length).toBeLessThan(8);
  });
});
