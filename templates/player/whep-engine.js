/**
 * WebRTC playback (WHEP): one POST with the offer, one answer, no trickle. Reconnects for ever; after a few failures
 * without a single picture it says so, and the page falls back to HLS where the stream has it (a network without UDP).
 */
import { Backoff } from "./backoff.js";
import { stateOf } from "./hls-engine.js";

const GATHER_MS = 1500;
const CONNECT_MS = 8000;
const SILENT_MS = 4000;
const TRIES_BEFORE_FALLBACK = 3;

export class WhepEngine {
  kind = "whep";
  hls = null;
  restarts = 0;
  kicks = 0;
  stopped = false;
  everPlayed = false;
  failures = 0;
  level = -1;
  auto = true;
  native = false;
  /** @type {number|null} */ delay = null;
  /** @type {number|null} */ bps = null;
  bytes = 0;
  bytesAt = 0;
  frames = 0;
  framesAt = 0;

  /**
   * @param {HTMLVideoElement} video @param {string} path @param {import("./hls-engine.js").Events} events @param {(() => void) | null} fallBack
   * @param {string[]} bases addresses before the path, tried in turn
   */
  constructor(video, path, events, fallBack, bases = [""]) {
    this.video = video;
    this.path = path;
    this.bases = bases;
    this.base = 0;
    this.events = events;
    this.fallBack = fallBack;
    this.backoff = new Backoff(500, 5000);
  }

  get url() { return this.bases[this.base % this.bases.length] + this.path; }

  async start() {
    if (typeof RTCPeerConnection === "undefined") return this.fallBack ? this.fallBack() : this.events.state("unsupported");
    await this.connect();
  }

  async connect() {
    if (this.stopped) return;
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.pc = pc;
    this.frames = 0;
    this.framesAt = performance.now();
    this.reached = false;
    pc.addTransceiver("video", { direction: "recvonly" });
    pc.addTransceiver("audio", { direction: "recvonly" });
    const media = new MediaStream();
    pc.ontrack = (e) => { media.addTrack(e.track); if (this.video.srcObject !== media) { this.video.srcObject = media; if (this.events.wanted()) void this.play(); } };
    pc.onconnectionstatechange = () => {
      if (this.pc !== pc) return;
      if (pc.connectionState === "connected") { this.reached = true; this.framesAt = performance.now(); }
      if (pc.connectionState === "failed" || pc.connectionState === "closed") this.lost("connection", null);
    };
    this.deadline = setTimeout(() => { if (this.pc === pc && !this.reached) this.lost("connect-timeout", null); }, CONNECT_MS);
    try {
      await pc.setLocalDescription(await pc.createOffer());
      await gathered(pc);
      const res = await fetch(this.url, {
        method: "POST", headers: { "content-type": "application/sdp" }, body: pc.localDescription?.sdp ?? "", signal: AbortSignal.timeout(CONNECT_MS),
      });
      if (this.pc !== pc) return;
      if (!res.ok) return this.lost("whep", res.status);
      const where = res.headers.get("location");
      this.session = where ? new URL(where, new URL(this.url, location.href)).href : null;
      await pc.setRemoteDescription({ type: "answer", sdp: await res.text() });
      clearInterval(this.poll);
      this.poll = setInterval(() => void this.sample(pc), 1000);
    } catch (e) {
      if (this.pc === pc) this.lost(/** @type {Error} */ (e).name, null);
    }
  }

  async play() {
    try { await this.video.play(); } catch (e) {
      if (/** @type {Error} */ (e).name === "NotAllowedError") this.events.state("blocked");
    }
  }

  /** @param {RTCPeerConnection} pc */
  async sample(pc) {
    if (this.pc !== pc) return;
    const now = performance.now();
    let rtt = 0, jitter = 0;
    for (const r of (await pc.getStats()).values()) {
      if (r.type === "candidate-pair" && r.nominated && r.currentRoundTripTime) rtt = r.currentRoundTripTime;
      if (r.type !== "inbound-rtp" || r.kind !== "video") continue;
      const frames = r.framesDecoded ?? 0;
      if (frames > this.frames) {
        if (!this.everPlayed) this.events.levels();
        this.everPlayed = true; this.failures = 0; this.backoff.reset(); this.framesAt = now;
      }
      this.frames = frames;
      if (r.jitterBufferEmittedCount > 0) jitter = r.jitterBufferDelay / r.jitterBufferEmittedCount;
      if (this.bytesAt) this.bps = ((r.bytesReceived - this.bytes) * 8000) / Math.max(1, now - this.bytesAt);
      this.bytes = r.bytesReceived; this.bytesAt = now;
    }
    this.delay = rtt / 2 + jitter;
    // Connected and silent: the server went away without a word, ICE needs half a minute to notice.
    if (this.pc === pc && now - this.framesAt > SILENT_MS && !document.hidden) this.lost("silent", null);
  }

  /** @param {string} details @param {number|null} code */
  lost(details, code) {
    this.events.error({ at: Date.now(), type: "whep", details, fatal: false, code });
    this.close();
    const s = stateOf(code);
    if (s !== "waiting") this.failures++;
    if (!this.everPlayed && this.fallBack && this.failures >= TRIES_BEFORE_FALLBACK && s !== "denied" && s !== "expired") return this.fallBack();
    this.events.state(s === "reconnecting" && !this.everPlayed ? "connecting" : s);
    if (s !== "denied" && s !== "expired") this.base++;
    clearTimeout(this.timer);
    const pause = this.backoff.take();
    this.timer = setTimeout(() => { this.restarts++; void this.connect(); }, s === "denied" || s === "expired" ? 30_000 : pause);
  }

  close() {
    clearInterval(this.poll);
    clearTimeout(this.deadline);
    const pc = this.pc;
    this.pc = undefined;
    pc?.close();
    this.bytesAt = 0;
    if (this.session) void fetch(this.session, { method: "DELETE", keepalive: true }).catch(() => undefined);
    this.session = null;
  }

  seekLive() { void this.play(); }
  latency() { return this.delay; }
  behind() { return 0; }
  /** @returns {import("./hls-engine.js").Level[]} */
  levels() { return []; }
  setLevel() { /* one picture only */ }
  bitrate() { return this.bps; }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.close();
    this.video.srcObject = null;
  }
}

/** @param {RTCPeerConnection} pc @returns {Promise<void>} when all candidates are known, or soon */
function gathered(pc) {
  return new Promise((resolve) => {
    if (pc.iceGatheringState === "complete") return resolve();
    const t = setTimeout(resolve, GATHER_MS);
    pc.addEventListener("icegatheringstatechange", () => { if (pc.iceGatheringState === "complete") { clearTimeout(t); resolve(); } });
  });
}
