/**
 * The topology after loading: every default filled in, every value in one unit, every reference resolved.
 * The zod schema in `schema.ts` produces exactly this; nothing downstream parses a string again.
 * Units are in the names: kbps are 1000 bit/s, times are seconds or epoch milliseconds.
 */
import type { Picture } from "./picture.ts";

/** How a publisher reaches the multiplexer. */
export type IngestProtocol = "srt" | "rtmps" | "rtmp" | "whip";

/** standard = HLS on the wall-clock grid, low = LL-HLS of one rendition, ultra = WHEP. */
export type LatencyTier = "standard" | "low" | "ultra";

/** Which encoder makes the ladder; everything but x264 is probed on the host before it is used. */
export type EncoderKind = "x264" | "nvenc" | "vaapi" | "qsv";

export interface Publisher {
  /** In order of preference. */
  readonly via: readonly IngestProtocol[];
  /** CIDR blocks that may publish; empty means any address. */
  readonly from: readonly string[];
  readonly backup: boolean;
  /** Raising this number gives the publisher a new key. A date as a number, 20261205, also tells how old the key is. */
  readonly keyRotation: number;
}

/** One output of the transcoder. `source: true` is the publisher's own picture size and bitrate. */
export interface Rung {
  readonly name: string;
  readonly source: boolean;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateKbps: number;
}

export interface AudioSettings { readonly bitrateKbps: number; readonly channels: 1 | 2 }

/** A value kept in the stack's encrypted config, written `secret:NAME` in the file. */
export interface SecretRef { readonly secret: string }

export interface Restream { readonly url: string; readonly key: SecretRef | null }

export interface Stream {
  readonly source: {
    readonly width: number; readonly height: number; readonly fps: number;
    readonly bitrateKbps: number; readonly keyframeSeconds: number;
  };
  readonly publishers: Readonly<Record<string, Publisher>>;
  readonly ladder: readonly Rung[];
  readonly audio: AudioSettings;
  readonly encoder: { readonly kind: EncoderKind; readonly preset: string };
  readonly latency: LatencyTier;
  /** Divides 8, because AAC frames and whole seconds meet every 8 s (knowledge: continuity 9.2). */
  readonly segmentSeconds: number;
  readonly dash: boolean;
  /** How many transcoders carry the stream at once. */
  readonly redundancy: 1 | 2;
  readonly viewers: Readonly<Record<string, number>>;
  readonly record: { readonly keepSeconds: number } | null;
  readonly restream: Readonly<Record<string, Restream>>;
  readonly access: {
    readonly token: boolean; readonly countries: readonly string[];
    /** Web origins (scheme://host[:port], `*.` allowed in front of the host) whose pages may play; empty = any. */
    readonly origins: readonly string[];
  };
  /** `picture` is null where the file was planned without reading what stands beside it. */
  readonly slate: { readonly text: string; readonly image: { readonly path: string; readonly picture: Picture | null } | null };
}

export interface Region { readonly aws: string | null; readonly zones: number }
export interface HostGroup { readonly count: number; readonly size: string | null }
/** `diskGb`: room for recordings on each host, 10⁹ bytes; null: what the recordings need. */
export interface MultiplexerGroup extends HostGroup { readonly diskGb: number | null }
export interface DistributorGroup { readonly min: number; readonly max: number; readonly size: string | null }

/** A way to the viewers; `domain` is set for a CDN that headend does not run. */
export interface DeliveryWay { readonly domain: string | null; readonly priority: number; readonly weight: number }

export interface Topology {
  readonly headend: 1;
  readonly name: string;
  /** Public domain, or null: then the studio is reached as localhost. */
  readonly domain: string | null;
  /** `timeZone`: of the IANA list, or the offset that all its dates are written with, e.g. "+01:00"; null for UTC. */
  readonly event: { readonly doorsMs: number; readonly startMs: number; readonly endMs: number; readonly timeZone: string | null } | null;
  readonly streams: Readonly<Record<string, Stream>>;
  readonly regions: Readonly<Record<string, Region>>;
  readonly multiplexers: Readonly<Record<string, MultiplexerGroup>>;
  readonly transcoders: Readonly<Record<string, HostGroup>>;
  readonly distributors: Readonly<Record<string, DistributorGroup>>;
  readonly cdn: { readonly provider: "cloudfront" | "none"; readonly shield: boolean } | null;
  readonly dns: { readonly ttlSeconds: number };
  /** By name: "cdn" where there is one, "distributors", and CDNs of the user's own. */
  readonly delivery: Readonly<Record<string, DeliveryWay>>;
  readonly observe: { readonly alerts: { readonly email: string | null }; readonly budgetUsd: number | null };
}

/** Where a value stands in the file; line and column count from 1. */
export interface SourcePosition { readonly file: string; readonly line: number; readonly column: number }

/** A loaded file: the topology, and a look-up from spec path ("streams.main.ladder") to its place. A path the file leaves out answers its nearest parent. */
export interface LoadedTopology {
  readonly file: string;
  readonly text: string;
  readonly topology: Topology;
  position(path: readonly (string | number)[]): SourcePosition;
  /** False when the value at the path came from a default. */
  isWritten(path: readonly (string | number)[]): boolean;
}
