/** Every kind of edit on a running stack, with a publisher and viewers that must not notice. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../../scripts/live/docker.ts";
import { HlsViewer } from "../../scripts/live/hls-viewer.ts";
import { publish, type Publisher } from "../../scripts/live/publish.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { RELAY_API_PORT } from "../../infra/render/paths.ts";
import { ask, onAir, streamStatus } from "./lib/status.ts";
import { sleep } from "../../scripts/live/wait.ts";

interface Shape { ladder?: string; record?: string; restream?: string; publishers?: string; extra?: string; hosts?: string }

const head = "source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }, encoder: { kind: x264, preset: ultrafast }";
/** `main` is watched and never edited; `side` is what changes. */
const topology = (s: Shape = {}): string => `streams:
  main: { ${head}, ladder: [180p] }
  side: { ${head}, ladder: [${s.ladder ?? "180p"}], publishers: { ${s.publishers ?? "studio: {}"} }${s.record ? `, record: { keep: ${s.record} }` : ""}${s.restream ? `, restream: { ${s.restream} }` : ""} }
${s.extra ? `  ${s.extra}: { ${head}, ladder: [180p] }\n` : ""}${s.hosts ?? ""}`;

const stack = new TestStack({ name: "e2e-edits", topology: topology() });
let outputs: Outputs;
let publisher: Publisher;
let containers: string;
const ids = (): string => spawnSync("docker", ["ps", "-q", "--no-trunc", "--filter", "label=headend.stack=e2e-edits"], { encoding: "utf8" }).stdout.split("\n").sort().join();

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  publisher = await publish({ via: "srt", url: await stack.ingestUrl("main", "studio", "srt"), width: 320, height: 180 });
  await onAir(stack, "main", "studio");
  containers = ids();
}, 300_000);
afterAll(async () => {
  await publisher.stop();
  await stack.destroy();
}, 120_000);

const two = (role: string): string => `${role}: { home: ${role === "distributors" ? "{ min: 2, max: 2 }" : 2} }\n`;
const EDITS: readonly (readonly [string, Shape, RegExp])[] = [
  ["a stream added", { extra: "late" }, /late\/studio/],
  ["a stream removed", {}, /late\/studio/],
  ["a rung added", { ladder: "180p, { name: tiny, resolution: 160x90, bitrate: 80 kbps }" }, /name:tiny-/],
  ["a rung removed", {}, /name:tiny-/],
  ["a publisher added", { publishers: "studio: {}, guest: { backup: true }" }, /side\/guest/],
  ["a publisher's key rotated", { publishers: "studio: { keyRotation: 2 }" }, /sha256/],
  ["recording switched on", { record: "2 d" }, /recordDeleteAfter/],
  ["retention changed", { record: "3 d" }, /recordDeleteAfter/],
  ["a restream destination added", { restream: 'peer: { url: "rtmp://127.0.0.1:9/live" }' }, /rtmp:\/\/127\.0\.0\.1:9/],
  ["a restream destination removed", {}, /rtmp:\/\/127\.0\.0\.1:9/],
  ["a transcoder added", { hosts: two("transcoders") }, /tx-home-2/],
  ["a distributor added", { hosts: two("transcoders") + two("distributors") }, /dist-home-2/],
  ["a distributor removed", { hosts: two("transcoders") }, /dist-home-2/],
  ["a transcoder removed", {}, /tx-home-2/],
];

test.each(EDITS)("%s: the preview shows it, nobody on the other stream notices", async (_, shape, shown) => {
  const before = await carrier();
  const air = await onAirNow(before);
  stack.write(topology(shape));
  expect(await stack.previewText()).toMatch(shown);
  const viewers = [0, 1].map(() => new HlsViewer({ url: outputs.streams.main?.playlist ?? "", ca: outputs.ca ?? "" }).start());
  for (const viewer of viewers) await viewer.playing();
  await stack.up();
  await sleep(4000);
  const reports = await Promise.all(viewers.map((v) => v.stop()));
  for (const report of reports) {
    expect(report.stalls, report.log.join("\n")).toBe(0);
    expect([report.lostSegments, report.missedSegments, report.discontinuities], report.log.join("\n")).toEqual([0, 0, 0]);
  }
  expect(publisher.running).toBe(true);
  // A transcoder that is added may take the stream over (its share); otherwise the input was never let go: no slate, not for a frame.
  if (before === await carrier()) expect(await onAirNow(before)).toEqual(air);
  for (const id of containers.split(",").filter(Boolean)) expect(ids(), "a running host was replaced").toContain(id);
  expect(await stack.previewSteps()).toEqual([]);
}, 120_000);

/** The input of `main`, since when without a break, and the agent's switches so far. */
async function onAirNow(host: string): Promise<object> {
  const paths = JSON.parse(await ask(stack, host, `http://127.0.0.1:${RELAY_API_PORT}/v3/paths/get/air/main`)) as { onlineTime: string | null };
  const { active, switches } = await streamStatus(stack, "main", host);
  expect(active).toContain("/studio/");
  expect(paths.onlineTime).not.toBeNull();
  return { active, switches, since: paths.onlineTime };
}

/** Transcoder that carries `main` now. */
async function carrier(): Promise<string> {
  for (const host of ["tx-home-1", "tx-home-2"]) if (await streamStatus(stack, "main", host).then(() => true, () => false)) return host;
  throw new Error("nobody carries main");
}

test("an interrupted `up` can be run again and finishes", async () => {
  stack.write(topology({ extra: "late", hosts: two("transcoders") + two("distributors") }));
  const child = stack.start(["up", "--yes", "--skip-preview"]);
  await sleep(3500);
  child.kill("SIGINT");
  await new Promise((done) => child.on("close", done));
  await stack.pulumi(["cancel", "--yes"]);
  await stack.up();
  expect(await stack.previewSteps()).toEqual([]);
  expect(publisher.running).toBe(true);
}, 180_000);

test("a hardware encoder that does not work here is found before anything is touched", async () => {
  const before = ids();
  stack.write(topology().replace("kind: x264, preset: ultrafast", "kind: nvenc"));
  const failed = await stack.tryUp();
  expect(failed.code).not.toBe(0);
  expect(failed.stdout).toContain("nvenc does not work on this machine, so nothing was changed");
  expect(ids()).toBe(before);
  stack.write(topology());
}, 60_000);

test("a failed `up` leaves the old files in force, says why, and the next one finishes", async () => {
  const mux = stack.container("mux-home-a");
  const config = async (): Promise<string> => docker(["exec", mux, "cat", "/run/headend/etc/mediamtx/mediamtx.yml"]);
  const before = await config();
  // MediaMTX refuses this destination, which the schema cannot know.
  stack.write(topology({ restream: 'bad: { url: "rtmp://" }' }));
  const failed = await stack.tryUp();
  expect(failed.code).not.toBe(0);
  expect(await config()).toBe(before);
  stack.write(topology());
  await stack.up();
  expect(publisher.running).toBe(true);
}, 180_000);
