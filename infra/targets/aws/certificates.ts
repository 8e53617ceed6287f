import type * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../../plan/model.ts";
import { LocalCertificates } from "../local/certificates.ts";
import type { TargetSettings } from "../target.ts";
import { certificateNames, type PublicNames } from "./public-names.ts";
import type { AwsSettings } from "./settings.ts";

export interface HostCertificates {
  /** Chain and key among the hosts' secrets; null where hosts get their own. */
  readonly pair: { readonly chain: pulumi.Input<string>; readonly key: pulumi.Input<string> } | null;
  readonly ca: pulumi.Output<string> | null;
}

/** Where hosts' certificates come from: the user's file, a certificate authority that each host asks itself, or a CA that only simulations trust. */
export function hostCertificates(plan: Plan, names: PublicNames, settings: AwsSettings, own: TargetSettings["certificate"]): HostCertificates {
  if (settings.certificates === "acme") return { pair: null, ca: null };
  if (settings.certificates === "own") return { pair: own, ca: null };
  const all = plan.hosts.flatMap((host) => certificateNames(names, host));
  const made = new LocalCertificates("tls", { plan, names: all, addresses: [] });
  return { pair: { chain: made.chain, key: made.key }, ca: made.ca };
}
