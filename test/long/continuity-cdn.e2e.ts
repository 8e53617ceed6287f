/** A CDN in front of two distributors, rehearsed on this machine: it dies, they die, weights divide the viewers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openViewer, type Viewer } from "../../scripts/live/browser.ts";
import { docker, run } from "../../scripts/live/docker.ts";
import { httpRequest } from "../../scripts/live/http.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";
import { feel, type Felt, pause, PROGRAM, signal, told } from "../e2e/lib/faults.ts";
import { type Outputs, TestStack } from "../e2e/lib/stack.ts";

const stack = new TestStack({
  name: "e2e-cdn",
  topology: `streams:
  main: { source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }, ladder: [180p], encoder: { kind: x264, preset: ultrafast } }
distributors: 2
cdn: cloudfront
`,
});
let outputs: Outputs, viewer: Viewer;
const ca = (): string => outputs.ca ?? "";
const port = (host: string): number => outputs.hosts[host]?.ports.https ?? 0;

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  viewer = await openViewer({ url: outputs.streams["main"]?.watch ?? "", ca: ca() });
  await viewer.playing(60_000);
  await sleep(6000);
}, 300_000);
afterAll(async () => {
  await viewer?.close();
  await stack.destroy();
}, 120_000);

const smooth = (what: string, felt: Felt): void => { console.log(told(what, felt)); expect.soft({ stalls: felt.stalls, restarts: felt.restarts }, what).toEqual({ stalls: 0, restarts: 0 }); };
async function loadedFrom(): Promise<Set<number>> {
  await viewer.page.evaluate("performance.clearResourceTimings()");
  await sleep(4500);
  const urls = await viewer.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)") as string[];
  return new Set(urls.filter((u) => /\.(m4s|m3u8)$/.test(u)).map((u) => Number(new URL(u).port)));
}

test("viewers come by the CDN, which keeps segments and asks for playlists again", async () => {
  expect(outputs.viewer).toBe(`https://localhost:${port("cdn")}`);
  expect(await loadedFrom()).toEqual(new Set([port("cdn")]));
  const get = (path: string) => httpRequest(`${outputs.viewer}/live/main/${path}`, { ca: ca() });
  const text = (await get("index.m3u8")).body.toString();
  expect(text).toMatch(/CONTENT-STEERING:SERVER-URI="steering.json\?home=cdn&v=[0-9a-f]{32}",PATHWAY-ID="cdn"/);
  const dir = /^(180p-\w+)\/index.m3u8$/m.exec(text)?.[1] ?? "";
  const segment = /^\d+\.m4s$/m.exec((await get(`${dir}/index.m3u8`)).body.toString())?.[0] ?? "";
  await get(`${dir}/${segment}`);
  expect((await get(`${dir}/${segment}`)).headers["x-cache"]).toBe("HIT from the local CDN");
  expect((await get("../nobody/index.m3u8")).status).toBe(404);
  expect((await get("../nobody/index.m3u8")).headers["x-cache"]).toBe("MISS from the local CDN");
});

test("one of its origins stands still", async () => {
  let undo = async (): Promise<void> => undefined;
  smooth("origin frozen", await feel(viewer, 10, async () => { undo = await pause(stack.container("dist-home-1")); }));
  await undo();
});

test("a stream that is late takes no distributor for dead", async () => {
  const status = async (path: string): Promise<number> => (await httpRequest(`https://localhost:${port("cdn")}${path}`, { ca: ca() })).status;
  const tx = stack.container("tx-home-1"), healths = new Set<number>(), pages = new Set<number>();
  const felt = await feel(viewer, 8, async () => {
    expect(await signal(tx, "STOP", PROGRAM.ffmpeg)).toBeGreaterThan(0);
    try {
      // Both distributors answer 503, as CloudFront's origins may; what they have is fetched from them all the same.
      for (const end = Date.now() + 5000; Date.now() < end; await sleep(200)) { healths.add(await status("/healthz")); pages.add(await status("/watch/main")); }
    } finally { await signal(tx, "CONT", PROGRAM.ffmpeg); }
  });
  console.log(told("encoder frozen for 5 s", felt));
  expect(healths).toContain(503);
  expect(pages).toEqual(new Set([200]));
  await waitFor(async () => (await status("/healthz")) === 200, { what: "the stream to be fresh again", timeoutMs: 30_000 });
});

test("the CDN stands still: viewers go to the distributors, and back to it", async () => {
  let undo = async (): Promise<void> => undefined;
  smooth("CDN frozen", await feel(viewer, 10, async () => { undo = await pause(stack.container("cdn")); }));
  const now = await loadedFrom();
  expect([...now].every((p) => p === port("dist-home-1") || p === port("dist-home-2")), [...now].join()).toBe(true);
  await undo();
  await waitFor(async () => (await loadedFrom()).has(port("cdn")), { what: "the viewer back at the CDN", timeoutMs: 30_000 });
});

test("weights in the topology divide viewers between CDN and distributors", async () => {
  stack.write(`${stack.options.topology}delivery: { cdn: { weight: 60 }, distributors: { weight: 40 } }\n`);
  await stack.up();
  const first = async (v: number): Promise<string> => {
    const { body } = await httpRequest(`https://localhost:${port("dist-home-1")}/live/main/steering.json?home=cdn&v=${v.toString(16).padStart(32, "0")}`, { ca: ca() });
    return (JSON.parse(body.toString()) as { "PATHWAY-PRIORITY": string[] })["PATHWAY-PRIORITY"][0] ?? "";
  };
  const ways = await waitFor(async () => { const all = await Promise.all(Array.from({ length: 200 }, (_, v) => first(v))); return new Set(all).size > 1 ? all : null; }, { what: "the new weights", timeoutMs: 15_000, everyMs: 1000 });
  const share = (way: string): number => ways.filter((w) => w === way).length / ways.length;
  expect(share("cdn")).toBeGreaterThan(0.45);
  expect(share("cdn")).toBeLessThan(0.75);
  expect(share("dist-home-1")).toBeGreaterThan(0.08);
  const told = await run("node", ["scripts/headend.mjs", "steer", "cdn=0", "--stack", "e2e-cdn"]);
  expect(told, told.stderr).toMatchObject({ code: 0 });
  expect((await Promise.all(Array.from({ length: 60 }, (_, v) => first(v)))).includes("cdn")).toBe(false);
  expect((await docker(["ps", "-q", "--filter", "label=headend.stack=e2e-cdn"])).trim().split("\n")).toHaveLength(5);
});
