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
    for (const name of ["seeking", "seeked", "play", "emptied"]) video.addEventListener(name, () => { this.lastMove = performance.now(); });
  }

  tick() {
    const now = performance.now(), v = this.video;
    // A sleeping tab runs timers rarely: the time it slept is not a stall.
    const slept = now - this.lastTick > 1500;
    this.lastTick = now;
    if (v.currentTime !== this.lastTime) {
      if (v.currentTime > this.lastTime && !v.paused && v.readyState >= 2) this.started = true;
      this.lastTime = v.currentTime;
      this.end(now);
      this.lastMove = now;
    } else if (slept || v.paused || v.seeking || !this.started || document.hidden) {
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
