/**
 * WHIP publisher: Chromium's fake camera. Debian 13's FFmpeg (7.1) has no WHIP muxer. The offer travels through Node, so
 * neither CORS nor the browser's trust store matter here, and the token never enters the page.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { launchChromium } from "./chromium.ts";
import { httpRequest } from "./http.ts";
import type { PublishOptions, Publisher } from "./publish.ts";

const FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** Makes an offer with all candidates in it; a string because it runs in the page. */
const OFFER = `async ({ width, height, fps, audio, video, kbps, codecs }) => {
  const media = await navigator.mediaDevices.getUserMedia({
    video: video ? { width, height, frameRate: fps } : false, audio });
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  window.pc = pc;
  for (const track of media.getTracks()) {
    const t = pc.addTransceiver(track, { direction: "sendonly", streams: [media] });
    const all = RTCRtpSender.getCapabilities(track.kind).codecs, wanted = codecs[track.kind];
    const fits = (c) => c.mimeType !== "video/H264" || (/42[0-9a-f]{4}/.test(c.sdpFmtpLine ?? "") && /packetization-mode=1/.test(c.sdpFmtpLine ?? ""));
    const chosen = wanted ? all.filter((c) => c.mimeType === track.kind + "/" + wanted && fits(c)) : [];
    if (chosen.length) t.setCodecPreferences(chosen);
    if (track.kind !== "video") continue;
    const p = t.sender.getParameters();
    if (p.encodings.length) { p.encodings[0].maxBitrate = kbps * 1000; await t.sender.setParameters(p).catch(() => {}); }
  }
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise((done) => {
    if (pc.iceGatheringState === "complete") return done();
    setTimeout(done, 2000);
    pc.onicegatheringstatechange = () => { if (pc.iceGatheringState === "complete") done(); };
  });
  return pc.localDescription.sdp;
}`;

/** Publishes the fake camera (rolling timer picture, beeps) to a WHIP endpoint. Throws when the server refuses. */
export async function publishWhip(o: PublishOptions): Promise<Publisher> {
  // getUserMedia wants a secure context; loopback http is one, about:blank is not.
  const server = createServer((_q, s) => { s.setHeader("content-type", "text/html"); s.end("<!doctype html><title>whip</title>"); });
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  let chromium: Awaited<ReturnType<typeof launchChromium>> | null = null, log = "", running = true;
  let exit: (code: number) => void = () => undefined;
  const exited = new Promise<number>((r) => { exit = r; });
  const end = async (code: number): Promise<void> => {
    if (!running) return;
    running = false;
    await chromium?.close().catch(() => undefined);
    server.closeAllConnections();
    server.close();
    exit(code);
  };
  try {
    chromium = await launchChromium({ flags: FLAGS, webrtc: true });
    const page = await chromium.context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const input = { width: o.width ?? 640, height: o.height ?? 360, fps: o.fps ?? 30, kbps: o.bitrateKbps ?? 800, audio: (o.audio ?? "aac") !== "none", video: o.audio !== "only", codecs: { video: o.codecs?.video ?? "H264", audio: o.codecs?.audio ?? null } };
    const offer = await page.evaluate(`(${OFFER})(${JSON.stringify(input)})`) as string;
    const auth: Record<string, string> = o.token ? { authorization: `Bearer ${o.token}` } : {};
    const answer = await httpRequest(o.url, { method: "POST", ca: o.ca, hosts: o.hosts, headers: { "content-type": "application/sdp", ...auth }, body: offer });
    log += `POST ${new URL(o.url).pathname}: ${answer.status}\n`;
    if (answer.status !== 201) throw new Error(`WHIP was refused with ${answer.status}: ${answer.body.toString().slice(0, 200)}`);
    const location = answer.headers.location;
    const session = location ? new URL(location, o.url).href : null;
    const sdp = answer.body.toString();
    await page.evaluate(`window.pc.setRemoteDescription({ type: "answer", sdp: ${JSON.stringify(sdp)} })`);
    await page.waitForFunction(`window.pc.connectionState === "connected" || window.pc.connectionState === "failed"`, undefined, { timeout: 15_000 });
    const state = await page.evaluate("window.pc.connectionState") as string;
    log += `connection: ${state}\n`;
    if (state !== "connected") throw new Error("WHIP: no media connection (ICE failed). Is the server's UDP port reachable?");
    page.on("close", () => void end(1));
    return {
      stop: async () => {
        if (session && running) await httpRequest(session, { method: "DELETE", ca: o.ca, hosts: o.hosts, headers: auth }).catch(() => undefined);
        await end(0);
      },
      kill: async () => { chromium?.kill(); await end(137); },
      freeze: async () => { chromium?.freeze(); },
      exited,
      get running() { return running; },
      log: () => log,
    };
  } catch (e) {
    await end(1);
    throw e;
  }
}
