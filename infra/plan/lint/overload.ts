/** Findings about hosts that are too small for what they have to carry. */
import type { HostCapacity, Shortage } from "../capacity/capacity.ts";
import { rate } from "./facts.ts";
import type { Found, LintContext } from "./rule.ts";

const GROUP = { multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" } as const;

/** One finding for each group of hosts of a role that is short of something: about its busiest host. Groups without sizes are left out. */
export function overloads({ topology, capacity }: LintContext, role: HostCapacity["role"], what: Shortage, message: (host: HostCapacity, limit: NonNullable<HostCapacity["limit"]>) => string): Found[] {
  // Nothing to compare with: most topologies, and those with the most hosts, need not be computed.
  if (!Object.entries(topology[GROUP[role]]).some(([region, { size }]) => size !== null || topology.regions[region]?.aws)) return [];
  const worst = new Map<string, HostCapacity>();
  for (const host of capacity().hosts) {
    if (host.role !== role || !host.short.includes(what)) continue;
    const known = worst.get(host.region);
    if (known === undefined || needOf(host, what) > needOf(known, what)) worst.set(host.region, host);
  }
  return [...worst].flatMap(([region, host]) => (host.limit === null ? [] : [{ path: [GROUP[role], region], message: message(host, host.limit) }]));
}

function needOf({ demand }: HostCapacity, what: Shortage): number {
  return what === "cpu" ? demand.cores ?? 0 : what === "memory" ? demand.memoryMb ?? 0 : Math.max(demand.inMbps, demand.outMbps);
}

/** The size, and whether headend chose it. */
export const sizeName = ({ size, sizeFrom }: HostCapacity): string => `${size}${sizeFrom === "chosen" ? ", the largest size," : ""}`;
/** About a link that is too narrow. */
export const linkMessage = (host: HostCapacity, { linkMbps }: NonNullable<HostCapacity["limit"]>): string =>
  `${host.host} carries ${rate(needOf(host, "bandwidth") * 1000)}; ${sizeName(host)} holds ${rate((linkMbps ?? 0) * 1000)} for hours, of which 80 % are planned with.`;
