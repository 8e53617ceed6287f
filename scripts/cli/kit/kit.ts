import type { Plan, PublishPath, StreamPlan } from "../../../infra/plan/model.ts";
import { publishSecret, srtSecret } from "../../../infra/plan/secrets.ts";
import type { IngestProtocol, Stream, Topology } from "../../../infra/spec/topology.ts";
import { ffmpegCommand } from "./ffmpeg.ts";
import { HIDDEN, publishUrl, rtmpServer, srtUrl, whipToken, whipUrl, type PublishAddress, type PublishSecrets } from "./urls.ts";

/** Upload that a line should have over the bitrate sent: room for bursts and retransmission (knowledge: requirements, s2). */
const UPLOAD_FACTOR = 1.5;
/** Audio that is asked of publishers; the transcoder encodes it anew. */
const AUDIO_KBPS = 160;

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
  const ways = path.multiplexers.flatMap((multiplexer) => path.via.flatMap((protocol): Way[] => {
    const at = sources.address(path, multiplexer, protocol);
    return at === null ? [] : [way(protocol, multiplexer, { stream: stream.name, publisher: path.publisher, ...at }, secrets, encoder)];
  }));
  return { stream: stream.name, publisher: path.publisher, backup: path.backup, from: path.from, ways, uploadKbps: spec.source.bitrateKbps * UPLOAD_FACTOR, encoder };
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
    obs: obsSettings(protocol, address, secrets), ffmpeg: ffmpegCommand(protocol, address, secrets, encoder),
  };
}

function obsSettings(protocol: IngestProtocol, address: PublishAddress, secrets: PublishSecrets): Way["obs"] {
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
