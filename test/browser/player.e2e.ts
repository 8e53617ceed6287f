/** The player page in Chromium, through TLS and the content security policy, against a server that misbehaves on demand. */
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type TestCa, makeCa } from "../e2e/lib/ca.ts";
import { type Viewer, openViewer } from "../../scripts/live/browser.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";
import { type LiveServer, liveServer } from "./lib/live-server.ts";
import { type Sample, makeSample } from "./lib/sample.ts";

const HOST = "live.test";
let sample: Sample, ca: TestCa, server: LiveServer, viewer: Viewer | null = null;

beforeAll(async () => {
  [sample, ca] = await Promise.all([makeSample(90), makeCa()]);
});
afterEach(async () => {
  await viewer?.close();
  viewer = null;
  await server?.close();
});
afterAll(() => { if (sample) rmSync(sample.dir, { recursive: true, force: true }); });

async function open(path: string, o: { width?: number; height?: number; dark?: boolean; touch?: boolean } = {}): Promise<Viewer> {
  viewer = await openViewer({ url: `https://${HOST}:${server.port}${path}`, ca: ca.pem, hosts: { [HOST]: "127.0.0.1" }, ...o });
  return viewer;
}
async function serve(): Promise<void> { server = await liveServer(sample, await ca.issue([HOST])); }

/** Pictures of the page are kept where HEADEND_TEST_PICTURES says. */
async function picture(v: Viewer, name: string): Promise<void> {
  const dir = process.env["HEADEND_TEST_PICTURES"];
  if (dir) await v.screenshot(`${dir}/${name}.png`);
}

describe("player page", () => {
  it("plays, muted, without a stall, over verified TLS and inside its content security policy", async () => {
    await serve();
    server.begin();
    const v = await open("/watch/main");
    await v.playing();
    const r = await v.watch(6);
    await picture(v, "playing");
    expect(r.pageErrors).toEqual([]);
    expect(r.failedRequests).toEqual([]);
    expect(r.stats).toMatchObject({ engine: "hls", state: "playing", muted: true, stalls: 0, restarts: 0 });
    expect(r.stats.decodedFrames).toBeGreaterThan(100);
    expect(r.stats.levels.map((l) => l.height).sort((a, b) => a - b)).toEqual([180, 360]);
    expect(r.stats.latency).toBeGreaterThan(1);
    expect(r.stats.latency).toBeLessThan(20);
    await v.page.click("#info");
    await picture(v, "details");
    await v.page.click("#unmute");
    expect((await v.stats()).muted).toBe(false);
    // The name that the certificate does not carry is refused: trust is real, not switched off.
    if (v.trust === "nss") await expect(v.page.goto(`https://127.0.0.1:${server.port}/`)).rejects.toThrow(/ERR_CERT_COMMON_NAME_INVALID/);
  });

  it("switches rungs by hand, and back to automatic", async () => {
    await serve();
    server.begin();
    const v = await open("/watch/main");
    await v.playing();
    const low = (await v.stats()).levels.find((l) => l.height === 180);
    await v.page.selectOption("#quality", String(low?.index));
    await waitFor(async () => (await v.stats()).height === 180, { what: "the 180p picture", timeoutMs: 20_000 });
    expect((await v.stats()).autoLevel).toBe(false);
    await v.page.selectOption("#quality", "-1");
    await waitFor(async () => { const s = await v.stats(); return s.autoLevel && s.height === 360; }, { what: "the 360p picture", timeoutMs: 30_000 });
    expect((await v.stats()).stalls).toBe(0);
  });

  it("waits for a stream that has not started, then plays by itself", async () => {
    await serve();
    const v = await open("/watch/main", { width: 390, height: 844, touch: true });
    await waitFor(async () => (await v.stats()).state === "waiting", { what: "the waiting message" });
    expect(await v.page.textContent("#message")).toContain("has not started yet");
    await picture(v, "waiting-phone");
    server.begin();
    await v.playing();
    await sleep(500);
    await picture(v, "playing-phone");
  });

  it.each([["503", 503], ["404", 404], ["a cut connection", "drop"]] as const)("comes back after 14 s of %s on everything", async (_name, answer) => {
    await serve();
    server.begin();
    const v = await open("/watch/main");
    await v.playing();
    await v.watch(3);
    server.trouble = { match: /^\/live\//, answer };
    await v.watch(14);
    const during = await v.stats();
    await picture(v, `trouble-${answer}`);
    expect(during.message).toContain(answer === "drop" ? "reconnecting" : "waiting for it to come back");
    server.trouble = null;
    const frames = during.decodedFrames;
    await waitFor(async () => { const s = await v.stats(); return s.state === "playing" && s.decodedFrames > frames + 30; }, { what: "the picture to come back", timeoutMs: 20_000 });
    expect((await v.stats()).stalls).toBeLessThanOrEqual(2);
  });

  it("does not stall when everything is refused for 2.5 s", async () => {
    await serve();
    server.begin();
    const v = await open("/watch/main");
    await v.playing();
    await v.watch(3);
    server.trouble = { match: /^\/live\//, answer: "drop" };
    await sleep(2500);
    server.trouble = null;
    const r = await v.watch(8);
    expect(r.stats.stalls).toBe(0);
  });

  it("lists streams, says so when one does not exist, and asks for a personal link", async () => {
    await serve();
    server.streams = { name: "Festival am See", streams: [
      { name: "main-stage", latency: "standard", playlist: "/live/main-stage/index.m3u8", token: false },
      { name: "backstage", latency: "low", playlist: "/live/backstage/index.m3u8", token: true },
      { name: "interpreter", latency: "ultra", playlist: "/live/interpreter/index.m3u8", whep: "/live/interpreter/whep", token: false },
    ] };
    const v = await open("/", { dark: true });
    await v.page.waitForSelector(".card");
    expect(await v.page.locator(".card").count()).toBe(3);
    await picture(v, "list-dark");
    await v.page.click("text=backstage");
    await v.page.waitForSelector("#message:has-text('personal link')");
    await picture(v, "invitation-dark");
    await v.page.goto(`https://${HOST}:${server.port}/watch/nope`);
    await v.page.waitForSelector("text=No such stream");
  });

  it("works by keyboard", async () => {
    await serve();
    server.begin();
    const v = await open("/watch/main");
    await v.playing();
    await v.page.keyboard.press("k");
    expect((await v.stats()).paused).toBe(true);
    expect(await v.page.getAttribute("#play", "aria-label")).toBe("Play");
    await v.page.keyboard.press("k");
    await v.page.keyboard.press("m");
    expect((await v.stats()).muted).toBe(false);
    await v.page.keyboard.press("d");
    expect(await v.page.isVisible("#details")).toBe(true);
    await v.page.keyboard.press("Tab");
    expect(await v.page.evaluate("document.activeElement.className")).toBe("skip");
  });
});
