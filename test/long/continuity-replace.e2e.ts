/** Every host of a running stack is replaced, one at a time, while somebody watches; also when the apply is interrupted. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openViewer, type Viewer } from "../../scripts/live/browser.ts";
import { docker } from "../../scripts/live/docker.ts";
import { publish, type Publisher } from "../../scripts/live/publish.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";
import { feel, told } from "../e2e/lib/faults.ts";
import { type Outputs, TestStack } from "../e2e/lib/stack.ts";
import { onAir } from "../e2e/lib/status.ts";

const stack = new TestStack({
  name: "e2e-replace",
  topology: `streams:
  main: { source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }, ladder: [180p], encoder: { kind: x264, preset: ultrafast }, redundancy: 2 }
transcoders: 2
distributors: 2
`,
});
let outputs: Outputs, viewer: Viewer, publisher: Publisher;

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp"), width: 320, height: 180 });
  await onAir(stack, "main", "studio");
  viewer = await openViewer({ url: outputs.streams["main"]?.watch ?? "", ca: outputs.ca ?? "" });
  await viewer.playing(60_000);
  await sleep(6000);
}, 300_000);
afterAll(async () => {
  await viewer?.close();
  await publisher?.stop();
  await stack.destroy();
}, 120_000);

const ids = async (): Promise<Map<string, string>> => new Map((await docker(["ps", "--no-trunc", "--filter", "label=headend.stack=e2e-replace", "--format", "{{.Names}} {{.ID}}"])).trim().split("\n").map((l) => l.split(" ") as [string, string]));

test("interrupted in the middle, the next apply goes on; the viewer notices neither", async () => {
  const before = await ids(), began = Date.now();
  const seconds = (): number => Math.round((Date.now() - began) / 1000);
  const felt = await feel(viewer, 6, async () => {
    // Another address to publish ports on: every container must be made anew.
    await stack.pulumi(["config", "set", "headend:expose", "0.0.0.0"]);
    await stack.acceptCut();
    const first = stack.start(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
    const ended = new Promise((done) => first.on("close", done));
    await waitFor(async () => { const now = await ids(); return [...now].some(([name, id]) => before.get(name) !== id); }, { what: "the first replaced container", timeoutMs: 120_000, everyMs: 300 });
    // As Ctrl-C does: Pulumi ends what it is at and starts nothing more.
    first.kill("SIGINT");
    await ended;
    console.log(`interrupted after ${seconds()} s`);
    const between = await ids();
    expect([...before].some(([name, id]) => between.get(name) === id), "something is left to do").toBe(true);
    await stack.up();
    console.log(`done after ${seconds()} s`);
  });
  console.log(told("all hosts replaced", felt));
  expect({ stalls: felt.stalls, restarts: felt.restarts }).toEqual({ stalls: 0, restarts: 0 });
  const after = await ids();
  expect([...before.keys()].sort()).toEqual([...after.keys()].sort());
  for (const [name, id] of before) expect(after.get(name), name).not.toBe(id);
  expect(await stack.previewSteps()).toEqual([]);
}, 480_000);
