/** What the plan says a fault will do. Pure: reads the plan, knows nothing of what runs. */
import type { Plan, StreamPlan } from "../../infra/plan/model.ts";
import { LOCAL_CDN } from "../../infra/render/local-cdn.ts";
import type { Action, Prediction, Promises } from "./model.ts";

/** After this, what was hurt must be whole again without anybody's help. */
export const REDUNDANT_WITHIN = 60;
/** An input whose connection closes is replaced within this; one that falls silent within {@link SILENT}. */
const CLOSED = 1, SILENT = 5;
const RECORDING = 1;
/** Below what people notice: ITU-R BT.1359 has it at 45 ms with the sound first. */
export const SOUND_MS = 40;
/** A sound falls anywhere within the picture it belongs to: with few pictures a second half of one is more than {@link SOUND_MS} (ms). */
const soundMs = (plan: Plan): number => Math.max(SOUND_MS, ...plan.streams.map(({ fps }) => Math.ceil(500 / fps)));

const KEEP: Promises = { stalls: 0, onAirSeconds: null, recordingSeconds: RECORDING, publishersStay: true, soundMs: SOUND_MS, redundantSeconds: REDUNDANT_WITHIN };
const list = (names: readonly string[]): string => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
const fine = (says: string, more: Partial<Promises> = {}): Prediction => ({ says, singlePoint: null, promises: { ...KEEP, ...more } });
const single = (singlePoint: string, says: string, more: Partial<Promises> = {}): Prediction => ({ says, singlePoint, promises: { ...KEEP, ...more } });

/** Prediction for any action on a plan. */
export function predict(plan: Plan, action: Action): Prediction {
  const { promises, ...what } = outcome(plan, action);
  return { ...what, promises: { ...promises, soundMs: soundMs(plan) } };
}

function outcome(plan: Plan, action: Action): Prediction {
  switch (action.kind) {
    case "process":
      // Services do not need these to go on; only what they would do next is missing.
      if (action.process === "hostd" && action.how === "freeze") return fine("nobody notices: the services go on without it");
      if (action.process === "forwarder") return fine("nobody notices: MediaMTX goes on sending without it");
      if (action.process === "steering") return fine("nobody notices: players keep the order they have");
      return ofHost(plan, action.host, action.process === "mediamtx" && action.how === "kill" ? CLOSED : SILENT, action.process === "ffmpeg" ? action.stream : null);
    case "host": return ofHost(plan, action.host, SILENT, null);
    case "publisher": return ofPublisher(plan, action.stream, action.publisher, action.how === "close" ? CLOSED : SILENT);
    case "network": case "delay": return ofLine(plan, action);
    case "disk": return action.what === "recordings"
      ? fine(`recording stops on ${action.host}, nothing else does`, { recordingSeconds: null })
      : ofHost(plan, action.host, SILENT, null);
    case "edit": return fine("nobody notices: a planned change touches only what it changes");
    case "rotate": return ofRotation(plan, action.stream, action.publisher);
    case "clock": {
      const lost = ofHost(plan, action.host, SILENT, null);
      return { ...lost, says: `the agent notices and withdraws its playlists until the clock is right: ${lost.says}` };
    }
    case "wait": return fine("nothing happens");
  }
}

/** Transcoders that viewers can be served by: low and ultra latency come from the first alone (HE409). */
const served = (s: StreamPlan): readonly string[] => (s.latency === "standard" ? s.transcoders : s.transcoders.slice(0, 1));

function ofHost(plan: Plan, name: string, onAirSeconds: number, onlyStream: string | null): Prediction {
  const host = plan.hosts.find((h) => h.name === name);
  if (name === LOCAL_CDN) {
    return plan.delivery.some((way) => way.kind !== "cdn") ? fine("nobody notices: players go to the distributors until it is back")
      : single("the CDN is the only way to the viewers", "the picture stands still once buffers are empty, until it is back", { stalls: null });
  }
  const streams = plan.streams.filter((s) => onlyStream === null || s.name === onlyStream);
  if (host?.role === "multiplexer") return ofMultiplexer(plan, name, onAirSeconds);
  const member = (s: StreamPlan): readonly string[] => (host?.role === "transcoder" ? served(s) : s.distributors);
  const hit = streams.filter((s) => member(s).includes(name));
  const alone = hit.filter((s) => member(s).length === 1).map((s) => s.name);
  if (alone.length > 0) return single(`${name} is the only ${host?.role ?? "host"} of ${list(alone)}`, "the picture stands still once buffers are empty, until it is back", { stalls: null });
  const others = [...new Set(hit.flatMap(member))].filter((h) => h !== name);
  return fine(others.length === 0 ? "nobody notices: it carries no stream" : `nobody notices: ${list(others)} ${others.length > 1 ? "carry" : "carries"} on`);
}

function ofMultiplexer(plan: Plan, name: string, onAirSeconds: number): Prediction {
  const paths = plan.streams.flatMap((s) => s.publish).filter((p) => p.multiplexers.includes(name));
  const alone = paths.filter((p) => p.multiplexers.length === 1).map((p) => p.stream);
  const more = { onAirSeconds, publishersStay: false };
  if (alone.length > 0) return single(`${name} is the only way in for ${list([...new Set(alone)])}`, "viewers see the slate, without a break, until it is back", more);
  const others = [...new Set(paths.flatMap((p) => p.multiplexers))].filter((h) => h !== name);
  return fine(`its publishers come back at ${list(others)}; until then another publisher, or the slate, is on air`, more);
}

/** An SRT passphrase belongs to the path: MediaMTX opens a path whose passphrase changes anew, whoever publishes to it. */
function ofRotation(plan: Plan, stream: string, publisher: string): Prediction {
  const paths = plan.streams.find((s) => s.name === stream)?.publish.filter((p) => p.publisher === publisher) ?? [];
  if (!paths.some((p) => p.via.includes("srt"))) return fine("nobody notices: who is connected stays; the next connection needs the new key");
  const { says, promises } = ofPublisher(plan, stream, publisher, CLOSED);
  return { says: `${publisher} connects anew with the new key, because SRT's passphrase changes; until then ${says.replace(/ within \d+ s$/, "")}`, singlePoint: null, promises: { ...promises, onAirSeconds: null } };
}

function ofPublisher(plan: Plan, stream: string, publisher: string, onAirSeconds: number): Prediction {
  const paths = plan.streams.find((s) => s.name === stream)?.publish ?? [];
  const lost = paths.find((p) => p.publisher === publisher);
  const rank = (backup: boolean): number => (backup ? 1 : 0);
  const others = paths.filter((p) => p.publisher !== publisher);
  const better = others.filter((p) => rank(p.backup) < rank(lost?.backup ?? false)).map((p) => p.publisher);
  const more = { onAirSeconds, publishersStay: false };
  if (better.length > 0) return fine(`nobody notices: ${list(better)} is on air`, more);
  return fine(others.length > 0 ? `${list(others.map((p) => p.publisher))} goes on air within ${onAirSeconds} s` : `the slate is on air within ${onAirSeconds} s`, more);
}

/** What a line of little loss or of 300 kbps still carries is not for the plan to say; a line that is dead is like its far end gone. */
function ofLine(plan: Plan, action: Extract<Action, { kind: "network" | "delay" }>): Prediction {
  const { from, to } = action.line;
  const dead = action.kind === "network" && action.does.kind === "blackhole";
  const role = (name: string) => plan.hosts.find((h) => h.name === name)?.role;
  if (from === "publishers") {
    if (dead) return ofMultiplexer(plan, to, SILENT);
    return fine("viewers see losses in the picture at worst; when the line is too bad, another input goes on air", { onAirSeconds: null, publishersStay: false, recordingSeconds: null });
  }
  if (action.kind === "delay") return fine("nobody notices: connections are made anew, then everything comes a little later");
  const slow = "nobody notices: TCP sends again what is lost";
  if (from === "viewers") return dead ? ofHost(plan, to, SILENT, null) : fine(slow);
  if (!dead) return fine(role(from) === "multiplexer" ? "nobody notices more than a worse picture, or another input" : slow);
  if (role(from) === "multiplexer") {
    const carried = plan.streams.filter((s) => s.transcoders.includes(to));
    const alone = carried.filter((s) => s.transcoders.length === 1 && s.publish.every((p) => p.multiplexers.length === 1)).map((s) => s.name);
    if (alone.length > 0) return single(`${list(alone)} has no other line`, "viewers see the slate, without a break", { onAirSeconds: SILENT });
    return fine(`${to} takes another input or the slate; the other transcoders are not touched`, { onAirSeconds: SILENT });
  }
  const streams = plan.streams.filter((s) => s.distributors.includes(from) && served(s).includes(to));
  const alone = streams.filter((s) => served(s).length === 1).map((s) => s.name);
  if (alone.length > 0) return single(`${to} is the only transcoder of ${list(alone)}`, "viewers of this distributor stand still until the line is back", { stalls: null });
  return fine(`nobody notices: ${from} asks another transcoder`);
}
