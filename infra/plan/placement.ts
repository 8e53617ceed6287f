import type { Stream, Topology } from "../spec/topology.ts";
import { rendezvous, type Choose } from "./rendezvous.ts";

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
  const zoneOf = new Map(transcoders.map((tx) => [tx.name, `${tx.region} ${tx.zone}`]));
  const chooseIn = new Map(regions.map((region) => [region, rendezvous(transcoders.filter((tx) => tx.region === region).map((tx) => tx.name))]));
  const chooseAny = rendezvous(transcoders.map((tx) => tx.name));

  return (name, stream) => {
    const main = home.length > 0 ? home : regions.slice(0, 1);
    const away = regions.filter((region) => !main.includes(region) && (stream.viewers[region] ?? 0) > 0);
    const chosen: string[] = [];
    for (const region of [...main, ...away]) chosen.push(...spread(name, chooseIn.get(region), zoneOf, stream.redundancy));
    while (chosen.length < stream.redundancy) {
      const next = chooseAny(name, (tx) => !chosen.includes(tx));
      if (next === undefined) break;
      chosen.push(next);
    }
    return chosen;
  };
}

/** `count` transcoders by rank, taking unused zones before used ones. */
function spread(name: string, choose: Choose | undefined, zoneOf: ReadonlyMap<string, string>, count: number): string[] {
  const chosen: string[] = [];
  while (choose && chosen.length < count) {
    const zones = new Set(chosen.map((tx) => zoneOf.get(tx)));
    const next = choose(name, (tx) => !zones.has(zoneOf.get(tx))) ?? choose(name, (tx) => !chosen.includes(tx));
    if (next === undefined) break;
    chosen.push(next);
  }
  return chosen;
}
