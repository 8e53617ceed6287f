/** One stream playing: controls, messages, details, and `window.headend` for those who measure. */
import { HlsEngine, stateOf } from "./hls-engine.js";
import { WhepEngine } from "./whep-engine.js";
import { Meter, forwardBuffer } from "./meter.js";
import { MESSAGE, TIER, rate, seconds } from "./text.js";
import { byId } from "./dom.js";

const IDLE_MS = 3000;
const MAX_ERRORS = 200;
/** A stall this long gets an explanation. */
const TELL_MS = 2000;

/**
 * @param {import("./player.js").Stream} stream
 * @param {Promise<string[]>} elsewhere base addresses of other distributors
 */
export function watch(stream, elsewhere) {
  const video = /** @type {HTMLVideoElement} */ (byId("video"));
  const stage = byId("stage"), message = byId("message"), unmute = byId("unmute"), quality = /** @type {HTMLSelectElement} */ (byId("quality"));
  const volume = /** @type {HTMLInputElement} */ (byId("volume")), live = byId("live"), details = byId("details"), info = byId("info");
  /** @type {import("./hls-engine.js").PlayError[]} */ const errors = [];
  let errorCount = 0, fellBack = false, trouble = { at: 0, code: /** @type {number|null} */ (null) };
  /** @type {import("./text.js").State} */ let state = "connecting";
  /** @type {HlsEngine | WhepEngine} */ let engine;
  /** @type {string[]} */ const bases = [""];
  void elsewhere.then((list) => bases.push(...list));

  /** @param {import("./text.js").State} next */
  const setState = (next) => {
    state = next;
    stage.dataset["state"] = next === "expired" || next === "needs-link" ? "denied" : next;
    const text = MESSAGE[next];
    if (text && message.textContent !== text) message.textContent = text;
  };

  const meter = new Meter(video, (stalled) => {
    if (stalled && state === "playing") setState("buffering");
    else if (!stalled && !video.paused && meter.started) setState("playing");
  });

  const events = {
    /** @param {import("./text.js").State} s */
    state: (s) => {
      // What is still buffered plays on: a message over a moving picture would be wrong.
      if (meter.started && !meter.stalled && !video.paused && (s === "reconnecting" || s === "waiting" || s === "connecting") && forwardBuffer(video) > 0.3) return;
      setState(s === "waiting" && meter.started ? "interrupted" : s);
    },
    /** @param {import("./hls-engine.js").PlayError} e */
    error: (e) => { errorCount++; if (e.type !== "mediaError") trouble = { at: Date.now(), code: e.code }; errors.push(e); if (errors.length > MAX_ERRORS) errors.shift(); },
    levels: () => fillQuality(),
    wanted: () => !meter.paused,
  };

  const startHls = () => { meter.byFrames = false; engine = new HlsEngine(video, stream.playlist, events, bases); void engine.start(); };
  const fallBack = stream.playlist ? () => { engine.stop(); fellBack = true; startHls(); } : null;

  /** @param {{ height: number, name: string, bitrate: number }} l @param {boolean} twin another rung has the same height */
  const levelName = (l, twin) => (l.height ? `${l.height}p` : l.name || rate(l.bitrate)) + (twin ? ` · ${rate(l.bitrate)}` : "");

  function fillQuality() {
    const levels = engine.levels();
    byId("quality-label").hidden = levels.length < 2;
    const sorted = [...levels].sort((a, b) => b.bitrate - a.bitrate);
    const now = levels.find((l) => l.index === engine.level);
    const options = [{ value: "-1", text: engine.auto && now?.height ? `Auto (${now.height}p)` : "Auto" },
      ...sorted.map((l) => ({ value: String(l.index), text: levelName(l, sorted.some((o) => o !== l && o.height === l.height)) }))];
    quality.replaceChildren(...options.map((o) => Object.assign(document.createElement("option"), { value: o.value, textContent: o.text })));
    quality.value = engine.auto ? "-1" : String(engine.level);
  }

  const setMuted = (/** @type {boolean} */ m) => { video.muted = m; if (!m && video.volume === 0) video.volume = 1; };
  const togglePlay = () => { if (video.paused) { void engine.play(); if (engine.behind() > 20) engine.seekLive(); } else video.pause(); };
  const toggleFull = () => {
    const v = /** @type {any} */ (video);
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (stage.requestFullscreen) void stage.requestFullscreen().catch(() => undefined);
    else if (v.webkitEnterFullscreen) v.webkitEnterFullscreen();   // iPhone: only the video itself can
  };
  const togglePip = () => { if (document.pictureInPictureElement) void document.exitPictureInPicture(); else void video.requestPictureInPicture?.().catch(() => undefined); };
  const toggleInfo = () => { details.hidden = !details.hidden; info.setAttribute("aria-expanded", String(!details.hidden)); refresh(); if (!details.hidden) details.scrollIntoView({ block: "nearest", behavior: "smooth" }); };
  const nudge = (/** @type {number} */ d) => { video.volume = Math.min(1, Math.max(0, video.volume + d)); setMuted(video.volume === 0); };

  function reflect() {
    const silent = video.muted || video.volume === 0;
    stage.classList.toggle("paused", video.paused);
    stage.classList.toggle("muted", silent);
    byId("play").setAttribute("aria-label", video.paused ? "Play" : "Pause");
    byId("mute").setAttribute("aria-label", silent ? "Unmute" : "Mute");
    byId("mute").setAttribute("aria-pressed", String(silent));
    volume.value = String(video.muted ? 0 : Math.round(video.volume * 100));
    unmute.hidden = !video.muted || !meter.started;
  }

  byId("play").onclick = togglePlay;
  byId("mute").onclick = () => setMuted(!video.muted);
  unmute.onclick = () => { setMuted(false); void engine.play(); byId("mute").focus({ preventScroll: true }); };
  volume.oninput = () => { video.volume = Number(volume.value) / 100; setMuted(volume.value === "0"); };
  live.onclick = () => engine.seekLive();
  quality.onchange = () => { engine.setLevel(Number(quality.value)); };
  info.onclick = toggleInfo;
  byId("full").onclick = toggleFull;
  byId("pip").onclick = togglePip;
  byId("pip").hidden = !document.pictureInPictureEnabled;
  video.onclick = togglePlay;
  video.ondblclick = toggleFull;
  for (const e of ["play", "pause", "volumechange", "loadeddata"]) video.addEventListener(e, reflect);
  video.addEventListener("loadeddata", () => { stage.dataset["picture"] = "yes"; });
  video.addEventListener("pause", () => { if (state === "playing" && !video.ended) setState("paused"); });
  video.addEventListener("playing", () => { setState("playing"); reflect(); });
  video.addEventListener("waiting", () => { if (meter.started && state === "playing") setState("buffering"); });

  /** @type {Record<string, () => void>} */
  const keys = { " ": togglePlay, k: togglePlay, m: () => setMuted(!video.muted), f: toggleFull, d: toggleInfo, p: togglePip, l: () => engine.seekLive(), ArrowUp: () => nudge(0.1), ArrowDown: () => nudge(-0.1) };
  addEventListener("keydown", (e) => {
    const t = /** @type {HTMLElement} */ (e.target);
    if (e.ctrlKey || e.altKey || e.metaKey || /^(select|input|textarea)$/i.test(t.tagName) || (t.tagName === "BUTTON" && e.key === " ") || (t.tagName === "A" && e.key === " ")) return;
    const act = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (act) { e.preventDefault(); act(); wake(); }
  });

  /** @type {ReturnType<typeof setTimeout> | undefined} */ let idle;
  function wake() {
    stage.classList.remove("idle");
    clearTimeout(idle);
    idle = setTimeout(() => { if (!video.paused && state === "playing") stage.classList.add("idle"); }, IDLE_MS);
  }
  for (const e of ["pointermove", "pointerdown", "focusin", "touchstart"]) stage.addEventListener(e, wake, { passive: true });
  wake();

  function refresh() {
    const s = stats();
    // Dry for a while and requests fail: "Loading…" would be a lie.
    if (state === "buffering" && meter.stalled && performance.now() - meter.lastMove > TELL_MS && Date.now() - trouble.at < 8000) setState(stateOf(trouble.code) === "reconnecting" ? "reconnecting" : "interrupted");
    const away = engine.behind() > 4 || video.paused;
    live.classList.toggle("on", state === "playing" && !away);
    byId("live-text").textContent = away && meter.started ? "Go to live" : "Live";
    unmute.hidden = !video.muted || !meter.started;
    byId("line").textContent = fellBack ? "A direct connection is not possible here: playing with a longer delay." : state === "playing" && s.latency !== null ? `Live, ${seconds(s.latency)} behind` : TIER[stream.latency].line;
    if (details.hidden) return;
    const rows = [["Delay", seconds(s.latency)], ["Buffer", s.engine === "whep" ? "–" : seconds(s.buffer)], ["Picture", s.width ? `${s.width} × ${s.height}` : "–"], ["Bitrate", rate(engine.bitrate())],
      ["Interruptions", s.stalls === 0 ? "none" : `${s.stalls} (${seconds(s.stallSeconds)})`], ["Dropped frames", String(s.droppedFrames)], ["Playing with", s.engine === "whep" ? "WebRTC" : s.engine === "native" ? "HLS (browser)" : "HLS"], ["Reconnects", String(s.restarts)]];
    details.replaceChildren(...rows.map(([k, v]) => {
      const div = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = k ?? ""; dd.textContent = v ?? "";
      div.append(dt, dd);
      return div;
    }));
  }

  /** Numbers about this viewing, for tests and for people who help viewers. */
  function stats() {
    const q = video.getVideoPlaybackQuality?.();
    return {
      engine: engine.native ? "native" : engine.kind, state, message: MESSAGE[state], fellBack,
      started: meter.started, paused: video.paused, muted: video.muted, currentTime: video.currentTime,
      stalls: meter.stalls, stallSeconds: meter.seconds(), stalled: meter.stalled,
      buffer: forwardBuffer(video), minBuffer: meter.minBuffer, latency: engine.latency(),
      level: engine.level, autoLevel: engine.auto, levels: engine.levels(), width: video.videoWidth, height: video.videoHeight,
      decodedFrames: q?.totalVideoFrames ?? 0, droppedFrames: q?.droppedVideoFrames ?? 0,
      errorCount, errors: errors.slice(), restarts: engine.restarts, kicks: engine.kicks,
    };
  }

  Object.defineProperty(window, "headend", { value: { stream: stream.name, get hls() { return engine.hls; }, stats }, configurable: true });

  setState("connecting");
  if (stream.latency === "ultra" && stream.whep) { meter.byFrames = true; engine = new WhepEngine(video, stream.whep, events, fallBack, bases); void engine.start(); }
  else startHls();
  video.muted = true;
  reflect();
  setInterval(refresh, 500);
  addEventListener("pagehide", () => engine.stop());
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
}
