/**
 * HLS with hls.js, or the browser's own player where there is no Media Source (iPhone). Never gives up.
 *
 * hls.js stops for good on a refused connection or a 4xx (it retries neither). Two things keep it going: the watchdog
 * (no playlist update for a while: stopLoad and startLoad, which a viewer does not notice), and starting again after a
 * fatal error, with a growing pause.
 */
import { Backoff } from "./backoff.js";
import { forgiving } from "./steering.js";

/**
 * @typedef {import("./text.js").State} State
 * @typedef {{ at: number, type: string, details: string, fatal: boolean, code: number|null }} PlayError
 * @typedef {{ index: number, name: string, width: number, height: number, bitrate: number }} Level
 * @typedef {{ state(s: State): void, error(e: PlayError): void, levels(): void, wanted(): boolean }} Events
 */

/** @returns {Promise<typeof import("hls.js").default | null>} */
function loadHls() {
  return new Promise((resolve) => {
    const w = /** @type {any} */ (window);
    if (w.Hls) return resolve(w.Hls);
    const s = document.createElement("script");
    s.src = "/player/hls.min.js";
    s.onload = () => resolve(w.Hls ?? null);
    s.onerror = () => resolve(null);
    document.head.append(s);
  });
}

/** @param {number|null|undefined} code HTTP status @returns {State} */
export function stateOf(code) {
  if (code === 403 || code === 401) return "denied";
  if (code === 410) return "expired";
  if (code === 404 || code === 503 || code === 502 || code === 504) return "waiting";
  return "reconnecting";
}

export class HlsEngine {
  kind = "hls";
  /** @type {import("hls.js").default | null} */
  hls = null;
  restarts = 0;
  kicks = 0;
  stopped = false;
  native = false;

  /**
   * @param {HTMLVideoElement} video @param {string} path of the playlist @param {Events} events
   * @param {string[]} bases addresses before the path, "" first: this page's own. They are tried in turn.
   */
  constructor(video, path, events, bases = [""]) {
    this.video = video;
    this.path = path;
    this.bases = bases;
    this.base = 0;
    this.events = events;
    this.backoff = new Backoff(700, 5000);
    this.lastUpdate = Date.now();
    this.everPlayed = false;
  }

  get url() { return this.bases[this.base % this.bases.length] + this.path; }

  async start() {
    const Hls = await loadHls();
    if (this.stopped) return;
    if (Hls && Hls.isSupported()) {
      this.Hls = Hls;
      this.build();
      this.watchdog = setInterval(() => this.watch(), 250);
    } else if (this.video.canPlayType("application/vnd.apple.mpegurl")) {
      this.native = true;
      this.startNative();
    } else if (Hls) this.events.state("unsupported");
    else {
      // The script itself did not arrive: the connection is bad, not the browser.
      this.events.state("reconnecting");
      setTimeout(() => { if (!this.stopped) void this.start(); }, this.backoff.take());
    }
  }

  build() {
    const Hls = this.Hls;
    if (!Hls) return;
    // Else defaults on purpose: they are what was measured; lowLatencyMode is among them.
    const steering = Hls.DefaultConfig.contentSteeringController;
    const h = new Hls(steering ? { contentSteeringController: forgiving(steering) } : {});
    this.hls = h;
    this.lastUpdate = Date.now();
    h.on(Hls.Events.LEVEL_UPDATED, () => { this.lastUpdate = Date.now(); this.kicked = 0; });
    h.on(Hls.Events.MANIFEST_PARSED, () => { this.events.levels(); this.resume(); });
    h.on(Hls.Events.LEVEL_SWITCHED, () => this.events.levels());
    h.on(Hls.Events.FRAG_BUFFERED, () => { this.everPlayed = true; this.backoff.reset(); this.mediaErrors = 0; });
    h.on(Hls.Events.ERROR, (_e, d) => {
      const code = d.response?.code ?? null;
      this.events.error({ at: Date.now(), type: d.type, details: d.details, fatal: d.fatal, code });
      if (d.fatal) this.fatal(d.type, code);
    });
    h.loadSource(this.url);
    h.attachMedia(this.video);
  }

  /** Plays on by itself, unless the viewer paused. */
  resume() { if (this.events.wanted()) void this.play(); }

  async play() {
    try { await this.video.play(); } catch (e) {
      if (/** @type {Error} */ (e).name === "NotAllowedError") this.events.state("blocked");
    }
  }

  /** Longest time without a playlist update that is still normal, ms. */
  patience() {
    const target = this.hls?.latestLevelDetails?.targetduration ?? 0;
    return Math.max(4500, 2250 * target);
  }

  watch() {
    const h = this.hls;
    if (!h || h.levels.length === 0 || !this.events.wanted() || document.hidden) { this.lastUpdate = Math.max(this.lastUpdate, Date.now() - 1000); return; }
    const quiet = Date.now() - this.lastUpdate;
    if (quiet <= this.patience()) return;
    this.kicked = (this.kicked ?? 0) + 1;
    // Tried again each second; after a dozen tries the player itself is rebuilt.
    if (this.kicked > 12) { this.kicked = 0; this.base++; this.again(0); return; }
    this.lastUpdate = Date.now() - (this.patience() - 1000);
    this.kicks++;
    h.stopLoad();
    h.startLoad(-1);
  }

  /** @param {string} type @param {number|null} code */
  fatal(type, code) {
    const h = this.hls, Hls = this.Hls;
    if (!h || !Hls) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) {
      this.mediaErrors = (this.mediaErrors ?? 0) + 1;
      if (this.mediaErrors <= 2) { h.recoverMediaError(); return this.resume(); }
      return this.again(this.backoff.take());
    }
    // With levels known, the watchdog restarts loading and what is buffered plays on. Without, begin again.
    if (type === Hls.ErrorTypes.NETWORK_ERROR && h.levels.length > 0 && !stateOf(code).match(/denied|expired/)) return;
    const s = stateOf(code);
    this.events.state(s === "reconnecting" && !this.everPlayed ? "connecting" : s);
    const pause = this.backoff.take();
    // No playlist at all from here: perhaps another distributor has it.
    if (s === "reconnecting" || s === "waiting") this.base++;
    this.again(s === "denied" || s === "expired" ? 30_000 : pause);
  }

  /** @param {number} ms */
  again(ms) {
    clearTimeout(this.timer);
    this.hls?.stopLoad();
    this.timer = setTimeout(() => {
      if (this.stopped) return;
      this.restarts++;
      this.mediaErrors = 0;
      this.hls?.destroy();
      this.build();
    }, ms);
  }

  startNative() {
    const v = this.video;
    v.src = this.url;
    const retry = async () => {
      if (this.stopped) return;
      let code = null;
      try { code = (await fetch(this.url, { cache: "no-store" })).status; } catch { this.base++; /* no connection: code stays null */ }
      this.events.state(stateOf(code));
      this.timer = setTimeout(() => { if (!this.stopped) { this.restarts++; v.src = this.url; v.load(); this.resume(); } }, this.backoff.take());
    };
    v.onerror = () => void retry();
    v.onended = () => void retry();
    v.onplaying = () => { this.everPlayed = true; this.backoff.reset(); };
    this.resume();
  }

  /** Goes to the live edge. */
  seekLive() {
    const v = this.video, edge = this.hls?.liveSyncPosition ?? (v.seekable.length ? v.seekable.end(v.seekable.length - 1) - 3 : null);
    if (edge !== null && edge !== undefined && Number.isFinite(edge)) v.currentTime = edge;
    void this.play();
  }

  /** Seconds behind what the encoder saw, or behind the playlist's end where it carries no clock; null while unknown. */
  latency() {
    const h = this.hls, v = this.video;
    const d = h?.playingDate ?? (typeof (/** @type {any} */ (v).getStartDate) === "function" ? new Date(+(/** @type {any} */ (v)).getStartDate() + v.currentTime * 1000) : null);
    if (d && Number.isFinite(+d)) {
      const s = (Date.now() - +d) / 1000;
      if (s > 0 && s < 3600) return s;   // outside: this device's clock is off
    }
    return h && Number.isFinite(h.latency) && h.latency > 0 ? h.latency : null;
  }

  /** How far behind the usual place the viewer is, seconds. */
  behind() {
    const h = this.hls;
    if (!h || h.liveSyncPosition === null || h.liveSyncPosition === undefined) return 0;
    return h.liveSyncPosition - this.video.currentTime;
  }

  /** @returns {Level[]} one per picture size; redundant copies of a rung are left out */
  levels() {
    const out = /** @type {Level[]} */ ([]), seen = new Set();
    (this.hls?.levels ?? []).forEach((l, index) => {
      const key = `${l.height}/${l.bitrate}`;
      if (seen.has(key)) return;
      seen.add(key);
      out.push({ index, name: l.name ?? "", width: l.width, height: l.height, bitrate: l.bitrate });
    });
    return out;
  }

  get level() { return this.hls?.currentLevel ?? -1; }
  get auto() { return this.hls?.autoLevelEnabled ?? true; }
  /** @param {number} index −1 = automatic */
  setLevel(index) { if (this.hls) this.hls.nextLevel = index; }
  bitrate() { const l = this.hls?.levels[this.level]; return l ? l.bitrate : null; }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.watchdog);
    this.hls?.destroy();
    this.hls = null;
    if (this.native) { this.video.removeAttribute("src"); this.video.load(); }
  }
}
