import { renderPlan } from "../../render/render.ts";
import { parseTopology } from "../../spec/load.ts";
import { planTopology } from "../plan.ts";
import { compare } from "./compare.ts";
import { CLASS_WORDS, type Effect, type Impact, IMPACT_CLASSES, isWorse } from "./impact.ts";
import type { HostFacts, Side } from "./side.ts";

/** What each class means to people. */
const MEANING: Readonly<Record<(typeof IMPACT_CLASSES)[number], string>> = {
  "nothing": "no running program takes notice, or only something new comes that nobody uses yet",
  "hot-reload": "programs read their files again; every connection and every picture goes on",
  "stream-restarts": "a stream's encoder or one of its links starts again; publishers stay, players play on, the slate may show for a moment",
  "publishers-drop": "publishers lose their connection; viewers see the slate or another publisher meanwhile",
  "viewers-rebuffer": "players run dry, or have to open the stream again",
  "host-replaced": "a container or machine is made anew, with everything that was connected to it",
};

const BASE = `streams:
  main: { viewers: 100 }
  side: { viewers: 5500, publishers: { studio: {}, guest: { backup: true } }, restream: { youtube: { url: "rtmp://a.example/live" } } }
`;

/** Edit in words, the file before where it is not the sample, and the file after. */
const SAMPLES: readonly (readonly [string, (file: string) => string, string?])[] = [
  ["more `viewers` expected", (f) => f.replace("100", "200")],
  ["`record` switched on, or `keep` changed", (f) => f.replace("main: { ", "main: { record: true, ")],
  ["`restream` destination added after the others (by name)", (f) => f.replace("restream: { ", 'restream: { zattoo: { url: "rtmp://z.example/live" }, ')],
  ["`restream` destination added before another (by name)", (f) => f.replace("restream: { ", 'restream: { afreeca: { url: "rtmp://k.example/live" }, ')],
  ["`from` of a publisher", (f) => f.replace("studio: {}", "studio: { from: 203.0.113.0/24 }")],
  ["publisher added", (f) => f.replace("guest:", "booth: {}, guest:")],
  ["publisher removed", (f) => f.replace(", guest: { backup: true }", "")],
  ["`keyRotation` of a publisher that may use SRT", (f) => f.replace("studio: {}", "studio: { keyRotation: 2 }")],
  ["`keyRotation` of a publisher that may not", (f) => f.replace("via: [rtmps]", "via: [rtmps], keyRotation: 2"), BASE.replace("studio: {}", "studio: { via: [rtmps] }")],
  ["SRT added to or taken from `via`", (f) => f.replace("studio: {}", "studio: { via: [rtmps] }")],
  ["`slate`", (f) => f.replace("main: { ", "main: { slate: Soon, ")],
  ["rung added or removed, another stays", (f) => f.replace("main: { ", "main: { ladder: [source, 480p], ")],
  ["every rung changed: `encoder`, `segment`, `source.fps`", (f) => f.replace("main: { ", "main: { segment: 4 s, ")],
  ["`audio`", (f) => f.replace("main: { ", "main: { audio: { bitrate: 64 kbps }, ")],
  ["`latency`", (f) => f.replace("main: { ", "main: { latency: low, ladder: [source], ")],
  ["`dash` switched on", (f) => f.replace("main: { ", "main: { dash: true, ")],
  ["`access.origins` made stricter", (f) => f.replace("main: { ", 'main: { access: { origins: ["https://a.example"] }, ')],
  ["stream added", (f) => `${f}  late:\n`],
  ["stream removed", (f) => f.replace(/ {2}side.*\n/, "")],
  ["transcoder added", (f) => `${f}transcoders: 2\n`],
  ["multiplexer added", (f) => `${f}multiplexers: 2\n`],
  ["distributor added", (f) => `${f}distributors: 2\n`],
  ["distributor removed", (f) => f.replace("distributors: 2\n", ""), `${BASE}distributors: 2\n`],
];

/** docs/impact.md: every sample is compared as `headend diff` would. */
export function impactDocument(): string {
  const rows = SAMPLES.map(([words, edit, before = BASE]) => [words, compare(side(before), side(edit(before)))] as const);
  const facts = (image: string): HostFacts => ({ "mux-home-a": { image }, "tx-home-1": { image }, "dist-home-1": { image } });
  rows.push(["new host image, `headend:expose`, `headend:portOffset`, `headend:recordings`", compare(side(BASE, facts("old")), side(BASE, facts("new")))]);
  rows.sort((a, b) => IMPACT_CLASSES.indexOf(a[1].class) - IMPACT_CLASSES.indexOf(b[1].class));
  return [
    "# What an edit does to people", "",
    "<!-- Made from infra/plan/impact by `npx tsx scripts/docs/impact.ts`; do not edit. -->", "",
    "`headend diff OLD NEW`, `headend preview`, `headend up` and plain `pulumi preview` say it before anything happens. The class of a change is what",
    "really happens on the hosts; a test makes at least one edit of every class on a running stack with publishers and players and compares.", "",
    "| class | means |", "|---|---|",
    ...IMPACT_CLASSES.map((c) => `| ${CLASS_WORDS[c]} (\`${c}\`) | ${MEANING[c]} |`), "",
    "A change is as bad as its worst effect, and an edit as its worst change. The sample below has two streams on one multiplexer, transcoder and",
    "distributor; more hosts make most edits milder.", "",
    "| edit | class | felt by | why |", "|---|---|---|---|",
    ...rows.map(([words, impact]) => `| ${words} | ${CLASS_WORDS[impact.class]} | ${impact.sentence.replaceAll(" · ", "<br>")} | ${why(impact)} |`), "",
    "## During the event", "",
    "Between `doors` and `end` an apply that is worse than a hot reload is refused, by `pulumi preview` and by `pulumi up`, before any resource is",
    "touched. The refusal names what it would do and the impact's id, such as `publishers-drop/3f9a1c20`. To accept exactly that impact:", "",
    "```", "pulumi config set headend:duringEvent publishers-drop/3f9a1c20 --stack live", "npx headend up --stack live --during-event publishers-drop/3f9a1c20", "```", "",
    "Any other impact stays refused, also a milder one; hot reloads always pass. The id depends on who feels it and how and on what runs, not on how",
    "the edit is written: once applied, it lets nothing through any more. Both the dates that run and those in the new file count, so moving the event in the file does not lift the freeze. Dates have an offset",
    "or a zone (`event.timeZone`), and nights in which the clocks change are as long as they really are. `pulumi destroy` is not held back.", "",
    "## While somebody publishes", "",
    "At any time, event or not, an `up` that would cut off a publisher who is publishing right now is refused in the same way, before any resource is",
    "touched, naming who publishes what at which multiplexer; a preview says that it will be. On this machine multiplexers are asked; hosts on AWS",
    "are not, there only the event's dates hold an apply back.", "",
    "## What it is compared with", "",
    "The stack's output `deployed` keeps the topology as deployed, what hosts are made of, and hashes of their files; no secret is in it, and it is",
    "only marked as one so that terminals do not fill up with it. It is written when every host runs its configuration: after an `up` that failed,",
    "the next one is compared with the last that finished. Where headend itself has changed since, changed files count as the worst they can do.", "",
  ].join("\n");
}

/** The reasons of the worst effects. */
function why(impact: Impact): string {
  const effects: readonly Effect[] = impact.changes.flatMap((c) => c.effects);
  const felt = effects.filter((e) => e.class === impact.class || isWorse(e.class, "hot-reload"));
  return [...new Set((impact.class === "nothing" ? effects : felt).map((e) => e.reason))].slice(0, 2).join("; ").replaceAll("|", "\\|") || "no file of any host changes";
}

function side(body: string, facts: HostFacts = {}): Side {
  const { topology } = parseTopology(`headend: 1\nname: sample\n${body}`, "sample.yaml");
  const plan = planTopology(topology);
  return { topology, plan, bundles: renderPlan(plan), facts, secrets: {} };
}
