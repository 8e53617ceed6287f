/**
 * What the infrastructure, the hosts and the simulation agree on: names of objects, parameters and hooks, and the shape of the JSON
 * that passes between them. No Pulumi here: hosts bundle this file.
 *
 * A host is known by its key: `mux-eu-a`, `tx-eu-1`, or `dist-eu` for every member of a region's distributor group. The bundle of a
 * group is that of the region's first distributor in the plan (`dist-eu-1`): its files are the same bytes as on every other target.
 * Bundles on AWS have `firewall: null`, because security groups filter, and no distributors among their peers, because members of a
 * group have no names.
 */
import type { AgentStatus } from "../../agent/status.ts";
import type { Override } from "../../agent/selection.ts";
import type { ForwarderStatus } from "../../forwarder/status.ts";
import type { Architecture } from "../../plan/capacity/sizes.ts";
import type { SteeringStatus } from "../../steering/status.ts";

/** Keys in the stack's store bucket. Everything named by a hash is the hash of the object's bytes (SHA-256, hex) and never changes. */
export const STORE = {
  /** The key's bundle, canonical JSON of `Bundle`. */
  bundle: (key: string, sha256: string): string => `hosts/${key}/bundles/${sha256}.json`,
  /** {@link HostPointer}: what the host should run now. */
  pointer: (key: string): string => `hosts/${key}/current.json`,
  /** Everything a boot needs: hostd, agent, MediaMTX, packages. */
  programs: (sha256: string): string => `programs/${sha256}.tar.gz`,
  /** {@link ProgramsPointer}: there before any instance, so that hosts install while they wait for their own pointer. */
  programsPointer: (architecture: Architecture): string => `programs/current-${architecture}.json`,
  bootstrap: (sha256: string): string => `bootstrap/${sha256}.sh`,
  /** {@link Report}: written by the host after each attempt to apply. */
  report: (key: string, instanceId: string): string => `reports/${key}/${instanceId}.json`,
  /** {@link Orders}: what was said by hand, without an `up`; not there while nothing was. */
  orders: (key: string): string => `hosts/${key}/orders.json`,
  /** {@link Live}: written by the host when it changes, and every {@link LIVE_SECONDS}. */
  live: (key: string, instanceId: string): string => `live/${key}/${instanceId}.json`,
  /** Prefixes of what all instances of a key have written; predecessors' objects stay. */
  reports: (key: string): string => `reports/${key}/`,
  lives: (key: string): string => `live/${key}/`,
} as const;

/** `programs/current-ARCH.json`. */
export interface ProgramsPointer { readonly format: 1; readonly programs: string }

/** `hosts/KEY/current.json`. Hosts look every {@link POLL_SECONDS}; a changed pointer is a new wish. */
export interface HostPointer {
  readonly format: 1;
  readonly host: string;
  /** SHA-256 of the bundle, see {@link STORE}. */
  readonly bundle: string;
  /** SHA-256 of the programs archive for the host's architecture. Another one than is installed: install it first. */
  readonly programs: string;
  readonly secrets: {
    /** Path in SSM below which the values lie; a value's parameter is {@link parameterName}. In the host's own region. */
    readonly path: string;
    /** Changes when a value changes. A keyed digest: says nothing about values. */
    readonly version: string;
  };
  /** Address at which the outside reaches the host (`@{local:public}`): its Elastic IP; null: instance metadata `public-ipv4`. */
  readonly publicAddress: string | null;
  /** Where finished recording files go; null where the host records nothing. */
  readonly recordings: RecordingsPlace | null;
  /** Where logs and metrics go, in the host's own region. */
  readonly watch: { readonly logGroup: string; readonly namespace: string };
  /** Set on members of a group: see {@link HOOKS}. */
  readonly group: { readonly name: string; readonly drainSeconds: number } | null;
  /** The host gets and renews its certificate itself; null: it is among the secrets (`tls/server.crt`, `tls/server.key`). */
  readonly acme: AcmeOrder | null;
}

export interface RecordingsPlace {
  readonly bucket: string;
  readonly region: string;
  /** Uploaded files are removed from the host's own disk after this time, whatever `recordDeleteAfter` says: the disk is sized for it. */
  readonly keepLocalSeconds: number;
  /** Recorded streams. A finished file `RECORDINGS/STREAM/PUBLISHER/FILE` becomes {@link recordingKey}. */
  readonly streams: readonly string[];
}

/** Key of a recording. Lifecycle rules go by its first part, permissions by its second. */
export function recordingKey(stream: string, host: string, publisher: string, file: string): string {
  return `${stream}/${host}/${publisher}/${file}`;
}

/**
 * A certificate by DNS-01. The host may change only TXT records `_acme-challenge.NAME` of these names, and put what it got at
 * {@link acmeParameters}, where other members of its group (and its own successor) find it.
 */
export interface AcmeOrder {
  readonly directory: string;
  /** Contact of the ACME account; null for none. */
  readonly email: string | null;
  /** First is the subject; the others are alternative names. */
  readonly names: readonly string[];
  readonly zoneId: string;
}

/** Parameters (SecureString) that hold a key's certificate chain and private key by ACME, and the ACME account's key. */
export function acmeParameters(path: string): { readonly certificate: string; readonly key: string; readonly account: string } {
  return { certificate: `${path}/acme/server.crt`, key: `${path}/acme/server.key`, account: `${path}/acme/account.key` };
}

/** Value of those parameters until the host has written its own: the stack makes them, so that they go with it. */
export const NOT_YET = "none";

/** `reports/KEY/INSTANCE.json`. */
export interface Report {
  readonly format: 1;
  readonly host: string;
  readonly instance: string;
  /** Bundle and secrets that were tried; `ok` says whether they are in force. */
  readonly bundle: string;
  readonly secretsVersion: string;
  readonly programs: string;
  readonly ok: boolean;
  /** What hostd said: progress when it worked, the host's own reason when not. No secret in it. */
  readonly message: string;
  readonly changedFiles: readonly string[];
  /** ISO 8601, by the host's clock. */
  readonly time: string;
}

/** `hosts/KEY/orders.json`: all that holds by hand (`headend switch`, `headend steer`), not only what was said last. */
export interface Orders {
  readonly format: 1;
  /** Tells one saying from the next; {@link Live} repeats it. */
  readonly id: string;
  /** By stream; those that are not named choose by themselves. */
  readonly overrides: Readonly<Record<string, Override>>;
  /** By way; those that are not named have the weight of the topology. */
  readonly weights: Readonly<Record<string, number>>;
}

export const NO_ORDERS: Orders = { format: 1, id: "", overrides: {}, weights: {} };

/** `live/KEY/INSTANCE.json`: what runs on a host now. A program that the host has not, or that does not answer, is null. */
export interface Live {
  readonly format: 1;
  readonly host: string;
  readonly instance: string;
  /** `id` of the orders that were carried out; empty when there are none. */
  readonly orders: string;
  /** Why they could not be, or could not be yet; null when they are. */
  readonly problem: string | null;
  /** Paths (STREAM/PUBLISHER) that are published at a multiplexer. */
  readonly publishers: readonly string[] | null;
  readonly agent: AgentStatus | null;
  readonly forwarder: ForwarderStatus | null;
  readonly steering: SteeringStatus | null;
  /** ISO 8601, by the host's clock. */
  readonly time: string;
}

/** A host writes at least so often what runs on it (seconds). 40 hosts: $9 a month. */
export const LIVE_SECONDS = 60;

/** True of a host that has told nothing for so long that it does not run; clocks may be apart by minutes. `now` in ms since the epoch. */
export const isSilent = (live: Live, now: number): boolean => now - Date.parse(live.time) > (LIVE_SECONDS + 240) * 1000;

/** What `up` waits for, on standard input of the waiting program; the user's own AWS credentials are in its environment. */
export interface Expectations {
  readonly stack: string;
  readonly bucket: string;
  readonly bucketRegion: string;
  readonly timeoutSeconds: number;
  readonly hosts: readonly Expectation[];
}

export interface Expectation {
  readonly key: string;
  readonly region: string;
  readonly bundle: string;
  readonly secretsVersion: string;
  readonly programs: string;
  /** Who has to report: one instance, or every member of a group that is in service or coming up. */
  readonly who: { readonly instance: string } | { readonly group: string };
}

/** Values in user data, as shell variables that the bootstrap finds in its environment. */
export interface UserDataValues {
  readonly HEADEND_STACK: string;
  readonly HEADEND_HOST: string;
  readonly HEADEND_BUCKET: string;
  /** Region of the bucket; the host's own comes from instance metadata. */
  readonly HEADEND_BUCKET_REGION: string;
  readonly HEADEND_ARCH: Architecture;
  /** Set on sizes with a GPU when a stream asks for its encoder: the bootstrap installs the driver. */
  readonly HEADEND_GPU?: "nvidia";
  /** SHA-256 of the bootstrap script. */
  readonly HEADEND_BOOTSTRAP: string;
  /** Only where an emulator stands in for AWS. */
  readonly AWS_ENDPOINT_URL?: string;
}

/** Path of a key's secrets in SSM. Only the key's own role may read below it. */
export function secretsPath(stack: string, key: string): string {
  return `/headend/${stack}/${key}`;
}

/** Parameter of a secret, e.g. `/headend/festival/mux-eu-a/link/mux-eu-a/tx-eu-1`. */
export function parameterName(path: string, secret: string): string {
  return `${path}/${secret}`;
}

/** Seconds between two looks at pointer and orders. 40 hosts ask 2.3 M times a day, for less than $1. */
export const POLL_SECONDS = 3;

/**
 * Lifecycle hooks of a distributor group. A member completes `ready` (CONTINUE) when its services are ready, also when it comes out of
 * the warm pool; when instance metadata `autoscaling/target-lifecycle-state` says Terminated it answers 503 on /healthz, serves
 * on for `drainSeconds`, then completes `drain`.
 */
export const HOOKS = { ready: "ready", drain: "drain" } as const;

/** Key of a region's distributor group. */
export function groupKey(region: string): string {
  return `dist-${region}`;
}

/** Log group of a role; the same name in every region. */
export function logGroupName(stack: string, role: string): string {
  return `/headend/${stack}/${role}`;
}

/** Log stream of an instance; it may write to no other. */
export function logStreamName(key: string, instanceId: string): string {
  return `${key}/${instanceId}`;
}

/** CloudWatch namespace of a stack's metrics. */
export function metricNamespace(stack: string): string {
  return `headend/${stack}`;
}

/**
 * Metrics that hosts put into their log group in the embedded metric format, once a minute, with the dimensions named here
 * (values: stream name, host key). Alarms and the dashboard read them.
 */
export const METRICS = {
  /** 1 while somebody publishes the stream on this multiplexer, else 0. */
  publishers: { name: "Publishers", unit: "Count", dimensions: ["Stream", "Host"] },
  /** Bitrate that comes in from a publisher on this multiplexer, in kbit/s; left out while nobody publishes. */
  ingest: { name: "IngestKbps", unit: "Kilobits/Second", dimensions: ["Stream", "Host"] },
  /** Lowest FFmpeg speed of the minute for the stream on this transcoder; 1 is real time. */
  speed: { name: "EncoderSpeed", unit: "None", dimensions: ["Stream", "Host"] },
  /** Fullest disk of the host, in percent. */
  disk: { name: "DiskUsed", unit: "Percent", dimensions: ["Host"] },
  /** Answers of nginx with status 5xx in the minute. */
  errors: { name: "Errors5xx", unit: "Count", dimensions: ["Host"] },
} as const;
