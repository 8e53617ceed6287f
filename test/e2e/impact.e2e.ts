/** At least one real edit of every impact class on a running stack: what happens to files, containers, publishers, encoders and viewers is what was predicted. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compare } from "../../infra/plan/impact/compare.ts";
import { type Impact, type ImpactClass, worst } from "../../infra/plan/impact/impact.ts";
import type { Side } from "../../infra/plan/impact/side.ts";
import { planTopology } from "../../infra/plan/plan.ts";
import { renderPlan } from "../../infra/render/render.ts";
import { loadTopology } from "../../infra/spec/load.ts";
import { localFacts } from "../../infra/targets/local/facts.ts";
import { openViewer, type Viewer } from "../../scripts/live/browser.ts";
import { HlsViewer } from "../../scripts/live/hls-viewer.ts";
import { publish, type Publisher } from "../../scripts/live/publish.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { onAir, streamStatus } from "./lib/status.ts";

interface Shape { viewers?: number; record?: boolean; tiny?: number; slate?: string; via?: string; preset?: string; event?: string }

const source = "source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }";
/** `main` is never edited; `side` is what changes. */
const topology = (s: Shape): string => `${s.event ?? ""}streams:
  main: { ${source}, encoder: { kind: x264, preset: ultrafast }, ladder: [180p], viewers: 40 }
  side: { ${source}, encoder: { kind: x264, preset: ${s.preset ?? "ultrafast"} }, ladder: [180p, { name: tiny, resolution: 160x90, bitrate: ${s.tiny ?? 80} kbps }], viewers: ${s.viewers ?? 60}, publishers: { studio: { via: ${s.via ?? "[rtmp, srt]"} } }, slate: { text: ${s.slate ?? "Back soon"} }${s.record ? ", record: true" : ""} }
`;

const STREAMS = ["main", "side"] as const;
type Stream = (typeof STREAMS)[number];
const HOSTS = ["mux-home-a", "tx-home-1", "dist-home-1"] as const;
const stack = new TestStack({ name: "e2e-impact", topology: topology({}) });
let outputs: Outputs;
const publishers = new Map<Stream, Publisher>();
let page: Viewer;
let watcher: HlsViewer;
const offAir = new Map<string, number>();
let relay: ReturnType<typeof spawn>;
let recordings = "recordings";

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  for (const stream of STREAMS) await start(stream);
  page = await openViewer({ url: outputs.streams.side?.watch ?? "", ca: outputs.ca ?? "" });
  await page.playing();
  watcher = new HlsViewer({ url: outputs.streams.main?.playlist ?? "", ca: outputs.ca ?? "" }).start();
  await watcher.playing();
  relay = watchRelay();
  await sleep(4000);
}, 300_000);

afterAll(async () => {
  relay?.kill();
  await watcher?.stop();
  await page?.close();
  for (const publisher of publishers.values()) await publisher.stop();
  await stack.destroy();
}, 120_000);

async function start(stream: Stream): Promise<void> {
  publishers.set(stream, await publish({ via: "rtmp", url: await stack.ingestUrl(stream, "studio", "rtmp"), width: 320, height: 180 }));
  await onAir(stack, stream, "studio");
}

/** Counts how often each stream has no input on the relay, so that its slate shows. */
function watchRelay(): ReturnType<typeof spawn> {
  const code = `const http=require("http"),on={};setInterval(()=>http.get("http://127.0.0.1:9997/v3/paths/list?itemsPerPage=100",(r)=>{let b="";r.on("data",(d)=>b+=d).on("end",()=>{try{for(const p of JSON.parse(b).items){if(!p.name.startsWith("air/"))continue;if(on[p.name]&&!p.online)console.log(p.name.slice(4));on[p.name]=p.online}}catch{}})}).on("error",()=>{}),60)`;
  const child = spawn("docker", ["exec", stack.container("tx-home-1"), "node", "-e", code]);
  child.stdout.on("data", (text: Buffer) => { for (const name of text.toString().trim().split("\n")) offAir.set(name, (offAir.get(name) ?? 0) + 1); });
  return child;
}

/** Hash of every live file and the container of each host. */
function hostsNow(): Map<string, { readonly id: string; readonly files: Map<string, string> }> {
  return new Map(HOSTS.map((host) => {
    const container = stack.container(host);
    const id = spawnSync("docker", ["inspect", "--format", "{{.Id}}", container], { encoding: "utf8" }).stdout.trim();
    const sums = spawnSync("docker", ["exec", container, "sh", "-c", "cd /run/headend/etc && find . -type f -exec sha256sum {} +"], { encoding: "utf8" }).stdout;
    return [host, { id, files: new Map(sums.trim().split("\n").map((line) => { const [sum = "", path = ""] = line.split(/ +\.\//); return [path, sum]; })) }];
  }));
}

const encoders = async (): Promise<Map<Stream, number>> => new Map(await Promise.all(STREAMS.map(async (stream) => [stream, Number(((await streamStatus(stack, stream)).ffmpeg as { restarts: number }).restarts)] as const)));
const stallsNow = async (): Promise<Record<Stream, number>> => ({ main: watcher.report().stalls, side: (await page.stats()).stalls });

function sideNow(): Side {
  const loaded = loadTopology(stack.topologyFile).topology;
  const plan = planTopology(loaded);
  const made = localFacts(plan, { image: "same", expose: "127.0.0.1", publicAddress: "127.0.0.1", portOffset: 0, recordings, certificate: "same" });
  return { topology: loaded, plan, bundles: renderPlan(plan), ...made };
}

interface Happened { readonly class: ImpactClass; readonly byStream: Record<Stream, ImpactClass>; readonly files: readonly string[]; readonly replaced: readonly string[]; readonly slate: readonly Stream[] }

/** Runs an edit and says what happened to whom. */
async function observe(apply: () => Promise<string>, watchMs: number): Promise<{ readonly said: string; readonly happened: Happened }> {
  const before = { hosts: hostsNow(), encoders: await encoders(), stalls: await stallsNow() };
  offAir.clear();
  const said = await apply();
  await sleep(watchMs);
  const after = { hosts: hostsNow(), encoders: await encoders(), stalls: await stallsNow() };
  const replaced = HOSTS.filter((host) => before.hosts.get(host)?.id !== after.hosts.get(host)?.id);
  const files = HOSTS.filter((host) => !replaced.includes(host)).flatMap((host) => {
    const a = before.hosts.get(host)?.files ?? new Map<string, string>(), b = after.hosts.get(host)?.files ?? new Map<string, string>();
    return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path)).map((path) => `${host} ${path}`);
  }).sort();
  const slate = STREAMS.filter((stream) => offAir.has(stream));
  const classOf = (stream: Stream): ImpactClass => (after.stalls[stream] > before.stalls[stream] ? "viewers-rebuffer"
    : publishers.get(stream)?.running === false ? "publishers-drop"
      : slate.includes(stream) || after.encoders.get(stream) !== before.encoders.get(stream) ? "stream-restarts" : "nothing");
  const byStream = { main: classOf("main"), side: classOf("side") };
  const happened: Happened = { class: replaced.length > 0 ? "host-replaced" : worst([...Object.values(byStream), ...(files.length > 0 ? ["hot-reload" as const] : [])]), byStream, files, replaced, slate };
  return { said, happened };
}

/** The same of a prediction. A hot reload is nothing to people, so streams are compared without it. */
function predicted(impact: Impact): Happened {
  const of = (stream: Stream): ImpactClass => impact.felt.find((f) => f.stream === stream)?.class ?? "nothing";
  const replaced = impact.changes.filter((c) => c.kind === "host" && c.class === "host-replaced").map((c) => c.name);
  return {
    class: impact.class, byStream: { main: of("main"), side: of("side") }, replaced,
    files: impact.changes.filter((c) => c.kind === "file" && !replaced.includes(c.host ?? "")).map((c) => `${c.host} ${c.name}`).sort(),
    slate: STREAMS.filter((stream) => impact.felt.some((f) => f.stream === stream && (f.publishers.length > 0 || f.sentence.includes("slate")))),
  };
}

let shape: Shape = {};
const EDITS: readonly (readonly [string, ImpactClass, Shape, number])[] = [
  ["more viewers are expected", "nothing", { viewers: 50 }, 3000],
  ["recording is switched on", "hot-reload", { record: true }, 4000],
  ["one of two rungs changes", "stream-restarts", { tiny: 90 }, 9000],
  ["the slate changes", "stream-restarts", { slate: "Later" }, 9000],
  ["SRT is taken from the publisher", "publishers-drop", { via: "[rtmp]" }, 8000],
  ["every rung changes", "viewers-rebuffer", { preset: "superfast" }, 20_000],
];

test.each(EDITS)("%s: %s", async (_, cls, edit, watchMs) => {
  const before = sideNow();
  shape = { ...shape, ...edit };
  stack.write(topology(shape));
  const impact = compare(before, sideNow());
  expect(impact.class).toBe(cls);
  // Who publishes now is cut off only where exactly that was accepted.
  const { said, happened } = await observe(() => (cls === "publishers-drop" ? stack.upCutting() : stack.up()), watchMs);
  expect(said, "plain pulumi says the same").toContain(`felt by   ${impact.sentence}`);
  expect(happened).toEqual(predicted(impact));
  await reconnect(impact);
}, 240_000);

/** Publishers that were dropped come back as fast as was said, give or take a loaded machine. */
async function reconnect(impact: Impact): Promise<void> {
  for (const stream of STREAMS) {
    if (publishers.get(stream)?.running !== false) continue;
    const seconds = impact.felt.find((f) => f.stream === stream)?.seconds ?? 0;
    const began = performance.now();
    await start(stream);
    expect((performance.now() - began) / 1000, `${stream} back on air`).toBeLessThan(seconds + 6);
  }
}

test("the recordings' folder moves: host-replaced", async () => {
  const before = sideNow();
  recordings = "elsewhere";
  await stack.pulumi(["config", "set", "headend:recordings", join(stack.dir, recordings)]);
  const impact = compare(before, sideNow());
  expect(impact.class).toBe("host-replaced");
  const { said, happened } = await observe(() => stack.upCutting(), 9000);
  expect(said).toContain(`felt by   ${impact.sentence}`);
  expect(happened).toEqual(predicted(impact));
  await reconnect(impact);
}, 240_000);

test("during the event only a hot reload passes, unless exactly that impact is accepted", async () => {
  const iso = (hours: number): string => `${new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19)}Z`;
  shape = { ...shape, record: !shape.record, event: `event: { doors: ${iso(-2)}, start: ${iso(-1)}, end: ${iso(2)} }\n` };
  stack.write(topology(shape));
  expect(await stack.up(), "a hot reload passes").toContain("frozen until");
  const before = { hosts: hostsNow(), side: sideNow() };
  shape = { ...shape, tiny: 100 };
  stack.write(topology(shape));
  const { id } = compare(before.side, sideNow());
  const preview = await stack.pulumi(["preview"]);
  await stack.pulumi(["config", "set", "headend:duringEvent", "viewers-rebuffer/00000000"]);
  const up = await stack.tryUp();
  for (const refused of [preview, up]) {
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toContain("side: its encoder starts again; viewers keep playing");
    expect(refused.stdout).toContain(`headend:duringEvent ${id}`);
  }
  expect(up.stdout).toContain("headend:duringEvent accepts viewers-rebuffer/00000000, which is another impact");
  expect(hostsNow(), "nothing was touched").toEqual(before.hosts);
  await stack.pulumi(["config", "set", "headend:duringEvent", id]);
  await stack.up();
  await waitFor(async () => (await page.stats()).state === "playing", { what: "the player still plays", timeoutMs: 30_000 });
}, 300_000);

