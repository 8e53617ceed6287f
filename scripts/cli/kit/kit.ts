import type { Plan, PublishPath, StreamPlan } from "../../../infra/plan/model.ts";
import { publishSecret, srtSecret } from "../../../infra/plan/secrets.ts";
import type { IngestProtocol, Stream, Topology } from "../../../infra/spec/topology.ts";
import { ffmpegCommand } from "./ffmpeg.ts";
import { mobileLink, type MobileLink } from "./mobile.ts";
import { obsFields, type ObsField } from "./obs.ts";
import { HIDDEN, publishUrl, rtmpServer, srtUrl, whipToken, whipUrl, type PublishAddress, type PublishSecrets } from "./urls.ts";

/** Upload that a line should have over the bitrate sent: room for bursts and retransmission (knowledge: requirements, s2). */
const UPLOAD_FACTOR = 1.5;
/** Audio that is asked of publishers; the transcoder encodes it anew. */
const AUDIO_KBPS = 160;

/** Multiplexers that a publisher is told: nobody tries more than these by hand. */
const MOST_MULTIPLEXERS = 3;

/** One way in, with everything to type into a program. */
export interface Way {
  readonly protocol: IngestProtocol;
  readonly multiplexer: string;
  readonly url: string;
  readonly obs: { readonly service: string; readonly server: string; readonly fields: Readonly<Record<string, string>> };
  readonly ffmpeg: string;
}

export interface PublisherKit {
  readonly stream: string;
  readonly publisher: string;
  readonly backup: boolean;
  readonly from: readonly string[];
  /** In the order to try them. */
  readonly ways: readonly Way[];
  readonly uploadKbps: number;
  readonly encoder: EncoderSettings;
  /** What to set in OBS besides the server; ways of the same protocols share it. */
  readonly obsSettings: readonly ObsSettings[];
  /** Connections for a phone, in one link; null without secrets, and where a phone has no protocol to use. */
  readonly mobile: MobileLink | null;
  readonly validity: Validity;
  /** What happens when the connection falls, and what to do, a sentence each. */
  readonly ifItFalls: readonly string[];
}

/** OBS's fields for some protocols. */
export interface ObsSettings { readonly protocols: readonly IngestProtocol[]; readonly fields: readonly ObsField[] }

/** How long the keys are good. They never run out by themselves. */
export interface Validity {
  /** Raising `keyRotation` in the topology ends these keys and makes new ones. */
  readonly rotation: number;
  /** When publishing makes sense, as ISO 8601 in UTC; null when the topology has no event. */
  readonly event: { readonly doors: string; readonly start: string; readonly end: string; readonly timeZone: string | null } | null;
}

export interface EncoderSettings {
  readonly resolution: string; readonly fps: number; readonly bitrateKbps: number; readonly keyframeSeconds: number;
  readonly audioKbps: number;
}

export interface ViewerLinks { readonly watch: string | null; readonly playlist: string | null; readonly whep: string | null; readonly dash: string | null }

export interface Kit {
  readonly name: string;
  readonly publishers: readonly PublisherKit[];
  readonly viewers: Readonly<Record<string, ViewerLinks>>;
  /** Secrets are in it: nobody may read over the shoulder. */
  readonly secretsShown: boolean;
}

export interface KitSources {
  readonly topology: Topology;
  readonly plan: Plan;
  /** Where a publisher reaches a multiplexer with a protocol; null when it cannot. */
  readonly address: (path: PublishPath, multiplexer: string, protocol: IngestProtocol) => { readonly host: string; readonly port: number } | null;
  readonly viewers: Readonly<Record<string, ViewerLinks>>;
  /** Value of a derived secret, or null to hide them all. */
  readonly secretOf: ((name: string, rotation: number) => string) | null;
}

/** Everything publishers and viewers need to know about a topology. */
export function buildKit(sources: KitSources): Kit {
  const { plan, topology, secretOf, viewers } = sources;
  return {
    name: plan.name, viewers, secretsShown: secretOf !== null,
    publishers: plan.streams.flatMap((stream) => stream.publish.map((path) => publisherKit(sources, stream, path, topology.streams[stream.name] as Stream))),
  };
}

function publisherKit(sources: KitSources, stream: StreamPlan, path: PublishPath, spec: Stream): PublisherKit {
  const encoder: EncoderSettings = {
    resolution: `${spec.source.width}x${spec.source.height}`, fps: spec.source.fps, bitrateKbps: spec.source.bitrateKbps,
    keyframeSeconds: spec.source.keyframeSeconds, audioKbps: AUDIO_KBPS,
  };
  const secrets = secretsOf(path, sources.secretOf);
  // Fallback order: another protocol at the best multiplexer first, then the next multiplexer.
  const ways = path.multiplexers.slice(0, MOST_MULTIPLEXERS).flatMap((multiplexer) => path.via.flatMap((protocol): Way[] => {
    const at = sources.address(path, multiplexer, protocol);
    return at === null ? [] : [way(protocol, multiplexer, { stream: stream.name, publisher: path.publisher, ...at }, secrets, encoder)];
  }));
  return {
    stream: stream.name, publisher: path.publisher, backup: path.backup, from: path.from, ways, uploadKbps: spec.source.bitrateKbps * UPLOAD_FACTOR, encoder, obsSettings: obsSettings(path.via, encoder),
    mobile: sources.secretOf === null ? null : mobileLink(`${sources.plan.name} ${stream.name}`, ways, secrets, encoder), validity: validity(sources.topology, path.keyRotation),
    ifItFalls: ifItFalls(path, spec, ways),
  };
}

function validity({ event }: Topology, rotation: number): Validity {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { rotation, event: event === null ? null : { doors: iso(event.doorsMs), start: iso(event.startMs), end: iso(event.endMs), timeZone: event.timeZone } };
}

/** Times are those measured: SRT and RTMP are given up after 4 s without data, WHIP by ICE after about 30 s (knowledge: continuity 1). */
function ifItFalls(path: PublishPath, spec: Stream, ways: readonly Way[]): string[] {
  const spare = Object.entries(spec.publishers).filter(([name, { backup }]) => name !== path.publisher && backup !== path.backup).map(([name]) => name);
  const whip = path.via.includes("whip");
  const shown = spare.length > 0 ? `${path.backup ? "the primary publisher" : `the backup (${spare.join(", ")})`} is shown if it is there, else the slate "${spec.slate.text}"` : `the slate "${spec.slate.text}" is shown`;
  return [
    `Within about 4 s${whip ? " (WHIP: up to 30 s)" : ""} ${shown}. Viewers stay connected and need not reload.`,
    "Connect again with the same settings: your picture is back on air a few seconds later. The key stays the same.",
    ...(ways.length > 1 ? [`Does it not connect within a minute? Take the next way on this sheet; there are ${ways.length}, in the order to try them.`] : []),
    "OBS reconnects by itself, but waits longer each time: after a minute press Stop Streaming and Start Streaming.",
  ];
}

function secretsOf(path: PublishPath, secretOf: KitSources["secretOf"]): PublishSecrets {
  if (secretOf === null) return { key: null, passphrase: null };
  return {
    key: secretOf(publishSecret(path.stream, path.publisher), path.keyRotation),
    passphrase: secretOf(srtSecret(path.stream, path.publisher), path.keyRotation),
  };
}

function way(protocol: IngestProtocol, multiplexer: string, address: PublishAddress, secrets: PublishSecrets, encoder: EncoderSettings): Way {
  return {
    protocol, multiplexer, url: publishUrl(protocol, address, secrets),
    obs: obsServer(protocol, address, secrets), ffmpeg: ffmpegCommand(protocol, address, secrets, encoder),
  };
}

/** WebRTC takes other codecs than the rest. */
function obsSettings(via: readonly IngestProtocol[], encoder: EncoderSettings): ObsSettings[] {
  const kinds = [via.filter((protocol) => protocol !== "whip"), via.filter((protocol) => protocol === "whip")];
  return kinds.flatMap((protocols) => (protocols[0] === undefined ? [] : [{ protocols, fields: obsFields(protocols[0], encoder) }]));
}

function obsServer(protocol: IngestProtocol, address: PublishAddress, secrets: PublishSecrets): Way["obs"] {
  switch (protocol) {
    case "rtmp": case "rtmps": {
      const { server, key } = rtmpServer(protocol, address, secrets);
      return { service: "Custom…", server, fields: { "Stream Key": key } };
    }
    // OBS hands the whole address to libsrt; a stream key would be added to it.
    case "srt": return { service: "Custom…", server: srtUrl(address, secrets), fields: { "Stream Key": "(leave empty)" } };
    case "whip": return { service: "WHIP", server: whipUrl(address), fields: { "Bearer Token": whipToken(address, secrets) } };
  }
}

export { HIDDEN };
