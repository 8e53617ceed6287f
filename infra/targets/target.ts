import type * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../plan/model.ts";
import type { Bundle } from "../render/bundle.ts";

/** What a target turns into resources. */
export interface Deployment {
  readonly stack: string;
  readonly plan: Plan;
  readonly bundles: readonly Bundle[];
  /** Value of a secret that derives from the stack secret or stands in config; known at preview. */
  readonly secretValue: (name: string) => string;
  readonly settings: TargetSettings;
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
  readonly hosts: Record<string, { readonly role: string; readonly container?: string; readonly ports: Record<string, number> }>;
  /** PEM of the local CA, or null where a public or own certificate is used. */
  readonly ca: pulumi.Output<string> | null;
}

/** A place where plans run. */
export interface Target {
  readonly kind: "local" | "aws" | "ssh";
  deploy(deployment: Deployment): Deployed;
}
