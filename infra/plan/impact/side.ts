import type { Bundle } from "../../render/bundle.ts";
import type { Topology } from "../../spec/topology.ts";
import type { Plan } from "../model.ts";

/** What a host is made of besides its bundle, by name, e.g. { image: "…", ports: "…" }: a target replaces the host when one changes. */
export type HostFacts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** One end of a comparison: a topology with everything made from it. */
export interface Side {
  readonly topology: Topology;
  readonly plan: Plan;
  readonly bundles: readonly Bundle[];
  /** Empty where no target is known, as for two files. */
  readonly facts: HostFacts;
  /** A fingerprint for each secret whose value can change without its rotation number: the user's own, certificates; "*" for the stack secret. */
  readonly secrets: Readonly<Record<string, string>>;
}
