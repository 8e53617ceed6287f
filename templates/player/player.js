/** The page: a list of streams at `/`, one of them playing at `/watch/<stream>`. Nothing is stored, nobody is counted. */
import { byId } from "./dom.js";
import { MESSAGE, TIER } from "./text.js";
import { watch } from "./watch.js";

/**
 * @typedef {{ name: string, latency: "standard"|"low"|"ultra", playlist: string, dash?: string, whep?: string, token: boolean }} Stream
 * @typedef {{ name: string, streams: Stream[] }} Streams
 */

/** @returns {Promise<Streams>} asks until it is answered */
async function streams() {
  for (let wait = 500; ; wait = Math.min(5000, wait * 2)) {
    try {
      const res = await fetch("/streams.json", { cache: "no-cache" });
      if (res.ok) return await res.json();
    } catch { /* no connection: said below, tried again */ }
    nothing("Connecting…", "The server does not answer yet. This page tries again by itself.");
    await new Promise((r) => setTimeout(r, wait));
  }
}

/** Base addresses of other distributors, for when this one is gone. @returns {Promise<string[]>} */
async function others() {
  try {
    const res = await fetch("/pathways.json", { cache: "no-cache" });
    if (res.ok) return (await res.json()).others.filter((/** @type {string} */ base) => base.startsWith("https://"));
  } catch { /* then there is only this one */ }
  return [];
}

/** @param {"list"|"watch"|"nothing"} id */
function show(id) {
  for (const s of ["list", "watch", "nothing"]) byId(s).hidden = s !== id;
}

/** @param {string} title @param {string} text */
function nothing(title, text) {
  byId("nothing-title").textContent = title;
  byId("nothing-text").textContent = text;
  show("nothing");
}

/** @param {Streams} all */
function list(all) {
  byId("list-note").textContent = all.streams.length === 1 ? "One stream." : `${all.streams.length} streams. Choose one to watch.`;
  byId("cards").replaceChildren(...all.streams.map((s) => {
    const li = document.createElement("li"), a = document.createElement("a"), strong = document.createElement("strong"), p = document.createElement("p"), tags = document.createElement("div");
    a.className = "card";
    a.href = `/watch/${encodeURIComponent(s.name)}`;
    strong.textContent = s.name;
    p.textContent = TIER[s.latency].line;
    tags.className = "tags";
    for (const text of [TIER[s.latency].tag, ...(s.token ? ["By invitation"] : [])]) {
      const t = document.createElement("span");
      t.className = "tag";
      t.textContent = text;
      tags.append(t);
    }
    a.append(strong, p, tags);
    li.append(a);
    return li;
  }));
  show("list");
}

/**
 * A personal link carries `#t=<signature>.<expiry>` (a fragment stays out of server logs; `?t=` works too).
 * @param {string} path @returns {string} the path that the server checks
 */
function signed(path) {
  const t = new URLSearchParams(location.hash.slice(1)).get("t") ?? new URLSearchParams(location.search).get("t");
  const m = t ? /^([A-Za-z0-9_-]{22})\.(\d{10})$/.exec(t) : null;
  return m ? `/s/${m[1]}/${m[2]}${path}` : path;
}

async function main() {
  const all = await streams();
  document.title = all.name;
  byId("brand").textContent = all.name;
  const m = /^\/watch\/([^/]+)\/?$/.exec(location.pathname);
  if (!m) {
    if (all.streams.length === 0) return nothing("No streams", "This event has no streams yet.");
    return list(all);
  }
  let name = m[1] ?? "";
  try { name = decodeURIComponent(name); } catch { /* a name that is not one: not found below */ }
  const stream = all.streams.find((s) => s.name === name);
  byId("all").hidden = all.streams.length < 2;
  if (!stream) {
    byId("all").hidden = false;
    return nothing("No such stream", "It may have a different name now. See all streams.");
  }
  document.title = `${stream.name} · ${all.name}`;
  byId("watch-title").textContent = stream.name;
  show("watch");
  if (stream.token && signed("/") === "/") {
    byId("stage").dataset["state"] = "denied";
    byId("message").textContent = MESSAGE["needs-link"];
    return;
  }
  watch({ ...stream, playlist: signed(stream.playlist), ...(stream.whep ? { whep: signed(stream.whep) } : {}) }, others());
}

addEventListener("hashchange", () => location.reload());
void main();
