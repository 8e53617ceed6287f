/** The whole way: an encoder publishes by SRT, a person watches the player page through the distributor's TLS. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BrowserReport, type Viewer, openViewer } from "../../scripts/live/browser.ts";
import { type Publisher, publish } from "../../scripts/live/publish.ts";
import { type Outputs, TestStack } from "../e2e/lib/stack.ts";
import { onAir } from "../e2e/lib/status.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";

const stack = new TestStack({
  name: "e2e-page",
  topology: `streams:
  main:
    source: { resolution: 480x270, fps: 25, bitrate: 500 kbps }
    ladder: [source, { name: small, resolution: 240x136, bitrate: 120 kbps }]
    encoder: { kind: x264, preset: ultrafast }
`,
});
let outputs: Outputs, publisher: Publisher | null = null, viewer: Viewer | null = null;

/** The publisher's picture is red, so that it is told from the slate, which is dark blue. */
const begin = async (): Promise<void> => {
  publisher = await publish({ via: "srt", url: await stack.ingestUrl("main", "studio", "srt"), width: 480, height: 270, fps: 25, picture: "red" });
  await onAir(stack, "main", "studio");
};

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  await begin();
}, 300_000);
afterAll(async () => {
  await viewer?.close();
  await publisher?.kill();
  await stack.destroy();
}, 120_000);

/**
 * With `quic` Chromium comes by HTTP/3 at once: it would prefer an HTTP/2 connection that it already has to what Alt-Svc tells. It
 * tries one address of a name only, and localhost has two.
 */
const open = async (quic: boolean): Promise<Viewer> => {
  await viewer?.close();
  const { host } = new URL(outputs.viewer);
  const force = quic ? { quic, hosts: { localhost: "127.0.0.1" }, flags: [`--origin-to-force-quic-on=${host}`] } : {};
  return (viewer = await openViewer({ url: outputs.streams.main?.watch ?? "", ca: outputs.ca ?? "", ...force }));
};
/** hls.js 1.7.0 reports this of every other segment that it appended well (the ranges grow); it acts only on three in a row of one segment. */
const errorsOf = (r: BrowserReport): unknown[] => r.stats.errors.filter((e) => e.details !== "bufferAppendNoProgress");

/** Mean colour of the picture that the page shows now. */
async function colour(v: Viewer): Promise<"red" | "slate" | string> {
  const [r, g, b] = await v.page.evaluate(`(() => {
    const c = Object.assign(document.createElement("canvas"), { width: 16, height: 9 }), x = c.getContext("2d");
    x.drawImage(document.getElementById("video"), 0, 0, 16, 9);
    const p = x.getImageData(0, 0, 16, 9).data, sum = [0, 0, 0];
    for (let i = 0; i < p.length; i++) if (i % 4 < 3) sum[i % 4] += p[i] / 144;
    return sum;
  })()`) as [number, number, number];
  return r > 120 && r > 2 * b ? "red" : r < 80 && b >= r ? "slate" : `rgb ${Math.round(r)} ${Math.round(g)} ${Math.round(b)}`;
}
const shows = (v: Viewer, wanted: string): Promise<unknown> =>
  waitFor(async () => { const now = await colour(v); if (now !== wanted) throw new Error(`it shows ${now}`); return true; }, { what: `the picture to be ${wanted}`, timeoutMs: 40_000, everyMs: 250 });
const picture = async (v: Viewer, name: string): Promise<void> => {
  const dir = process.env["HEADEND_TEST_PICTURES"];
  if (dir) await v.screenshot(`${dir}/${name}.png`);
};

test("plays without a stall, close to live, and switches rungs down and up by hand", async () => {
  const v = await open(false);
  await v.playing();
  const report = await v.watch(15);
  await picture(v, "studio-playing");
  expect(v.trust).not.toBe("none");
  expect(report.pageErrors).toEqual([]);
  expect(report.failedRequests).toEqual([]);
  expect(report.stats).toMatchObject({ engine: "hls", state: "playing", stalls: 0, restarts: 0 });
  expect(errorsOf(report)).toEqual([]);
  expect(report.stats.latency).toBeGreaterThan(2);
  expect(report.stats.latency).toBeLessThan(15);
  expect(report.samples.at(-1)!.currentTime - report.samples[0]!.currentTime).toBeGreaterThan(14);
  expect(Object.keys(report.protocols)).toEqual(["h2"]);
  expect(await colour(v)).toBe("red");
  for (const height of [136, 270]) {
    const level = report.stats.levels.find((l) => l.height === height);
    await v.page.selectOption("#quality", String(level?.index));
    await waitFor(async () => (await v.stats()).height === height, { what: `the ${height}p picture`, timeoutMs: 20_000 });
  }
  expect(await v.stats()).toMatchObject({ stalls: 0, autoLevel: false, width: 480 });
}, 120_000);

test("comes by HTTP/3; a killed publisher turns into the slate and back, without a stall", async () => {
  const v = await open(true);
  await v.playing();
  await v.watch(4);
  await publisher?.kill();
  await shows(v, "slate");
  await picture(v, "studio-slate");
  await onAir(stack, "main", null);
  await sleep(2000);
  await begin();
  await shows(v, "red");
  const report = await v.watch(3);
  await picture(v, "studio-back");
  expect(report.stats).toMatchObject({ stalls: 0, restarts: 0, state: "playing" });
  expect(report.pageErrors).toEqual([]);
  expect(report.failedRequests).toEqual([]);
  expect(errorsOf(report)).toEqual([]);
  expect(Object.keys(report.protocols)).toEqual(["h3"]);
  // Over HTTP/2 the header names the port people use; over HTTP/3 nginx does not know it, and nothing is better than a wrong one.
  const told = await v.page.evaluate(`fetch("/streams.json", { cache: "no-store" }).then((r) => r.headers.get("alt-svc"))`);
  expect([null, `h3=":${new URL(outputs.viewer).port}"; ma=86400`]).toContain(told);
}, 150_000);
