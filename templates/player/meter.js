/**
 * Watches the picture itself: a stall is a picture that stood still for more than 250 ms while it should have moved.
 * Independent of the engine, so that HLS and WHEP are judged by the same measure.
 */
const STALL_MS = 250;
const TICK_MS = 50;

export class Meter {
  /** @param {HTMLVideoElement} video @param {(stalled: boolean) => void} onChange */
  constructor(video, onChange) {
    this.video = video;
    this.onChange = onChange;
    this.started = false;
    this.stalls = 0;
    this.stalledMs = 0;
    /** @type {number|null} smallest forward buffer since the start, seconds */
    this.minBuffer = null;
    this.stalled = false;
    this.lastTime = 0;
    this.lastMove = performance.now();
    this.lastTick = performance.now();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    // Not `video.paused`: that is also true while a source is being replaced, and then the viewer does wait.
    this.paused = false;
    /** WebRTC: the element's clock runs on without pictures, so pictures are counted. */
    this.byFrames = false;
    video.addEventListener("pause", () => { if (!video.ended) this.paused = true; });
    video.addEventListener("play", () => { this.paused = false; });
  }

  tick() {
    const now = performance.now(), v = this.video;
    // A sleeping tab runs timers rarely: the time it slept is not a stall.
    const slept = now - this.lastTick > 1500;
    this.lastTick = now;
    const at = this.byFrames && v.videoWidth > 0 ? v.getVideoPlaybackQuality().totalVideoFrames : v.currentTime;
    const moved = at > this.lastTime && v.readyState >= 2 && !v.seeking;
    this.lastTime = at;
    if (moved) {
      this.started = true;
      this.end(now);
      this.lastMove = now;
    } else if (slept || this.paused || !this.started || document.hidden) {
      this.end(now);
      this.lastMove = now;
    } else if (!this.stalled && now - this.lastMove > STALL_MS) {
      this.stalled = true;
      this.stalls++;
      this.onChange(true);
    }
    if (this.started && v.buffered.length > 0) {
      const b = forwardBuffer(v);
      if (this.minBuffer === null || b < this.minBuffer) this.minBuffer = b;
    }
  }

  /** @param {number} now */
  end(now) {
    if (!this.stalled) return;
    this.stalled = false;
    this.stalledMs += now - this.lastMove;
    this.onChange(false);
  }

  /** @returns {number} seconds, with the stall that is going on */
  seconds() {
    return (this.stalledMs + (this.stalled ? performance.now() - this.lastMove : 0)) / 1000;
  }
}

/** @param {HTMLVideoElement} v @returns {number} seconds of media ahead of the playhead */
export function forwardBuffer(v) {
  for (let i = 0; i < v.buffered.length; i++) {
    if (v.currentTime >= v.buffered.start(i) - 0.1 && v.currentTime <= v.buffered.end(i)) return v.buffered.end(i) - v.currentTime;
  }
  return 0;
}
