/** Everything a viewer can read, in one place. Words, no codes. */

/** @typedef {"connecting"|"waiting"|"playing"|"paused"|"buffering"|"reconnecting"|"interrupted"|"denied"|"expired"|"needs-link"|"unsupported"|"blocked"} State */

/** @type {Record<State, string>} */
export const MESSAGE = {
  connecting: "Connecting…",
  waiting: "The stream has not started yet — waiting…",
  playing: "",
  paused: "",
  buffering: "Loading…",
  reconnecting: "Connection lost — reconnecting…",
  interrupted: "The stream is interrupted — waiting for it to come back…",
  denied: "This link does not allow you to watch. Ask the organiser for a new one.",
  expired: "This link has expired. Ask the organiser for a new one.",
  "needs-link": "This stream is by invitation: open the personal link you were given.",
  unsupported: "This browser cannot play live video. Please try a current Firefox, Chrome, Edge or Safari.",
  blocked: "Press play to start.",
};

export const TIER = {
  standard: { tag: "Most reliable", line: "Live, a few seconds behind" },
  low: { tag: "Low delay", line: "Live, with a short delay" },
  ultra: { tag: "Real time", line: "Live, less than a second behind" },
};

/** @param {number|null|undefined} s seconds @returns {string} */
export const seconds = (s) => (s === null || s === undefined || !Number.isFinite(s) ? "–" : s < 10 ? `${s.toFixed(1)} s` : `${Math.round(s)} s`);

/** @param {number|null|undefined} bps @returns {string} */
export const rate = (bps) => (!bps ? "–" : bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`);
