import type { Host, Plane } from "../../plan/model.ts";
import { portOf, ROLE_PORTS } from "../../plan/ports.ts";
import type { PortFact } from "../../plan/ports.ts";

/** Each further host of a role on the machine publishes its ports this much higher. */
const STEP = 100;
/** 443 is often taken and needs no root to be avoided; people know 8443. Distributors then count on by one. */
export const LOCAL_HTTPS = 8443;

/** The stand-in for a CDN. */
const LOCAL_CDN_HTTPS = 9443;

export interface PublishedPort { readonly name: string; readonly internal: number; readonly external: number; readonly protocol: "tcp" | "udp" }

/** Planes that publishers and viewers reach. */
const PUBLIC: readonly Plane[] = ["ingest", "edge"];

/**
 * Ports that a host publishes on the machine: every public port of its role, used or not, since publishing one more would replace the
 * container. The host's firewall closes those that the plan does not list.
 */
export function publishedPorts(host: Pick<Host, "role" | "ordinal">, offset: number): PublishedPort[] {
  return ROLE_PORTS[host.role].filter((fact) => PUBLIC.includes(fact.plane))
    .map((fact) => ({ name: fact.name, internal: portOf(fact, host.ordinal), external: external(fact, host.ordinal) + offset, protocol: fact.transport }))
    .sort((a, b) => a.internal - b.internal || (a.protocol < b.protocol ? -1 : 1));
}

function external(fact: PortFact, ordinal: number): number {
  if (fact.port === 443) return LOCAL_HTTPS + ordinal;
  return fact.perHost ? portOf(fact, ordinal) : fact.port + STEP * ordinal;
}

/** Port of the stand-in for a CDN. */
export function cdnPorts(offset: number): PublishedPort[] {
  return [{ name: "https", internal: 443, external: LOCAL_CDN_HTTPS + offset, protocol: "tcp" }];
}
