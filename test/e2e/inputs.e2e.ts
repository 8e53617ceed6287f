/** Publishers as they come: without sound, without picture, with other sound; and the two fast tiers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode } from "./lib/decode.ts";
import { RELAY_RTSP_PORT } from "../../infra/render/paths.ts";
import { openViewer } from "../../scripts/live/browser.ts";
import { claps, type Claps, decoding, paired } from "../../scripts/live/clap.ts";
import { containerExec } from "../../scripts/live/docker.ts";
import { httpRequest } from "../../scripts/live/http.ts";
import { publish } from "../../scripts/live/publish.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { caFile, decodeUntil, onAir } from "./lib/status.ts";
import { waitFor } from "../../scripts/live/wait.ts";

const small = "source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }, ladder: [180p], encoder: { kind: x264, preset: ultrafast }";
const stack = new TestStack({
  name: "e2e-inputs",
  topology: `streams:\n  main: { ${small} }\n  fast: { ${small}, latency: low }\n  talk: { ${small}, latency: ultra }\n`,
});
let outputs: Outputs;
beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
}, 300_000);
afterAll(() => stack.destroy(), 120_000);

describe("odd publishers", () => {
  test.each([
    ["without sound", "none" as const, { still: false }], ["without picture", "only" as const, { still: true }], ["with mono sound at 44.1 kHz", "mono44" as const, { still: false }],
  ])("%s: the stream keeps its shape", async (_, audio, { still }) => {
    const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp"), width: 320, height: 180, audio });
    try {
      await onAir(stack, "main", "studio");
      const heard = audio === "none" ? (rms: number) => rms < -60 : (rms: number) => rms > -60;
      const report = await decodeUntil(stack, outputs, outputs.streams.main?.playlist ?? "", (r) => heard(r.audioRms) && (still || !r.still), `as published (${audio})`);
      expect(report).toMatchObject({ width: 320, height: 180, audioRate: 48_000, audioChannels: 2, errors: [] });
    } finally { await publisher.stop(); }
    await onAir(stack, "main", null);
  });

  test("another picture size and rate is converted", async () => {
    const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp"), width: 480, height: 270, fps: 25 });
    try {
      await onAir(stack, "main", "studio");
      const report = await decodeUntil(stack, outputs, outputs.streams.main?.playlist ?? "", (r) => !r.still, "moving");
      expect(report).toMatchObject({ width: 320, height: 180, errors: [], irregular: 0 });
    } finally { await publisher.stop(); }
    await onAir(stack, "main", null);
  });
});

/** Sound and picture of a publisher that claps. */
function together(what: string, { claps: heard }: Claps): void {
  console.log(`${what}: beep after flash, ms: ${heard.map((c) => c.ms).join(" ")}`);
  expect(heard.length, what).toBeGreaterThan(2);
  for (const { ms } of heard) expect(Math.abs(ms), what).toBeLessThanOrEqual(40);
}

test("sound at another rate, with the key frames of OBS, is converted while the picture is copied", async () => {
  const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp"), width: 320, height: 180, audio: "mono44", keyframeSeconds: 4 });
  try {
    await onAir(stack, "main", "studio");
    await decodeUntil(stack, outputs, outputs.streams.main?.playlist ?? "", (r) => !r.still && r.audioRms > -40, "moving, with sound");
  } finally { await publisher.stop(); }
  await onAir(stack, "main", null);
});

describe("latency: low", () => {
  test("is LL-HLS through the distributor's name and TLS, and decodes", async () => {
    const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("fast", "studio", "rtmp"), width: 320, height: 180, clap: true });
    try {
      await onAir(stack, "fast", "studio");
      const url = outputs.streams.fast?.playlist ?? "";
      const report = await waitFor(async () => {
        const r = await decode({ url, seconds: 4, caFile: caFile(stack, outputs) });
        return r.frames > 90 && !r.still ? r : null;
      }, { what: "a moving picture by LL-HLS", timeoutMs: 60_000 });
      expect(report).toMatchObject({ width: 320, height: 180 });
      const { headers } = await httpRequest(url, { ca: outputs.ca ?? "", headers: { Origin: "https://a.example" } });
      expect(headers["access-control-allow-origin"]).toBe("*");
      together("LL-HLS", await waitFor(async () => { const heard = await claps(url, outputs.ca ?? undefined, 10); return heard.claps.length > 2 ? heard : null; }, { what: "a list with three claps", timeoutMs: 40_000, everyMs: 1000 }));
    } finally { await publisher.stop(); }
  });
  test("plays on the page within 5 s of live", async () => {
    const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("fast", "studio", "rtmp"), width: 320, height: 180 });
    const viewer = await openViewer({ url: outputs.streams.fast?.watch ?? "", ca: outputs.ca ?? "" });
    try {
      const { stats } = await viewer.playing(40_000).then(() => viewer.watch(6));
      expect(stats.latency ?? 99).toBeLessThan(5);
    } finally { await viewer.close(); await publisher.stop(); }
  });
});

describe("latency: ultra", () => {
  test("is WHEP through the distributor's name, with picture and sound in a browser", async () => {
    const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("talk", "studio", "rtmp"), width: 320, height: 180, clap: true });
    const viewer = await openViewer({ url: outputs.streams.talk?.watch ?? "", ca: outputs.ca ?? "", webrtc: true });
    try {
      await onAir(stack, "talk", "studio");
      const { stats } = await viewer.playing(40_000).then(() => viewer.watch(5));
      expect(stats).toMatchObject({ engine: "whep", width: 320, height: 180 });
      expect(stats.decodedFrames).toBeGreaterThan(60);
      // As the encoder gives it to the relay; what a browser makes of it is the browser's.
      const { stdout, stderr } = await containerExec(stack.container("tx-home-1"), ["bash", "-c", decoding(`-rtsp_transport tcp -t 8 -i rtsp://127.0.0.1:${RELAY_RTSP_PORT}/out/talk`, "0:a")]);
      expect(stdout, stderr).not.toBe("");
      together("at the relay", paired(stdout));
    } finally { await viewer.close(); await publisher.stop(); }
  });
});
