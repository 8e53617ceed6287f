import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { loadTopology, parseTopology } from "../../../infra/spec/load.ts";
import type { Topology } from "../../../infra/spec/topology.ts";
import { LARGE, largeTopology } from "../../../scripts/bench/plan/topology.ts";
import { compareDiagrams } from "../../../scripts/cli/diagram/compare.ts";
import { layoutDiagram, type Placed, type Rect } from "../../../scripts/cli/diagram/layout.ts";
import { diagramMermaid } from "../../../scripts/cli/diagram/mermaid.ts";
import { textOf, type Diagram } from "../../../scripts/cli/diagram/model.ts";
import { readDiagram } from "../../../scripts/cli/diagram/read.ts";
import { shorten } from "../../../scripts/cli/diagram/shorten.ts";
import { diagramSvg } from "../../../scripts/cli/diagram/svg.ts";
import { toYaml, topologyArb } from "../spec/arbitrary.ts";

const diagramOf = (topology: Topology): Diagram => readDiagram(topology, planTopology(topology));
const ofText = (text: string): Diagram => diagramOf(parseTopology(text, "test.yaml").topology);
const festival = (): Diagram => diagramOf(loadTopology("stacks/festival.yaml").topology);

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

/** Boxes, their regions and the words on links: nothing lies on anything else. */
function expectReadable(placed: Placed): void {
  const clear = (rects: readonly Rect[], what: string): void => rects.forEach((a, i) => rects.slice(i + 1).forEach((b) => expect(overlap(a, b), `${what} ${JSON.stringify([a, b]).slice(0, 300)}`).toBe(false)));
  const labels = placed.edges.flatMap(({ label }) => (label === null ? [] : [label]));
  clear(placed.boxes, "boxes");
  clear(placed.regions, "regions");
  clear(labels, "labels");
  for (const label of labels) for (const box of placed.boxes) expect(overlap(label, box), `label on ${box.box.id}`).toBe(false);
  for (const box of placed.boxes) {
    clear(box.cards, "cards");
    for (const card of box.cards) expect(card.x >= box.x && card.y >= box.y && card.x + card.width <= box.x + box.width + 0.5 && card.y + card.height <= box.y + box.height, card.card.id).toBe(true);
    for (const region of placed.regions) if (region.region.name !== box.box.region) expect(overlap(box, region), `${box.box.id} in ${region.region.name}`).toBe(false);
  }
  // Links run level where boxes stand, so that they pass between them.
  for (const { edge, points } of placed.edges) {
    for (const box of placed.boxes) {
      if (box.box.id === edge.from || box.box.id === edge.to) continue;
      points.slice(1).forEach((to, i) => {
        const from = points[i]!;
        const level = { x: from.x, y: Math.min(from.y, to.y), width: to.x - from.x, height: Math.max(1, Math.abs(to.y - from.y)) };
        if (from.y === to.y) expect(overlap(level, box), `${edge.from} → ${edge.to} through ${box.box.id}`).toBe(false);
      });
    }
  }
}

describe("diagram", () => {
  it("puts nothing on anything else, with 3 regions and 40 hosts and for any topology", { timeout: 60_000 }, () => {
    const three = ofText(THREE_REGIONS);
    expect(three.boxes.reduce((sum, box) => sum + box.cards.filter((card) => card.id.startsWith("host ")).length, 0)).toBe(40);
    expectReadable(layoutDiagram(shorten(three)));
    expectReadable(layoutDiagram(shorten(festival())));
    fc.assert(fc.property(topologyArb, (written) => expectReadable(layoutDiagram(shorten(ofText(toYaml(written)))))), { numRuns: 40 });
  });

  it("shows ports, capacities and what stands by", () => {
    const { boxes, edges } = festival();
    expect(boxes.find((box) => box.id === "mux-eu")?.lines).toEqual(["rtmps 1936 · srt 8890"]);
    expect(boxes.find((box) => box.id === "tx-eu")?.cards[0]?.usage).toMatch(/^(cpu|memory|link) \d+ % · /);
    expect(edges.filter((edge) => edge.standby).map(({ from, to }) => `${from} ${to}`)).toEqual(expect.arrayContaining(["tx-us dist-eu", "tx-eu dist-us"]));
    expect(edges.find((edge) => edge.from === "mux-eu" && edge.to === "tx-us")).toMatchObject({ standby: false, lines: ["RTSP 8554"] });
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
