import type * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../../plan/model.ts";
import type { Topology } from "../../spec/topology.ts";
import { awsName, NAME_LIMITS } from "./names.ts";
import type { NetworkPlan, RegionPlan } from "./network-plan.ts";
import type { AwsSettings } from "./settings.ts";
import type { ChosenSize } from "./sizes.ts";

/** What every component of the target may need. */
export interface AwsContext {
  readonly stack: string;
  readonly topology: Topology;
  readonly plan: Plan;
  /** The public domain; this target does not work without one. */
  readonly domain: string;
  readonly network: NetworkPlan;
  readonly sizes: ReadonlyMap<string, ChosenSize>;
  readonly settings: AwsSettings;
  /** Account number; known only when AWS is asked. */
  readonly account: pulumi.Output<string>;
  /** The first region with hosts: the store and recordings lie there. */
  readonly home: RegionPlan;
  /** Epoch milliseconds: what lies in the past is not scheduled any more. */
  readonly now: number;
}

/** A name within the limit of its kind, with the stack's name in front, so that stacks do not collide in one account. */
export function nameOf(context: Pick<AwsContext, "stack">, kind: keyof typeof NAME_LIMITS, ...parts: readonly string[]): string {
  return awsName(NAME_LIMITS[kind], "headend", context.stack, ...parts);
}

export function regionOf(context: Pick<AwsContext, "network">, key: string): RegionPlan {
  const found = context.network.regions.find((region) => region.key === key);
  if (!found) throw new Error(`no network in ${key}`);
  return found;
}
