import type { AgentConfig, AgentStream } from "../../agent/config.ts";
import type { Host } from "../model.ts";
import { type Context, effect, type FilePair } from "./context.ts";
import type { Effect } from "./impact.ts";
import { slateFor } from "./ingest.ts";
import { changedKeys, reloadOf } from "./mediamtx-rules.ts";
import { mediamtxText } from "./mediamtx-text.ts";

/** A distributor pulls a low or ultra stream again this long after it broke off: MediaMTX tries static sources every 5 s (knowledge: media 2.4), then players join anew. */
export const EDGE_RETRY_SECONDS = 8;

/** What a change of agent.json does: the agent compares stream by stream (infra/agent/stream.ts, `encoding`). */
export function agentEffects(context: Context, { before, after }: FilePair): Effect[] {
  if (before === null || after === null) return [];
  const old = streamsOf(before), now = streamsOf(after);
  const effects: Effect[] = [];
  for (const [name, stream] of now) {
    const previous = old.get(name);
    if (previous === undefined) effects.push(effect("hot-reload", `begins ${name}`, context.cause(name, "streams", "transcoders", "redundancy"), { stream: name }));
    else if (JSON.stringify(previous) !== JSON.stringify(stream)) effects.push(...changeOf(context, previous, stream));
  }
  for (const name of old.keys()) if (!now.has(name)) effects.push(leaving(context, name));
  return effects.length > 0 ? effects : [effect("hot-reload", "the agent reads it again", context.cause(null, "streams"))];
}

/** A stream that this transcoder no longer carries. Distributors have turned to the others before it goes, or it is gone altogether. */
function leaving(context: Context, name: string): Effect {
  if (context.streams.after.has(name)) return effect("hot-reload", `ends ${name}, which others carry`, context.cause(name, "transcoders", "redundancy", "viewers"), { stream: name });
  return effect("viewers-rebuffer", `ends ${name}, which the topology no longer has`, context.cause(name, "streams"), { stream: name, viewers: context.viewers(name), felt: "lose it for good" });
}

function changeOf(context: Context, old: AgentStream, now: AgentStream): Effect[] {
  const stream = now.name;
  const dirs = (s: AgentStream): string[] => s.renditions.map((r) => r.dir);
  const gone = old.renditions.filter((r) => !dirs(now).includes(r.dir)).map((r) => r.name);
  const come = now.renditions.filter((r) => !dirs(old).includes(r.dir)).map((r) => r.name);
  const cause = context.cause(stream, ...(old.latency === now.latency ? [] : ["latency"]), "ladder", "segmentSeconds", "audio", "source", "encoder", "dash", "publishers");
  const effects: Effect[] = [];
  const stop = (reason: string, seconds: number | null): Effect =>
    effect("viewers-rebuffer", reason, cause, { stream, viewers: context.viewers(stream), seconds, felt: seconds === null ? "have to open it again" : null });
  if (old.latency !== now.latency) effects.push(stop(`latency ${old.latency} → ${now.latency}: its addresses change, players have to begin again`, null));
  else if (now.out !== null) { if (encoding(old) !== encoding(now)) effects.push(stop("its FFmpeg starts again and distributors pull it anew", EDGE_RETRY_SECONDS)); }
  else {
    const audio = old.audio.dir !== now.audio.dir;
    const none = old.renditions.length > 0 && gone.length === old.renditions.length;
    const named = come.filter((name) => !gone.includes(name)), left = gone.filter((name) => !come.includes(name)), altered = gone.filter((name) => come.includes(name));
    const what = [...(named.length > 0 ? [`adds ${named.join(", ")}`] : []), ...(left.length > 0 ? [`removes ${left.join(", ")}`] : []), ...(altered.length > 0 ? [`changes ${altered.join(", ")}`] : []), ...(audio ? ["changes the audio"] : [])].join(", ");
    if (none || audio) effects.push(stop(`${what || "changes its settings"}: ${none ? "every rendition" : "the audio of every rendition"} gets a new address, players have to begin again`, PLAYER_RESTART_SECONDS));
    else if (encoding(old) !== encoding(now)) {
      const moved = gone.length > 0 ? `; viewers of ${gone.join(", ")} go on with another rendition` : "";
      effects.push(effect("stream-restarts", `${what || "its settings change"}: its FFmpeg starts again and fills the gap${moved}`, cause, { stream, seconds: 0 }));
    }
    if (old.dash && !now.dash) effects.push(effect("viewers-rebuffer", "its DASH manifest goes; DASH players stop", context.cause(stream, "dash"), { stream, viewers: context.viewers(stream), felt: "who use DASH have to open it again as HLS" }));
  }
  return effects.length > 0 ? effects : [effect("hot-reload", "the agent takes its new settings; FFmpeg goes on", cause, { stream })];
}

/** A player whose renditions are all gone plays out its buffer and then reads the stream's address again (player page's watchdog; measured with hls.js: 12 s). */
const PLAYER_RESTART_SECONDS = 12;
/** Until a relay path that was opened again has its input and its FFmpeg back. */
const REOPENED_SECONDS = 1;

/** What FFmpeg's work depends on besides its arguments; the same list as the agent's. */
function encoding(s: AgentStream): string {
  return JSON.stringify([s.segmentSeconds, s.fps, s.air, s.out, s.renditions.map((r) => r.dir), s.audio.dir]);
}

/** What a change of a stream's FFmpeg arguments does. */
export function argumentEffects(context: Context, path: string, { before, after }: FilePair): Effect[] {
  const stream = /^ffmpeg\/(.+)\.args$/.exec(path)?.[1] ?? path;
  if (before === null || after === null) {
    return [effect("nothing", before === null ? "arguments of a stream that begins here" : "arguments of a stream that has left", context.cause(stream, "streams", "transcoders", "redundancy"), { stream })];
  }
  const cause = context.cause(stream, "latency", "ladder", "encoder", "source", "audio", "segmentSeconds");
  if (context.streams.before.get(stream)?.latency === "standard") return [effect("stream-restarts", "its FFmpeg starts again with these arguments and fills the gap", cause, { stream, seconds: 0 })];
  return [effect("viewers-rebuffer", "its FFmpeg starts again and distributors pull it anew", cause, { stream, viewers: context.viewers(stream), seconds: EDGE_RETRY_SECONDS })];
}

/** What a change of the relay's mediamtx.yml does on a transcoder. */
export function relayEffects(context: Context, host: Host, { before, after }: FilePair): Effect[] {
  if (before === null || after === null) return [];
  const old = mediamtxText(before), now = mediamtxText(after);
  const effects: Effect[] = [];
  const severe = changedKeys(old.globals, now.globals).filter((key) => { const r = reloadOf(key); return r.closes === "everything" || (r.closes === "server" && r.server === "rtsp"); });
  if (severe.length > 0) for (const stream of carried(context, host)) effects.push(restart(context, stream, `the relay closes every connection (${severe.join(", ")})`));
  for (const path of new Set([...old.paths.keys(), ...now.paths.keys()])) {
    const [kind = "", stream = ""] = path.split("/");
    const a = old.paths.get(path), b = now.paths.get(path);
    const changed = a !== undefined && b !== undefined && a !== b;
    if (changed && kind === "air") effects.push(restart(context, stream, "its slate changes, which closes what FFmpeg reads", "slate", "source", "ladder"));
    else if (changed) effects.push(restart(context, stream, `${path} is opened again`));
  }
  const cause = context.cause(null, "streams", "transcoders", "multiplexers");
  return [effect("hot-reload", "the relay reads it again; who is connected and what is on air stays", cause), ...effects];
}

function restart(context: Context, stream: string, reason: string, ...keys: string[]): Effect {
  const cause = context.cause(stream, ...keys);
  if (context.streams.before.get(stream)?.latency === "standard") return effect("stream-restarts", `${reason}: its FFmpeg starts again and fills the gap, with the slate for a moment`, cause, { stream, seconds: REOPENED_SECONDS, felt: slateFor(REOPENED_SECONDS) });
  return effect("viewers-rebuffer", `${reason}: distributors pull it anew`, cause, { stream, viewers: context.viewers(stream), seconds: EDGE_RETRY_SECONDS });
}

/** Streams that a transcoder carries before and after. */
export function carried(context: Context, host: Host): string[] {
  return context.carriedBefore(host.name).filter((stream) => context.streams.after.get(stream)?.transcoders.includes(host.name));
}

const parsed = new WeakMap<object, ReadonlyMap<string, AgentStream>>();

function streamsOf(file: { readonly content: string }): ReadonlyMap<string, AgentStream> {
  const known = parsed.get(file) ?? new Map((JSON.parse(file.content) as AgentConfig).streams.map((s) => [s.name, s]));
  parsed.set(file, known);
  return known;
}
