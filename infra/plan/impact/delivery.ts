import { upstreamOrder } from "../../render/nginx-distributor.ts";
import type { Host, StreamPlan } from "../model.ts";
import { type Context, effect, type FilePair } from "./context.ts";
import { EDGE_RETRY_SECONDS } from "./encoding.ts";
import type { Effect } from "./impact.ts";
import { changedKeys, reloadOf } from "./mediamtx-rules.ts";
import { mediamtxText } from "./mediamtx-text.ts";

/** What a changed nginx.conf does on a distributor: nginx reads it again; old workers finish what they serve. */
export function distributorEffects(context: Context, host: Host): Effect[] {
  const reload = effect("hot-reload", "nginx reads it again; requests under way are finished", context.cause(null, "transcoders", "distributors", "streams"));
  return [reload, ...context.servedOtherwise.filter(({ old }) => old.distributors.includes(host.name)).flatMap(({ old, now }) => servedEffects(context, host, old, now))];
}

function servedEffects(context: Context, host: Host, old: StreamPlan, now: StreamPlan): Effect[] {
  const stream = old.name;
  const stop = { stream, viewers: context.viewersAt(stream, host) };
  const effects: Effect[] = [];
  if (!now.distributors.includes(host.name)) return [effect("viewers-rebuffer", `${host.name} no longer serves it`, context.cause(stream, "distributors"), { ...stop, felt: `of ${host.name} have to open it again` })];
  const stricter = now.origins.length > 0 && (old.origins.length === 0 || old.origins.some((origin) => !now.origins.includes(origin)));
  if (stricter) effects.push(effect("viewers-rebuffer", "pages that are no longer listed cannot play it", context.cause(stream, "origins", "access"), { ...stop, felt: "on pages that are no longer listed lose it" }));
  if (old.latency === "standard" && now.latency === "standard") {
    const first = upstreamOrder(regions(context.before), old, host.region)[0] ?? "";
    const next = upstreamOrder(regions(context.after), now, host.region)[0] ?? "";
    const cause = context.cause(stream, "transcoders", "redundancy", "viewers", "regions");
    if (first !== next && old.transcoders.includes(next)) effects.push(effect("hot-reload", `taken from ${next} instead of ${first}; both make the same segments`, cause, { stream }));
    else if (first !== next) effects.push(effect("stream-restarts", `moves from ${first} to ${next}, which begins it with this change; viewers keep playing`, cause, { stream, seconds: 0 }));
  }
  return effects;
}

const maps = new WeakMap<object, ReadonlyMap<string, string>>();

function regions({ plan }: Context["before"]): ReadonlyMap<string, string> {
  const known = maps.get(plan) ?? new Map(plan.hosts.map((h) => [h.name, h.region]));
  maps.set(plan, known);
  return known;
}

/** What a changed mediamtx.yml does on a distributor, which carries low and ultra streams only. */
export function edgeEffects(context: Context, host: Host, { before, after }: FilePair): Effect[] {
  if (before === null || after === null) return [];
  const old = mediamtxText(before), now = mediamtxText(after);
  const effects: Effect[] = [];
  const stopped = (stream: string, reason: string, ...keys: string[]): Effect =>
    effect("viewers-rebuffer", reason, context.cause(stream, ...keys), { stream, viewers: context.viewersAt(stream, host), seconds: EDGE_RETRY_SECONDS });
  const fast = [...context.streams.before.values()].filter((s) => old.paths.has(`live/${s.name}`));
  for (const key of changedKeys(old.globals, now.globals)) {
    const reload = reloadOf(key);
    const concerned = fast.filter((s) => reload.closes === "everything" || (reload.closes === "server" && reload.server === (s.latency === "ultra" ? "webrtc" : "hls")));
    if (concerned.length === 0) effects.push(effect("hot-reload", `${key} is reloaded; nobody watches through it`, context.cause(null, "latency", "distributors"), {}));
    effects.push(...concerned.map((s) => stopped(s.name, `the server it is watched through is opened again (${key})`, "latency", "distributors")));
  }
  for (const path of new Set([...old.paths.keys(), ...now.paths.keys()])) {
    const stream = path.split("/")[1] ?? "";
    const a = old.paths.get(path), b = now.paths.get(path);
    if (a === undefined) effects.push(effect("hot-reload", `begins to serve ${stream}`, context.cause(stream, "latency"), { stream }));
    else if (b === undefined) effects.push({ ...stopped(stream, "is no longer served here at this latency", "latency"), seconds: null, felt: "have to open it again" });
    else if (a !== b || context.mentionsChanged(b)) effects.push(stopped(stream, "is pulled from another transcoder; its path is opened again", "transcoders", "redundancy"));
  }
  if (effects.length === 0) effects.push(effect("hot-reload", "is reloaded", context.cause(null, "streams")));
  return effects;
}
