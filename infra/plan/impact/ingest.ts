import { pushOf } from "../../forwarder/hop.ts";
import type { IngestProtocol } from "../../spec/topology.ts";
import type { Host, PublishPath, StreamPlan } from "../model.ts";
import { type Context, effect, type FilePair } from "./context.ts";
import type { Effect } from "./impact.ts";
import { changedKeys, HOT_PATH_KEYS, reconnecting, reloadOf } from "./mediamtx-rules.ts";
import { destinations, mediamtxText, pathKeys } from "./mediamtx-text.ts";

/** How long encoders are away that lose their connection: ffmpeg and OBS try again after 1 to 2 s, and RTMP needs 2 s to be taken in (knowledge: continuity 6). */
export const RECONNECT_SECONDS = 3;
/** MediaMTX tries a lost or refused push again after this long (knowledge: media 2.4). */
const PUSH_RETRY_SECONDS = 5;

/** What viewers of a stream see that has no input for a while. */
export function slateFor(seconds: number): string {
  return `shows the slate for up to ${seconds} s`;
}

/** What a changed mediamtx.yml does on a multiplexer. */
export function ingestEffects(context: Context, host: Host, { before, after }: FilePair): Effect[] {
  if (before === null || after === null) return [];
  const old = mediamtxText(before), now = mediamtxText(after);
  const effects: Effect[] = [];
  for (const key of changedKeys(old.globals, now.globals)) effects.push(...globalEffects(context, host, key));
  const paths = [...new Set([...old.paths.keys(), ...now.paths.keys()])].map((path) => ({ path, effects: pathEffects(context, host, path, old.paths.get(path), now.paths.get(path)) }));
  const closed = new Set(paths.filter((one) => one.effects.some((e) => e.publishers.length > 0)).map((one) => one.path));
  for (const user of changedKeys(old.users, now.users)) {
    const [stream = "", publisher = ""] = user.split(".");
    const before = old.users.get(user), after = now.users.get(user);
    // Who comes, goes or is dropped is told by its path.
    if (before === undefined || after === undefined || closed.has(`${stream}/${publisher}`)) continue;
    const key = passOf(before) !== passOf(after);
    effects.push(effect("hot-reload", `${publisher} is not dropped; when it connects next, it ${key ? "needs its new key" : "must come from a listed address"}`, context.cause(stream, key ? "keyRotation" : "from", publisher), { stream }));
  }
  effects.push(...paths.flatMap((one) => one.effects));
  return effects;
}

function passOf(user: string): string | undefined {
  return /^ +pass: (.*)$/m.exec(user)?.[1];
}

function globalEffects(context: Context, host: Host, key: string): Effect[] {
  const reload = reloadOf(key);
  const cause = context.cause(null, "multiplexers", "regions");
  if (reload.closes === "nothing") return [effect("hot-reload", `${key} is reloaded`, cause)];
  const protocols = reload.closes === "server" ? reload.protocols : null;
  const what = reload.closes === "server" ? `the ${reload.server} server is opened again (${key})` : `every path is opened again (${key})`;
  const dropped = [...context.streams.before.values()].flatMap((stream) => dropAt(host, stream, (p) => protocols === null || p.via.some((v) => protocols.includes(v as IngestProtocol)), what, cause));
  return dropped.length > 0 ? dropped : [effect("hot-reload", `${what}; nobody publishes there`, cause)];
}

/** The publishers of a stream that come in at a host first and lose their connection there. */
export function dropAt(host: Host, stream: StreamPlan, which: (path: PublishPath) => boolean, reason: string, cause: Effect["cause"], seconds = RECONNECT_SECONDS): Effect[] {
  const publishers = stream.publish.filter((path) => path.multiplexers[0] === host.name && which(path)).map((path) => path.publisher);
  return publishers.length === 0 ? [] : [effect("publishers-drop", reason, cause, { stream: stream.name, publishers, seconds })];
}

type PathKeys = ReadonlyMap<string, string>;

function pathEffects(context: Context, host: Host, path: string, before: string | undefined, after: string | undefined): Effect[] {
  if (before === after && !context.mentionsChanged(after as string)) return [];
  const [stream = "", publisher = ""] = path.split("/");
  const isFirst = (streams: Context["streams"]["before"]): boolean => streams.get(stream)?.publish.find((p) => p.path === path)?.multiplexers[0] === host.name;
  if (before === undefined) return [effect("hot-reload", `${publisher} may publish ${stream}`, context.cause(stream, publisher, "publishers"), { stream })];
  if (after === undefined) {
    const cause = context.cause(stream, publisher, "publishers");
    if (!isFirst(context.streams.before)) return [effect("hot-reload", `${publisher} may no longer publish ${stream} here`, cause, { stream })];
    return [effect("publishers-drop", `${publisher} may no longer publish ${stream} and loses its connection`, cause, { stream, publishers: [publisher], felt: "for good" })];
  }
  const old = pathKeys(before), now = pathKeys(after);
  const keys = changedKeys(old, now);
  const secret = [...now].filter(([key, text]) => !keys.includes(key) && context.mentionsChanged(text)).map(([key]) => key);
  const closing = [...keys, ...secret].filter((key) => !HOT_PATH_KEYS.has(key));
  if (closing.length > 0) {
    const cause = closing.includes("srtPublishPassphrase") && secret.length > 0 ? context.cause(stream, "keyRotation", publisher) : context.cause(stream, "via", publisher);
    const why = closing.includes("srtPublishPassphrase") ? "its SRT passphrase changes, which opens its path again" : `${closing.join(", ")} of its path changes, which opens it again`;
    if (!isFirst(context.streams.before)) return [effect("hot-reload", `${publisher}: ${why}; it publishes elsewhere`, cause, { stream })];
    // A new key has to be brought to the encoder by a person: how long that takes nobody can say.
    return [effect("publishers-drop", `${publisher}: ${why}`, cause, { stream, publishers: [publisher], seconds: secret.length > 0 ? null : RECONNECT_SECONDS, felt: secret.length > 0 ? "until given the new key" : null })];
  }
  return [...forwardEffects(context, stream, old, now, secret.includes("forward")), ...recordEffects(context, stream, keys)];
}

/** `forward` is compared by position: what stands elsewhere than before is connected again. */
function forwardEffects(context: Context, stream: string, old: PathKeys, now: PathKeys, secret: boolean): Effect[] {
  const before = destinations(old), after = destinations(now);
  if (!secret && old.get("forward") === now.get("forward")) return [];
  const cause = context.cause(stream, "restream", "redundancy", "transcoders");
  const again = [...new Set([...reconnecting(before, after), ...after.filter((dest) => before.includes(dest) && context.mentionsChanged(dest))])];
  const effects = again.map((dest): Effect => {
    const transcoder = transcoderOf(dest);
    return transcoder !== null
      ? effect("stream-restarts", `its push to ${transcoder} connects again, because its place in the list changes; that copy shows the slate for up to ${PUSH_RETRY_SECONDS} s`, cause, { stream, seconds: PUSH_RETRY_SECONDS, felt: slateFor(PUSH_RETRY_SECONDS) })
      : effect("stream-restarts", `its copy to ${platformOf(dest)} connects again; that platform misses up to ${PUSH_RETRY_SECONDS} s`, cause, { stream, seconds: PUSH_RETRY_SECONDS, felt: `${platformOf(dest)} misses up to ${PUSH_RETRY_SECONDS} s` });
  });
  return [effect("hot-reload", "where it is forwarded to is reloaded; publishers stay", cause, { stream }), ...effects];
}

function recordEffects(context: Context, stream: string, keys: readonly string[]): Effect[] {
  const changed = keys.filter((key) => key.startsWith("record"));
  return changed.length === 0 ? [] : [effect("hot-reload", "recording is reloaded, a new file begins; publishers stay", context.cause(stream, "record"), { stream })];
}

/** Host name of a transcoder in a push's address; null for another platform's. */
function transcoderOf(dest: string): string | null {
  return pushOf(dest)?.host.split(".")[0] ?? null;
}

function platformOf(dest: string): string {
  return /^[a-z]+:\/\/([^/:?#]+)/.exec(dest)?.[1] ?? "another platform";
}
