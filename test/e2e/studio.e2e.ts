/** One stack, everything a single stream can do: slate, ingest by every protocol, who is refused, recording, forwarding, DASH. */
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse as parseMpd } from "mpd-parser";
import { decode } from "./lib/decode.ts";
import { whitePng } from "./lib/picture.ts";
import { containerExec, docker, run, runArgs, testName } from "../../scripts/live/docker.ts";
import { httpRequest } from "../../scripts/live/http.ts";
import { parsePlaylist } from "../../scripts/live/hls-viewer.ts";
import { publish } from "../../scripts/live/publish.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { caFile, decodeUntil, onAir } from "./lib/status.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";

const PLATFORM = testName("platform");
const stack = new TestStack({
  name: "e2e-studio",
  secrets: { platform: "platform-key-123" },
  topology: `streams:
  main:
    source: { resolution: 640x360, fps: 30, bitrate: 900 kbps }
    ladder: [source, 180p]
    encoder: { kind: x264, preset: ultrafast }
    dash: true
    record: { keep: 2 d }
    restream:
      one: { url: "rtmp://${PLATFORM}:1935/live", key: secret:platform }
      two: { url: "rtmp://${PLATFORM}:1935/other", key: secret:platform }
    publishers:
      studio: { via: [srt, rtmps, rtmp, whip] }
      outside: { via: [rtmp], backup: true }
  other:
    source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }
    ladder: [180p]
    encoder: { kind: x264, preset: ultrafast }
    slate: { image: slate.png, text: Soon }
`,
});
let outputs: Outputs;
const get = (url: string, headers: Record<string, string> = {}) => httpRequest(url, { ca: outputs.ca ?? "", headers });

beforeAll(async () => {
  writeFileSync(join(dirname(stack.topologyFile), "slate.png"), whitePng(320, 180));
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
}, 300_000);
afterAll(async () => {
  await docker(["rm", "-f", PLATFORM]).catch(() => undefined);
  await stack.destroy();
}, 120_000);

describe("with nobody publishing", () => {
  test("the slate plays over TLS, in the declared size, with sound", async () => {
    const report = await decode({ url: outputs.streams.main?.playlist ?? "", seconds: 6, caFile: caFile(stack, outputs) });
    expect(report.errors).toEqual([]);
    expect(report).toMatchObject({ still: true, width: 640, height: 360, audioRate: 48_000, audioChannels: 2 });
    expect(report.frames).toBeGreaterThan(150);
    expect(report.irregular).toBe(0);
  });

  test("a picture of one's own is the slate", async () => {
    const report = await decode({ url: outputs.streams.other?.playlist ?? "", seconds: 3, caFile: caFile(stack, outputs) });
    expect(report).toMatchObject({ errors: [], still: true, width: 320, height: 180 });
    expect(report.luma).toBeGreaterThan(180);   // white is 235, headend's own slate about 45
  });

  test("an `up` with nothing to do changes nothing", async () => {
    expect(await stack.previewSteps()).toEqual([]);
  });
});

describe("playlists", () => {
  test("the multivariant playlist says what is in the segments", async () => {
    const text = (await get(outputs.streams.main?.playlist ?? "")).body.toString();
    const { playlists, mediaGroups } = parsePlaylist(text) as unknown as { playlists: { attributes: Record<string, unknown> }[]; mediaGroups: { AUDIO: object } };
    expect(playlists.map((p) => p.attributes.RESOLUTION)).toEqual([{ width: 640, height: 360 }, { width: 320, height: 180 }]);
    for (const { attributes } of playlists) {
      expect(attributes.CODECS).toMatch(/^avc1\.[0-9a-fA-F]{6},mp4a\.40\.2$/);
      expect(Number(attributes["FRAME-RATE"])).toBe(30);
      expect(Number(attributes.BANDWIDTH)).toBeGreaterThanOrEqual(Number(attributes["AVERAGE-BANDWIDTH"]));
    }
    expect(Object.keys(mediaGroups.AUDIO)).toHaveLength(1);
  });

  test("names are on the clock, dates and numbers agree, playlists expire in a second and segments never", async () => {
    const main = outputs.streams.main?.playlist ?? "";
    const variant = (await get(main)).body.toString().split("\n").find((l) => l && !l.startsWith("#")) ?? "";
    const url = new URL(variant, main).href;
    const answer = await get(url);
    expect(answer.headers["cache-control"]).toBe("public, max-age=1");
    const text = answer.body.toString();
    const sequence = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
    const date = Date.parse(/#EXT-X-PROGRAM-DATE-TIME:(.+)/.exec(text)?.[1] ?? "");
    expect(date).toBe(sequence * 2000);
    expect(Math.abs(Date.now() / 2000 - sequence)).toBeLessThan(15);
    expect(text).not.toContain("DISCONTINUITY");
    const segment = await get(new URL(text.split("\n").filter((l) => l.endsWith(".m4s")).at(-1) ?? "", url).href);
    expect(segment.status).toBe(200);
    expect(segment.headers["cache-control"]).toContain("immutable");
  });

  test("BANDWIDTH is not below what the segments really have", async () => {
    const main = outputs.streams.main?.playlist ?? "";
    const lines = (await get(main)).body.toString().split("\n");
    for (const [i, line] of lines.entries()) {
      if (!line.startsWith("#EXT-X-STREAM-INF")) continue;
      const bandwidth = Number(/[:,]BANDWIDTH=(\d+)/.exec(line)?.[1]);
      const url = new URL(lines[i + 1] ?? "", main).href;
      const names = (await get(url)).body.toString().split("\n").filter((l) => l.endsWith(".m4s")).slice(-3);
      for (const name of names) expect((await get(new URL(name, url).href)).body.length * 8 / 2).toBeLessThan(bandwidth);
    }
  });

  test("the DASH manifest covers the same segments and decodes", async () => {
    const url = outputs.streams.main?.dash ?? "";
    const text = (await get(url)).body.toString();
    expect(parseMpd(text, { manifestUri: url }).playlists).toHaveLength(2);
    const report = await decode({ url, seconds: 6, caFile: caFile(stack, outputs) });
    expect(report.frames).toBeGreaterThan(100);
  });

  test("answers carry security headers, CORS once, and a way to HTTP/3", async () => {
    const { headers } = await get(outputs.streams.main?.playlist ?? "", { Origin: "https://anywhere.example" });
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["alt-svc"]).toContain(`h3=":${new URL(outputs.viewer).port}"`);
    expect((await get(`${outputs.viewer}/live/nothing/index.m3u8`)).status).toBe(404);
    expect((await get(`${outputs.viewer}/../etc/passwd`)).status).toBe(404);
  });
});

describe("publishing", () => {
  test.each(["rtmp", "rtmps", "srt", "whip"] as const)("by %s reaches the viewer, picture and sound", async (via) => {
    const url = await stack.ingestUrl("main", "studio", via);
    const publisher = await publish({ via, url, token: `main.studio:${stack.key("main", "studio")}`, ca: outputs.ca ?? "" });
    try {
      await onAir(stack, "main", "studio");
      const report = await decodeUntil(stack, outputs, outputs.streams.main?.playlist ?? "", (r) => !r.still && r.audioRms > -60, "moving with sound");
      expect(report.irregular).toBe(0);
      expect(report.errors).toEqual([]);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\npublisher: ${publisher.log()}`);
    } finally {
      await publisher.stop();
    }
    await onAir(stack, "main", null);
  });

  test.each([
    ["a wrong key", { key: "0".repeat(32) }], ["a path that is not declared", { path: "main/nobody" }], ["somebody else's path", { path: "other/studio" }], ["no key", { key: "" }],
  ])("with %s is refused", async (_, change) => {
    for (const via of ["rtmp", "srt"] as const) {
      const publisher = await publish({ via, url: await stack.ingestUrl("main", "studio", via, change), seconds: 20 });
      const code = await Promise.race([publisher.exited, sleep(15_000).then(() => null)]);
      await publisher.kill();
      expect(code, `${via} was let in`).not.toBeNull();
      expect(code).not.toBe(0);
    }
  });

  test("a publisher's key reads nothing", async () => {
    const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp") });
    try {
      await onAir(stack, "main", "studio");
      const srt = (await stack.ingestUrl("main", "studio", "srt")).replace("publish:", "read:");
      for (const url of [await stack.ingestUrl("main", "studio", "rtmp"), srt]) {
        const report = await decode({ url, seconds: 2, timeoutMs: 15_000 });
        expect(report.frames).toBe(0);
      }
    } finally { await publisher.stop(); }
  });
});

test("headend demo publishes from outside, by every protocol that the publisher may use, and ends by itself", async () => {
  for (const via of ["srt", "rtmps"]) {
    const demo = run("env", [`PULUMI_BACKEND_URL=file://${join(stack.dir, "state")}`, "PULUMI_CONFIG_PASSPHRASE=test", "node", "scripts/headend.mjs", "demo", "--stack", "e2e-studio", "--via", via, "--duration", "15 s"]);
    await Promise.race([onAir(stack, "main", "studio"), demo.then(({ stderr }) => { throw new Error(`it ended before it was on air: ${stderr}`); })]);
    const { code, stdout, stderr } = await demo;
    expect(code, stderr).toBe(0);
    expect(stdout.trim()).toBe(outputs.streams.main?.watch);
    expect(stderr).toContain(`by ${via.toUpperCase()} to mux-home-a`);
    await onAir(stack, "main", null);
  }
  expect((await docker(["ps", "-aq", "--filter", "name=headend-e2e-studio-demo"])).trim()).toBe("");
});

test("recordings survive a killed multiplexer: nothing already written is lost", async () => {
  const folder = join(stack.dir, "recordings", "mux-home-a", "main", "studio");
  const files = (): string[] => readdirSync(folder).sort();
  const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp") });
  await onAir(stack, "main", "studio");
  await sleep(6000);
  const [last] = files().slice(-1);
  await containerExec(stack.container("mux-home-a"), ["pkill", "-KILL", "-x", "mediamtx"]);
  await publisher.kill();
  const probed = await docker(runArgs(testName("probe"), { network: "none" }, ["-v", `${folder}:/rec:ro`, "--entrypoint", "ffprobe"])
    .concat(["-v", "error", "-select_streams", "v", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", `/rec/${last}`]));
  expect(Number(probed.trim().split(",")[0])).toBeGreaterThan(30 * 4);
  await onAir(stack, "main", null);
});

test("forwards to several platforms at once, with the secret key, and says nothing of it", async () => {
  await docker(runArgs(PLATFORM, { network: `headend-e2e-studio-ingest` }, ["-d", "-e", "MTX_PATHS_ALL_OTHERS_SOURCE=publisher", "-e", "MTX_API=yes", "--entrypoint", "mediamtx"]));
  let publisher = await publish({ via: "srt", url: await stack.ingestUrl("main", "studio", "srt") });
  try {
    const paths = await waitFor(async () => {
      const { stdout } = await containerExec(PLATFORM, ["sh", "-c", "true"]);
      const log = await docker(["logs", PLATFORM]) + stdout;
      return log.includes("live/platform-key-123") && log.includes("other/platform-key-123") ? log : null;
    }, { what: "both platforms to receive the stream", timeoutMs: 40_000 });
    expect(paths).toContain("is publishing");
    // The primary dies, the backup goes to both platforms; when the primary is back it takes over again.
    const width = async (): Promise<string> => {
      const { stdout } = await containerExec(PLATFORM, ["curl", "-s", "http://127.0.0.1:9997/v3/paths/list"]);
      return [...stdout.matchAll(/"width":(\d+)/g)].map((m) => m[1]).join();
    };
    await waitFor(async () => (await width()) === "640,640", { what: "the primary's picture at both platforms" });
    const backup = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "outside", "rtmp"), width: 320, height: 180 });
    try {
      await publisher.kill();
      await waitFor(async () => (await width()) === "320,320", { what: "the backup's picture at both platforms", timeoutMs: 30_000 });
      publisher = await publish({ via: "srt", url: await stack.ingestUrl("main", "studio", "srt") });
      await waitFor(async () => (await width()) === "640,640", { what: "the primary's picture at both platforms again", timeoutMs: 30_000 });
      // By hand: the platforms get what viewers get, and nothing while these have the slate.
      for (const [input, there] of [["backup", "320,320"], ["slate", ""], ["auto", "640,640"]] as const) {
        const { code, stderr } = await run("node", ["scripts/headend.mjs", "switch", "main", input, "--stack", "e2e-studio"]);
        expect(code, stderr).toBe(0);
        expect(stderr).toMatch(input === "slate" ? /2 other platforms get .*nothing/ : /2 other platforms get main\/(studio|outside) from mux-home-a/);
        await waitFor(async () => (await width()) === there, { what: `${input} at both platforms`, timeoutMs: 30_000 });
      }
    } finally { await backup.stop(); }
  } finally { await publisher.stop(); }
  const preview = await stack.previewText();
  const logs = await docker(["logs", stack.container("mux-home-a")]);
  const state = await stack.export();
  const processes = (await containerExec(stack.container("mux-home-a"), ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])).stdout;
  for (const secret of ["platform-key-123", stack.key("main", "studio"), stack.passphrase("main", "studio")]) {
    expect(preview).not.toContain(secret);
    expect(logs).not.toContain(secret);
    expect(state).not.toContain(secret);
    expect(processes).not.toContain(secret);
  }
});
