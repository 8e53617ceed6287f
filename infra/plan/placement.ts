import type { Stream, Topology } from "../spec/topology.ts";
import { rendezvous } from "./rendezvous.ts";

/** A host as placement sees it. */
export interface Candidate { readonly name: string; readonly region: string; readonly zone: number }

/**
 * Chooses the transcoders of every stream.
 * Home regions (those with a multiplexer) carry each stream; a further region with transcoders carries it too where viewers are
 * expected, so that one contribution feed crosses the ocean instead of every rendition. `redundancy` copies a region, in different
 * zones where there are any. All copies are aligned, so a distributor may use any of them.
 * @returns a function from a stream's name to transcoder names, home regions first, best first.
 */
export function placeStreams(topology: Topology, transcoders: readonly Candidate[]): (name: string, stream: Stream) => string[] {
  const regions = Object.keys(topology.regions).filter((region) => transcoders.some((tx) => tx.region === region));
  const home = regions.filter((region) => topology.multiplexers[region] !== undefined);
  const byRegion = new Map(regions.map((region) => {
    const hosts = transcoders.filter((tx) => tx.region === region);
    return [region, { zone: new Map(hosts.map((tx) => [tx.name, tx.zone])), rank: rendezvous(hosts.map((tx) => tx.name)) }];
  }));
  const rankAll = rendezvous(transcoders.map((tx) => tx.name));

  return (name, stream) => {
    const main = home.length > 0 ? home : regions.slice(0, 1);
    const away = regions.filter((region) => !main.includes(region) && (stream.viewers[region] ?? 0) > 0);
    const chosen: string[] = [];
    for (const region of [...main, ...away]) {
      const group = byRegion.get(region);
      if (group) chosen.push(...spread(group.rank(name), group.zone, stream.redundancy));
    }
    for (const tx of rankAll(name)) {
      if (chosen.length >= stream.redundancy) break;
      if (!chosen.includes(tx)) chosen.push(tx);
    }
    return chosen;
  };
}

/** The first `count` of a ranking, taking unused zones before used ones. */
function spread(ranked: readonly string[], zoneOf: ReadonlyMap<string, number>, count: number): string[] {
  const chosen: string[] = [];
  const zones = new Set<number | undefined>();
  for (const fresh of [true, false]) {
    for (const tx of ranked) {
      if (chosen.length >= count) return chosen;
      if (chosen.includes(tx) || (fresh && zones.has(zoneOf.get(tx)))) continue;
      chosen.push(tx);
      zones.add(zoneOf.get(tx));
    }
  }
  return chosen;
}
