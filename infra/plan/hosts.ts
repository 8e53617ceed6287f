import type { IngestProtocol, Topology } from "../spec/topology.ts";
import type { Host, Listener, Peer, Plane, Role, StreamPlan } from "./model.ts";
import { hostName } from "./names.ts";
import { portOf, ROLE_PLANES, ROLE_PORTS, type PortFact } from "./ports.ts";
import { SharedLists } from "./shared-lists.ts";

/** A host before links are known: who it is and where. */
export interface HostSeat {
  readonly name: string; readonly role: Role; readonly region: string;
  readonly ordinal: number; readonly zone: number; readonly size: string | null;
}

/**
 * Numbers that each of the first ten regions has for the hosts of a role. Ports follow from them on a shared machine, and a host whose ports
 * change is replaced: counted through all regions, one more host in the first would replace those of all others. Eleventh hosts of a
 * region come after all blocks.
 */
const BLOCK = 10;

/** The hosts a topology asks for, roles in the order of the signal, regions in the order of the file. */
export function seats(topology: Topology): HostSeat[] {
  const groups: [Role, Record<string, { count: number; size: string | null }>][] = [
    ["multiplexer", topology.multiplexers],
    ["transcoder", topology.transcoders],
    ["distributor", Object.fromEntries(Object.entries(topology.distributors).map(([r, g]) => [r, { count: g.min, size: g.size }]))],
  ];
  return groups.flatMap(([role, group]) => {
    let further = BLOCK * BLOCK;
    return Object.keys(topology.regions).flatMap((region, place) =>
      zonesOf(group[region]?.count ?? 0, topology.regions[region]?.zones ?? 1).map((zone, index) => ({
        name: hostName(role, region, index), role, region, zone, size: group[region]?.size ?? null,
        ordinal: place < BLOCK && index < BLOCK ? place * BLOCK + index : further++,
      })));
  });
}

/**
 * Zones of a group's hosts by their position: in turn, and so that one more zone or host moves none but to that zone. A plain remainder
 * would move hosts between zones that were there before. Of each run of as many hosts as there are zones, the newest zone gets one whose
 * zone has another.
 */
export function zonesOf(hosts: number, zones: number): number[] {
  const chosen = Array.from({ length: hosts + zones }, () => 0);
  for (let count = 2; count <= zones; count++) {
    for (let start = 0; start + count <= chosen.length; start += count) {
      const run = chosen.slice(start, start + count);
      const again = run.findLastIndex((zone, i) => run.indexOf(zone) < i);
      chosen[start + (again < 0 ? count - 1 : again)] = count - 1;
    }
  }
  return chosen.slice(0, hosts);
}

/** Listeners between our own hosts. */
type Inner = "push" | "relay" | "origin";

/** Links of the topology, looked up by host. */
export interface Links {
  /** Hosts that a host opens connections to, or that open connections to it. */
  readonly peersOf: (host: string) => readonly string[];
  /** For a listener of a host: the hosts that may connect. */
  readonly into: (host: string, listener: Inner) => readonly string[];
}

/** Who connects to whom: multiplexers push to transcoders, distributors pull from them. */
export function links(seats: readonly HostSeat[], streams: readonly StreamPlan[]): Links {
  const lists = new SharedLists();
  // Callers are kept as lists, not as pairs: nearly all streams have the same multiplexers and the same distributors.
  const callers = { push: new Map<string, Set<number>>(), relay: new Map<string, Set<number>>(), origin: new Map<string, Set<number>>() };
  const called = new Map<number, Set<string>>();
  const link = (list: readonly string[], tx: string, listener: Inner): void => {
    const number = lists.number(list);
    addTo(callers[listener], tx, number);
    addTo(called, number, tx);
  };
  for (const { publish, transcoders, distributors, latency } of streams) {
    for (const tx of transcoders) {
      for (const { multiplexers } of publish) { link(multiplexers, tx, "push"); link(multiplexers, tx, "relay"); }
      link(distributors, tx, "origin");
      if (latency !== "standard") link(distributors, tx, "push");
    }
  }
  const calling = new Map<string, Set<number>>();
  for (const number of called.keys()) for (const host of lists.list(number)) addTo(calling, host, number);

  const order = new Map(seats.map((seat, index) => [seat.name, index]));
  const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const into = (host: string, listener: Inner): readonly string[] => {
    const numbers = [...callers[listener].get(host) ?? []].sort((a, b) => a - b);
    return lists.remember(`into ${numbers.join()}`, () => sorted(numbers.flatMap((number) => lists.list(number))));
  };
  const to = (host: string): readonly string[] => {
    const numbers = [...calling.get(host) ?? []].sort((a, b) => a - b);
    return lists.remember(`to ${numbers.join()}`, () => sorted(numbers.flatMap((number) => [...called.get(number) ?? []])));
  };
  return {
    into,
    peersOf: (host) => lists.concatenated([to(host), into(host, "push"), into(host, "relay"), into(host, "origin")]),
  };
}

function addTo<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}

/** What each ingest listener is for; WebRTC media follows WHIP. */
const INGEST: Partial<Record<Listener["name"], IngestProtocol>> = { rtmp: "rtmp", rtmps: "rtmps", srt: "srt", whip: "whip", webrtc: "whip" };

/** Everything the listeners of a role depend on. */
export interface ListenerContext {
  readonly links: Links;
  /** For a protocol: addresses that may publish with it, or null when no publisher uses it. An empty list means anyone. */
  readonly publishersFrom: ReadonlyMap<IngestProtocol, readonly string[]>;
  /** For a protocol: path of the first publisher that may use it. */
  readonly askedBy: ReadonlyMap<IngestProtocol, readonly (string | number)[]>;
  readonly hasUltra: boolean;
}

/** Completes a seat into a host with its listeners and peers. */
export function completeHost(seat: HostSeat, domain: string, context: ListenerContext): Host {
  const listeners = ROLE_PORTS[seat.role].flatMap((fact) => listener(seat, fact, context));
  const group = groupOf(seat);
  return {
    ...seat,
    address: `${seat.name}.${domain}`,
    planes: ROLE_PLANES[seat.role],
    listeners,
    peers: context.links.peersOf(seat.name),
    provenance: { path: [group, seat.region], rule: "host", why: `${group}.${seat.region} asks for it` },
  };
}

function listener(seat: HostSeat, fact: PortFact, context: ListenerContext): Listener[] {
  const from = callersOf(seat, fact, context);
  if (from === null) return [];
  const { name, transport } = fact;
  const plane: Plane = fact.plane;
  return [{ name, transport, port: portOf(fact, seat.ordinal), plane, from, provenance: { path: provenancePath(seat, fact.name, context), rule: `listener-${name}`, why: WHY[name] } }];
}

function callersOf(seat: HostSeat, fact: PortFact, context: ListenerContext): readonly Peer[] | null {
  const protocol = INGEST[fact.name];
  if (protocol) {
    const cidrs = context.publishersFrom.get(protocol);
    if (!cidrs) return null;
    return cidrs.length === 0 ? ANYONE : cidrs.map((cidr) => ({ kind: "cidr", cidr }));
  }
  if (fact.name === "push" || fact.name === "relay" || fact.name === "origin") {
    const hosts = context.links.into(seat.name, fact.name);
    return hosts.length === 0 ? null : peersOf(hosts);
  }
  if (fact.name === "whep" && !context.hasUltra) return null;
  return ANYONE;
}

const ANYONE: readonly Peer[] = [{ kind: "anyone" }];
const peerLists = new WeakMap<readonly string[], readonly Peer[]>();

/** Hosts as peers; the same list of names gives the same list of peers. */
function peersOf(hosts: readonly string[]): readonly Peer[] {
  const peers = peerLists.get(hosts) ?? hosts.map((host): Peer => ({ kind: "host", host }));
  peerLists.set(hosts, peers);
  return peers;
}

/** What asked for a listener: the first publisher that may use it, else the group of the host, without which it would not be there. */
function provenancePath(seat: HostSeat, name: Listener["name"], context: ListenerContext): readonly (string | number)[] {
  const protocol = INGEST[name];
  return (protocol && context.askedBy.get(protocol)) ?? [groupOf(seat), seat.region];
}

const groupOf = ({ role }: HostSeat): string => ({ multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" })[role];

const WHY: Record<Listener["name"], string> = {
  rtmp: "a publisher may come by RTMP", rtmps: "a publisher may come by RTMPS", srt: "a publisher may come by SRT",
  whip: "a publisher may come by WHIP", webrtc: "media of WHIP publishers", push: "multiplexers push streams here; distributors pull low and ultra latency", relay: "multiplexers push streams here that RTMP cannot carry",
  origin: "distributors fetch playlists and segments", https: "viewers", http3: "viewers, HTTP/3", whep: "media of WHEP viewers",
};
