import type { HostFacts, Side } from "../../plan/impact/side.ts";
import type { Deployment } from "../target.ts";
import { sha256 } from "./canonical.ts";
import { type AwsContext, regionOf } from "./context.ts";
import { pinnedImage } from "./settings.ts";

/** What replaces a host when it changes: its image, size, and place. Hosts of a group are replaced one after the other. */
export function awsFacts(context: AwsContext, { plan, settings }: Deployment): Pick<Side, "facts" | "secrets"> {
  const facts: HostFacts = Object.fromEntries(plan.hosts.map((host) => {
    const region = regionOf(context, host.region).aws;
    const size = context.sizes.get(host.name);
    const image = size ? pinnedImage(context.settings, region, size.architecture) : null;
    return [host.name, { region, zone: String(host.zone), size: size === undefined || size.chosen ? "chosen" : size.name, image: image ?? "not pinned" }];
  }));
  const secrets: Record<string, string> = settings.certificate ? { "tls/server.crt": sha256(settings.certificate.chain).slice(0, 16) } : {};
  return { facts, secrets };
}
