import type * as pulumi from "@pulumi/pulumi";
import type { OnAir } from "../plan/impact/on-air.ts";
import type { Side } from "../plan/impact/side.ts";
import type { Plan } from "../plan/model.ts";
import type { EDGE_LOCK_SECRET } from "../plan/secrets.ts";
import type { Bundle } from "../render/bundle.ts";
import type { Topology } from "../spec/topology.ts";

/** What a target turns into resources. */
export interface Deployment {
  readonly stack: string;
  readonly topology: Topology;
  readonly plan: Plan;
  readonly bundles: readonly Bundle[];
  /** Value of a secret that derives from the stack secret or stands in config; known at preview. */
  readonly secretValue: (name: string) => string;
  readonly settings: TargetSettings;
  /** Value of a key of stack config, without `headend:`, for what only one target reads. */
  readonly config: (key: string) => string | undefined;
}

/** Stack config that says where, not what. */
export interface TargetSettings {
  /** Address that ports are published on. */
  readonly expose: string;
  /** Added to every published port, so that two stacks fit on one machine. */
  readonly portOffset: number;
  /** The user's own certificate chain and key (PEM), instead of the local CA's. */
  readonly certificate: { readonly chain: string; readonly key: string } | null;
  /** Folder for recordings on the operator's machine. */
  readonly recordingsDir: string;
  /** Folder of the checkout. */
  readonly root: string;
}

/** Stack outputs, the same on every target. */
export interface Deployed {
  readonly viewer: string;
  readonly streams: Record<string, { readonly playlist: string | null; readonly watch: string; readonly whep: string | null; readonly dash: string | null }>;
  readonly publish: readonly { readonly stream: string; readonly publisher: string; readonly multiplexer: string; readonly protocol: string; readonly host: string; readonly port: number }[];
  readonly hosts: Record<string, { readonly role: string; readonly container?: string; /** AWS's own name of it. */ readonly region?: string; readonly ports: Record<string, number> }>;
  /** PEM of the local CA, or null where a public or own certificate is used. */
  readonly ca: pulumi.Output<string> | null;
  /** For whoever signs viewers' cookies, where a CDN asks for them. The private key is a secret. */
  readonly signing?: { readonly keyPairId: pulumi.Output<string>; readonly privateKey: pulumi.Output<string> };
  /** The bucket that hosts on AWS take their configuration from and report to. */
  readonly store?: { readonly bucket: string; readonly region: string };
  /** Where to delegate the domain to, when the stack made its zone. */
  readonly nameServers?: pulumi.Output<string[]>;
}

/** What a target gives back: the stack's outputs, and when its hosts have their configuration. */
export interface Deploying {
  readonly outputs: Deployed;
  /** Known once every host runs what it was given; never known when one fails, so that nothing is recorded as deployed that is not. */
  readonly settled: pulumi.Output<unknown>;
}

/** A place where plans run. */
export interface Target {
  readonly kind: "local" | "aws" | "ssh";
  /** Its CDN tells distributors who it is ({@link EDGE_LOCK_SECRET}). Without one the secret is empty, and distributors refuse nobody. */
  readonly locksEdge?: true;
  deploy(deployment: Deployment): Deploying;
  /** Who publishes at multiplexers of a running stack right now. Rejects where that cannot be asked. @param outputs of its last `up` */
  onAir(stack: string, multiplexers: readonly string[], outputs: Readonly<Record<string, unknown>>): Promise<readonly OnAir[]>;
  /** What hosts are made of besides their bundles, for comparing two deployments. Makes no resource. */
  made(deployment: Deployment): Pick<Side, "facts" | "secrets">;
}
