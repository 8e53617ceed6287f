import { shortHash } from "../../plan/names.ts";
import type { Plan } from "../../plan/model.ts";
import type { Side } from "../../plan/impact/side.ts";
import { gpusOf } from "./gpu.ts";
import { publishedPorts } from "./ports.ts";

/** What containers are made of besides the plan. */
export interface LocalFactsArgs {
  readonly image: string;
  readonly expose: string;
  readonly publicAddress: string;
  readonly portOffset: number;
  readonly recordings: string;
  /** What the certificate is made for, or the user's own chain. */
  readonly certificate: string;
}

/**
 * Arguments of every host's container, each of which replaces the container when it changes (targets/local/host.ts), and a fingerprint of
 * the certificate. Pure, and free of Pulumi, so that two files can be compared without it.
 */
export function localFacts(plan: Plan, args: LocalFactsArgs): Pick<Side, "facts" | "secrets"> {
  const gpus = gpusOf(plan);
  return {
    facts: Object.fromEntries(plan.hosts.map((host) => [host.name, {
      image: args.image, address: host.address, planes: host.planes.join(), expose: args.expose, public: args.publicAddress,
      ports: publishedPorts(host, args.portOffset).map((p) => `${p.external}:${p.internal}/${p.protocol}`).join(), gpu: gpus.get(host.name) ?? "none",
      ...(host.role === "multiplexer" ? { recordings: args.recordings } : {}),
    }])),
    secrets: { "tls/server.crt": shortHash(args.certificate, 12) },
  };
}
