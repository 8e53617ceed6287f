import type { Host, Plan } from "../../plan/model.ts";
import { behindCdn } from "../../plan/capacity/demand.ts";
import type { Topology } from "../../spec/topology.ts";
import { cdnOnly } from "./rules.ts";

/** Names below the domain, from the plan alone. */
export interface PublicNames {
  /** Where most viewers go: CloudFront, or the distributors themselves. */
  readonly viewer: string;
  /** Every distributor by latency, for streams that no CDN carries and for players that change their way; null where the CDN is the only way. */
  readonly edge: string | null;
  /** Multiplexer that is published to while it is healthy, else the second one. */
  readonly ingest: string;
  /** A multiplexer's own name, by host. */
  readonly ingestOf: ReadonlyMap<string, string>;
  /** A region's distributors, by the topology's region. */
  readonly originOf: ReadonlyMap<string, string>;
}

export function publicNames(topology: Topology, plan: Plan, domain: string): PublicNames {
  const muxes = plan.hosts.filter((h) => h.role === "multiplexer");
  const regions = [...new Set(plan.hosts.filter((h) => h.role === "distributor").map((h) => h.region))];
  return {
    viewer: domain,
    edge: hasCdn(topology, plan) && !cdnOnly(topology, plan) ? `edge.${domain}` : null,
    ingest: `ingest.${domain}`,
    ingestOf: new Map(muxes.map((mux) => [mux.name, `${ingestLabel(mux, muxes[0])}.${domain}`])),
    originOf: new Map(regions.map((region) => [region, `origin-${region}.${domain}`])),
  };
}

/** True when a CDN is asked for and some stream goes through it. */
export function hasCdn(topology: Topology, plan: Plan): boolean {
  return topology.cdn?.provider === "cloudfront" && plan.streams.some((stream) => behindCdn(topology, stream));
}

/** mux-eu-a → "ingest-a" in the first region that has any, "ingest-us-a" elsewhere: another region changes no name. */
function ingestLabel(mux: Host, first: Host | undefined): string {
  return mux.region === first?.region ? `ingest-${mux.name.slice(`mux-${mux.region}-`.length)}` : mux.name.replace(/^mux-/, "ingest-");
}

/** Names on the certificate of a host; the first tells certificates of two regions apart, which a certificate authority counts. */
export function certificateNames(names: PublicNames, host: Pick<Host, "role" | "region" | "name">): string[] {
  if (host.role === "multiplexer") return [names.ingestOf.get(host.name) ?? "", names.ingest].filter(Boolean);
  if (host.role === "transcoder") return [];
  return [names.originOf.get(host.region) ?? "", ...(names.edge === null ? [] : [names.edge]), names.viewer].filter(Boolean);
}
