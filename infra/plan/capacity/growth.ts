import type { Topology } from "../../spec/topology.ts";
import type { Plan } from "../model.ts";
import { WORKER_CONNECTIONS } from "./connections.ts";
import { CPU_USE } from "./cpu.ts";
import { behindCdn, CONNECTIONS_PER_VIEWER, servingCores, viewerKbps, type RegionViewers } from "./demand.ts";
import { internetMbps, LINK_USE, type SizeFacts } from "./sizes.ts";

export type GrowthStop = "bandwidth" | "cpu" | "connections";

/** How many viewers fit, and what is the first thing in the way of more. */
export interface GrowthLimit {
  /** Viewers expected at distributors and at the CDN. */
  readonly expected: number;
  /** Viewers at distributors, CDN viewers aside; null when sizes are unknown or no viewer reaches a distributor. */
  readonly holds: number | null;
  /** e.g. "dist-eu bandwidth". */
  readonly then: string | null;
  readonly groups: readonly { readonly region: string; readonly hosts: number; readonly size: string | null; readonly holds: number | null; readonly then: GrowthStop | null }[];
  /** The same in words. */
  readonly sentence: string;
}

/**
 * Grows the expected viewers in proportion until a region's distributors, at their largest number, are full.
 * Where nobody is expected, every region grows until it is full, with the heaviest stream.
 */
export function firstToBreak(
  topology: Topology, plan: Pick<Plan, "streams">, direct: ReadonlyMap<string, RegionViewers>, sizeOf: (region: string) => SizeFacts | null, tlsMbpsPerCore: (region: string) => number,
): GrowthLimit {
  const expected = plan.streams.reduce((sum, { name }) => sum + Object.values(topology.streams[name]?.viewers ?? {}).reduce((a, b) => a + b, 0), 0);
  const heaviest = Math.max(0, ...plan.streams.filter((s) => !behindCdn(topology, s)).map(viewerKbps)) / 1000;
  const one: RegionViewers = { viewers: 1, whep: 0, mbps: heaviest, httpsMbps: heaviest };
  const growing = [...direct.values()].some((r) => r.viewers > 0);
  const groups = Object.entries(topology.distributors).map(([region, { max }]) => {
    const size = sizeOf(region);
    const now = direct.get(region);
    const full = limitOf(now && now.viewers > 0 ? now : one, max, size, tlsMbpsPerCore(region));
    return { region, hosts: max, size: size?.name ?? null, expected: now?.viewers ?? 0, ...full };
  });
  const shown = groups.map(({ expected: _, ...group }) => group);
  if (heaviest === 0) return { expected, holds: null, then: null, groups: shown, sentence: "Every viewer is served by the CDN; the distributors' load does not grow with viewers." };
  const concerned = growing ? groups.filter((g) => g.expected > 0) : groups;
  if (concerned.some((g) => g.holds === null)) return { expected, holds: null, then: null, groups: shown, sentence: "How many viewers fit is not known: a distributor has no size, or one without a known network rate." };
  const total = growing ? concerned.reduce((sum, g) => sum + g.expected, 0) : 0;
  const factor = (g: (typeof groups)[number]): number => (growing ? (g.holds as number) / g.expected : g.holds as number);
  const first = concerned.reduce((a, b) => (factor(b) < factor(a) ? b : a));
  const holds = growing ? Math.floor(total * factor(first)) : groups.reduce((sum, g) => sum + (g.holds as number), 0);
  const then = `dist-${first.region} ${first.then}`;
  return { expected, holds, then, groups: shown, sentence: `Holds ${holds.toLocaleString("en-US")} viewers on the best rendition; then ${then}.` };
}

function limitOf(viewers: RegionViewers, hosts: number, size: SizeFacts | null, tlsMbpsPerCore: number): { holds: number | null; then: GrowthStop | null } {
  const mbps = size === null ? null : internetMbps(size);
  if (size === null || mbps === null) return { holds: null, then: null };
  const cores = servingCores(viewers, tlsMbpsPerCore);
  const stops: readonly (readonly [GrowthStop, number])[] = [
    ["bandwidth", (viewers.viewers * mbps * LINK_USE) / viewers.mbps],
    ["cpu", cores === 0 ? Infinity : (viewers.viewers * size.vcpus * CPU_USE) / cores],
    ["connections", (size.vcpus * WORKER_CONNECTIONS) / CONNECTIONS_PER_VIEWER],
  ];
  const [then, held] = stops.reduce((a, b) => (b[1] < a[1] ? b : a));
  return { holds: Math.floor(held) * hosts, then };
}
