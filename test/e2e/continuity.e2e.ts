/** One thing dies and nobody notices: two of every role, a real hls.js with its defaults, two-second segments. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openViewer, type Viewer } from "../../scripts/live/browser.ts";
import { docker } from "../../scripts/live/docker.ts";
import { httpRequest } from "../../scripts/live/http.ts";
import { publish, type Publisher } from "../../scripts/live/publish.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";
import { feel, type Felt, pause, PROGRAM, signal, silence, told } from "./lib/faults.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { onAir, streamStatus } from "./lib/status.ts";

const stack = new TestStack({
  name: "e2e-cont",
  topology: `streams:
  main:
    source: { resolution: 320x180, fps: 30, bitrate: 400 kbps }
    ladder: [180p, { name: tiny, resolution: 160x90, bitrate: 80 kbps }]
    encoder: { kind: x264, preset: ultrafast }
    redundancy: 2
    publishers: { studio: { via: [srt, rtmp] }, spare: { via: [rtmp], backup: true } }
multiplexers: 2
transcoders: 2
distributors: 2
`,
});
let outputs: Outputs, viewer: Viewer, studio: Publisher;
/** Transcoders in the order in which distributors prefer them. */
let transcoders: string[];
const at = (host: string): string => stack.container(host);
const port = (host: string): number => outputs.hosts[host]?.ports.https ?? 0;

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  studio = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp"), width: 320, height: 180 });
  await onAir(stack, "main", "studio");
  viewer = await openViewer({ url: `https://localhost:${port("dist-home-1")}/watch/main`, ca: outputs.ca ?? "" });
  await viewer.playing(40_000);
  const { stdout } = { stdout: await docker(["exec", at("dist-home-1"), "cat", "/run/headend/etc/nginx/nginx.conf"]) };
  transcoders = [...(/upstream \S+ \{([^}]*)\}/.exec(stdout)?.[1] ?? "").matchAll(/server (tx-home-\d)/g)].map((m) => m[1] ?? "");
  expect(transcoders).toHaveLength(2);
  await sleep(6000);
}, 300_000);
afterAll(async () => {
  await viewer?.close();
  await studio?.stop();
  await stack.destroy();
}, 120_000);

/** The page's requests since the last look, by port. */
async function loadedFrom(): Promise<Set<number>> {
  const urls = await viewer.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)") as string[];
  await viewer.page.evaluate("performance.clearResourceTimings()");
  return new Set(urls.filter((u) => /\.(m4s|m3u8)$/.test(u)).map((u) => Number(new URL(u).port)));
}

const smooth = (what: string, felt: Felt): void => {
  console.log(told(what, felt));
  expect.soft({ stalls: felt.stalls, restarts: felt.restarts }, what).toEqual({ stalls: 0, restarts: 0 });
};
/** The buffer as it usually is. */
beforeEach(async () => { await waitFor(async () => (await viewer.stats()).buffer > 4.2, { what: "a full buffer", timeoutMs: 20_000 }); });

describe("distributors", () => {
  test("every playlist names both, with a steering manifest that its viewer's own mark goes through", async () => {
    const get = async (host: string, file: string): Promise<string> => (await httpRequest(`https://localhost:${port(host)}/live/main/${file}`, { ca: outputs.ca ?? "" })).body.toString();
    const text = await get("dist-home-1", "index.m3u8");
    expect(text).toMatch(/#EXT-X-CONTENT-STEERING:SERVER-URI="steering.json\?home=dist-home-1&v=[0-9a-f]{32}",PATHWAY-ID="dist-home-1"/);
    expect(text.match(/^#EXT-X-STREAM-INF.*PATHWAY-ID="dist-home-2"$/gm)).toHaveLength(2);
    expect(text).toMatch(new RegExp(`TYPE=AUDIO.*PATHWAY-ID="dist-home-2",URI="https://localhost:${port("dist-home-2")}/live/main/`));
    expect(JSON.parse(await get("dist-home-1", `steering.json?home=dist-home-1&v=${"a".repeat(32)}`))).toEqual({
      VERSION: 1, TTL: 2, "PATHWAY-PRIORITY": ["dist-home-1", "dist-home-2"],
      "RELOAD-URI": `https://localhost:${port("dist-home-2")}/live/main/steering.json?home=dist-home-1&v=${"a".repeat(32)}`,
    });
    expect(await get("dist-home-2", "index.m3u8")).toContain('PATHWAY-ID="dist-home-2"');
    expect(await loadedFrom()).toEqual(new Set([port("dist-home-1")]));
  });

  test("one that falls silent", async () => {
    let undo = async (): Promise<void> => undefined;
    smooth("silent distributor", await feel(viewer, 12, async () => { undo = await silence(at("dist-home-1")); }));
    await loadedFrom();
    await sleep(4000);
    expect(await loadedFrom()).toEqual(new Set([port("dist-home-2")]));
    // Back to where he came in, by itself.
    smooth("silent distributor back", await feel(viewer, 2, async () => {
      await undo();
      await waitFor(async () => (await loadedFrom()).has(port("dist-home-1")), { what: "the viewer back at his distributor", timeoutMs: 20_000, everyMs: 1000 });
    }));
  });

  test("one whose processes stand still", async () => {
    let undo = async (): Promise<void> => undefined;
    smooth("frozen distributor", await feel(viewer, 10, async () => { undo = await pause(at("dist-home-1")); }));
    await undo();
    await waitFor(async () => { await loadedFrom(); await sleep(3000); return (await loadedFrom()).has(port("dist-home-1")); }, { what: "the viewer back", timeoutMs: 25_000 });
  });

  test("one that is killed and refuses", async () => {
    smooth("killed distributor", await feel(viewer, 10, () => docker(["kill", at("dist-home-1")])));
    await docker(["start", at("dist-home-1")]);
  });
});

describe("transcoders: the one that viewers are fed from", () => {
  const main = (): string => at(transcoders[0] ?? "");
  /** Both carry the stream again. */
  const whole = async (): Promise<void> => { for (const tx of transcoders) await waitFor(async () => (await streamStatus(stack, "main", tx))["healthy"] === true, { what: `${tx} fresh`, timeoutMs: 40_000 }); };
  afterEach(whole, 60_000);

  test.each(["ffmpeg", "agent", "relay", "nginx"] as const)("its %s is killed", async (program) => {
    smooth(`${program} killed`, await feel(viewer, 8, async () => { expect(await signal(main(), "KILL", PROGRAM[program])).toBeGreaterThan(0); }));
  });

  test.each(["ffmpeg", "agent", "relay", "nginx"] as const)("its %s stands still", async (program) => {
    smooth(`${program} frozen`, await feel(viewer, 10, async () => { expect(await signal(main(), "STOP", PROGRAM[program])).toBeGreaterThan(0); }));
    if (program === "ffmpeg") expect(await signal(main(), "CONT", PROGRAM.ffmpeg)).toBeGreaterThan(0);   // another one: the agent has ended the frozen
    else smooth(`${program} going on`, await feel(viewer, 6, () => signal(main(), "CONT", PROGRAM[program])));
  });

  test("the whole host stands still, then goes on", async () => {
    let undo = async (): Promise<void> => undefined;
    smooth("transcoder frozen", await feel(viewer, 10, async () => { undo = await pause(main()); }));
    smooth("transcoder going on", await feel(viewer, 8, () => undo()));
  });

  test("the host is gone, then back with an empty disk in memory", async () => {
    smooth("transcoder gone", await feel(viewer, 8, () => docker(["kill", main()])));
    smooth("transcoder back", await feel(viewer, 10, () => docker(["start", main()])));
  });
});
