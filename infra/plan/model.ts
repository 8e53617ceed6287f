/**
 * The plan: everything headend will deploy, as plain data. Pure functions make it from a topology; lint, cost, impact,
 * diagrams, renderers and targets only read it. It names hosts and addresses by names we choose, never by IP address.
 */
import type { Picture } from "../spec/picture.ts";
import type { EncoderKind, IngestProtocol, LatencyTier } from "../spec/topology.ts";

/** Why an item exists: the spec path that asked for it and the rule that made it. */
export interface Provenance { readonly path: readonly (string | number)[]; readonly rule: string; readonly why: string }

export type Role = "multiplexer" | "transcoder" | "distributor";

/**
 * A trust boundary. A host joins a plane only where the plan needs it; locally each plane is a network of its own.
 * ingest: publishers → multiplexers. contribution: multiplexers → transcoders. origin: distributors → transcoders.
 * edge: viewers (or a CDN) → distributors.
 */
export type Plane = "ingest" | "contribution" | "origin" | "edge";

/** Who may open a connection to a listener. */
export type Peer =
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "cidr"; readonly cidr: string }
  | { readonly kind: "anyone" };

/** A port that a host serves, and the only peers that may reach it. Firewall rules are exactly these. */
export interface Listener {
  readonly name: "rtmp" | "rtmps" | "srt" | "whip" | "webrtc" | "push" | "relay" | "origin" | "https" | "http3" | "whep";
  readonly transport: "tcp" | "udp";
  readonly port: number;
  readonly plane: Plane;
  readonly from: readonly Peer[];
  readonly provenance: Provenance;
}

export interface Host {
  /** e.g. "mux-eu-a", "tx-eu-1", "dist-us-2"; unique in the plan, a DNS label. */
  readonly name: string;
  readonly role: Role;
  readonly region: string;
  /** Number among all hosts of its role, that of its region's first host being 0, 10, 20 …; only for ports on a shared machine. */
  readonly ordinal: number;
  readonly zone: number;
  readonly size: string | null;
  /** Internal name other hosts use, e.g. "mux-eu-a.festival.internal". */
  readonly address: string;
  readonly planes: readonly Plane[];
  readonly listeners: readonly Listener[];
  /** Names of hosts this one opens connections to (resolved on the host, kept current). */
  readonly peers: readonly string[];
  readonly provenance: Provenance;
}

/** One publisher's way in: one MediaMTX path on every multiplexer of the stream. */
export interface PublishPath {
  readonly stream: string;
  readonly publisher: string;
  /** MediaMTX path, "<stream>/<publisher>". */
  readonly path: string;
  readonly via: readonly IngestProtocol[];
  readonly from: readonly string[];
  readonly backup: boolean;
  readonly keyRotation: number;
  /** Multiplexers in order of preference. */
  readonly multiplexers: readonly string[];
  readonly provenance: Provenance;
}

/** A rendition as it is encoded: sizes and rates after `headend:scale`. */
export interface Rendition {
  /** Rung name, e.g. "720p" or "source". */
  readonly name: string;
  /** Directory under the stream: name plus a hash of every encoder setting, so an unchanged rung keeps its address. */
  readonly dir: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateKbps: number;
  readonly maxrateKbps: number;
  readonly bufsizeKbit: number;
  /** H.264 level such as "3.1" (ITU-T H.264 table A-1). */
  readonly level: string;
  /** Upper bound of one segment's rate with audio, for EXT-X-STREAM-INF BANDWIDTH, in bit/s. */
  readonly peakBps: number;
  readonly averageBps: number;
}

export interface StreamPlan {
  readonly name: string;
  readonly latency: LatencyTier;
  readonly segmentSeconds: number;
  /** What publishers send; `headend:scale` does not change it. */
  readonly source: { readonly width: number; readonly height: number; readonly fps: number; readonly bitrateKbps: number };
  readonly fps: number;
  readonly encoder: { readonly kind: EncoderKind; readonly preset: string };
  readonly renditions: readonly Rendition[];
  readonly audio: { readonly dir: string; readonly bitrateKbps: number; readonly channels: 1 | 2 };
  readonly dash: boolean;
  readonly slate: { readonly text: string; readonly picture: Picture | null; readonly width: number; readonly height: number };
  readonly publish: readonly PublishPath[];
  /** Transcoders that carry it, best first (rendezvous order). */
  readonly transcoders: readonly string[];
  /** Distributors that serve it, all of them unless viewers says otherwise. */
  readonly distributors: readonly string[];
  readonly record: { readonly keepSeconds: number } | null;
  readonly restream: readonly { readonly name: string; readonly url: string; readonly secret: string | null }[];
  readonly origins: readonly string[];
  /** Distributors give it only to the topology's own CDN, where one stands in front of them. */
  readonly locked: boolean;
  /** `source` is encoded as the top rung; the reason is said to the user. */
  readonly sourceMode: "none" | "encoded";
  readonly provenance: Provenance;
}

/** A secret a host needs at run time. Its value never enters the plan. */
export interface SecretNeed {
  /** e.g. "publish/main/laptop", "link/mux-eu-a/tx-eu-1", "config/youtube", "tls/edge.key". */
  readonly name: string;
  readonly hosts: readonly string[];
  readonly source: "derived" | "config" | "certificate";
  /** For derived ones: raised in the topology to get a new value. */
  readonly rotation: number;
  readonly provenance: Provenance;
}

export interface Finding {
  readonly id: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  readonly fix: string;
  readonly provenance: Provenance;
}

/** A way to the viewers: the topology's CDN, the distributors themselves, or a CDN that headend does not run (with its domain). */
export interface DeliveryPlan { readonly name: string; readonly kind: "cdn" | "distributors" | "external"; readonly domain: string | null; readonly priority: number; readonly weight: number }

export interface Plan {
  readonly name: string;
  readonly domain: string | null;
  /** "<name>.internal". */
  readonly internalDomain: string;
  readonly scale: number;
  readonly hosts: readonly Host[];
  readonly streams: readonly StreamPlan[];
  readonly secrets: readonly SecretNeed[];
  readonly findings: readonly Finding[];
  /** Sorted by priority, then name. */
  readonly delivery: readonly DeliveryPlan[];
}
