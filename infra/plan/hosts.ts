import type { IngestProtocol, Topology } from "../spec/topology.ts";
import type { Host, Listener, Peer, Plane, Role, StreamPlan } from "./model.ts";
import { hostName } from "./names.ts";
import { portOf, ROLE_PLANES, ROLE_PORTS, type PortFact } from "./ports.ts";

/** A host before links are known: who it is and where. */
export interface HostSeat {
  readonly name: string; readonly role: Role; readonly region: string;
  readonly ordinal: number; readonly zone: number; readonly size: string | null;
}

/** The hosts a topology asks for, roles in the order of the signal, regions in the order of the file. */
export function seats(topology: Topology): HostSeat[] {
  const groups: [Role, Record<string, { count: number; size: string | null }>][] = [
    ["multiplexer", topology.multiplexers],
    ["transcoder", topology.transcoders],
    ["distributor", Object.fromEntries(Object.entries(topology.distributors).map(([r, g]) => [r, { count: g.min, size: g.size }]))],
  ];
  return groups.flatMap(([role, group]) => {
    let ordinal = 0;
    return Object.keys(topology.regions).flatMap((region) =>
      Array.from({ length: group[region]?.count ?? 0 }, (_, index) => ({
        name: hostName(role, region, index), role, region,
        ordinal: ordinal++, zone: index % (topology.regions[region]?.zones ?? 1), size: group[region]?.size ?? null,
      })));
  });
}

/** Links of the topology, looked up by host. */
export interface Links {
  /** Hosts that a host opens connections to. */
  readonly to: ReadonlyMap<string, readonly string[]>;
  /** For a listener of a host: the hosts that may connect. */
  readonly into: (host: string, listener: Listener["name"]) => readonly string[];
}

/** Who connects to whom: multiplexers push to transcoders, distributors pull from them. */
export function links(seats: readonly HostSeat[], streams: readonly StreamPlan[]): Links {
  const to = new Map<string, Set<string>>();
  const into = new Map<string, Set<string>>();
  const add = (map: Map<string, Set<string>>, key: string, value: string): void => { (map.get(key) ?? map.set(key, new Set()).get(key)!).add(value); };
  // Streams that share their hosts share their links: a festival has few combinations, and 5,000 streams must plan in a second.
  const done = new Set<string>();
  for (const stream of streams) {
    const multiplexers = [...new Set(stream.publish.flatMap((p) => p.multiplexers))];
    const pulls = stream.latency !== "standard";
    const key = JSON.stringify([multiplexers, stream.transcoders, stream.distributors.length, stream.distributors[0], pulls]);
    if (done.has(key)) continue;
    done.add(key);
    for (const tx of stream.transcoders) {
      for (const mux of multiplexers) { add(to, mux, tx); add(into, `${tx} relay`, mux); }
      for (const dist of stream.distributors) {
        add(to, dist, tx);
        add(into, `${tx} origin`, dist);
        if (pulls) add(into, `${tx} relay`, dist);
      }
    }
  }
  const order = new Map(seats.map((seat, index) => [seat.name, index]));
  const sorted = (set: Set<string> | undefined): string[] => [...(set ?? [])].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const cache = new Map<string, readonly string[]>();
  // Equal lists become one list, so that what is made from them is made once (see `peersOf`).
  const lists = new Map<string, readonly string[]>();
  const intern = (list: readonly string[]): readonly string[] => {
    const key = list.join();
    const known = lists.get(key) ?? list;
    lists.set(key, known);
    return known;
  };
  return {
    to: new Map([...to].map(([host, set]) => [host, sorted(set)])),
    into: (host, listener) => {
      const key = `${host} ${listener}`;
      const known = cache.get(key) ?? intern(sorted(into.get(key)));
      cache.set(key, known);
      return known;
    },
  };
}

/** What each ingest listener is for; WebRTC media follows WHIP. */
const INGEST: Partial<Record<Listener["name"], IngestProtocol>> = { rtmp: "rtmp", rtmps: "rtmps", srt: "srt", whip: "whip", webrtc: "whip" };

/** Everything the listeners of a role depend on. */
export interface ListenerContext {
  readonly links: Links;
  /** For a protocol: addresses that may publish with it, or null when no publisher uses it. An empty list means anyone. */
  readonly publishersFrom: ReadonlyMap<IngestProtocol, readonly string[]>;
  readonly hasUltra: boolean;
}

/** Completes a seat into a host with its listeners and peers. */
export function completeHost(seat: HostSeat, domain: string, context: ListenerContext): Host {
  const listeners = ROLE_PORTS[seat.role].flatMap((fact) => listener(seat, fact, context));
  const callers = listeners.flatMap((l) => l.from).flatMap((peer) => (peer.kind === "host" ? [peer.host] : []));
  const group = { multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" }[seat.role];
  return {
    ...seat,
    address: `${seat.name}.${domain}`,
    planes: ROLE_PLANES[seat.role],
    listeners,
    peers: [...new Set([...(context.links.to.get(seat.name) ?? []), ...callers])],
    provenance: { path: [group, seat.region], rule: "host", why: `${group}.${seat.region} asks for it` },
  };
}

function listener(seat: HostSeat, fact: PortFact, context: ListenerContext): Listener[] {
  const from = callersOf(seat, fact, context);
  if (from === null) return [];
  const { name, transport } = fact;
  const plane: Plane = fact.plane;
  return [{ name, transport, port: portOf(fact, seat.ordinal), plane, from, provenance: { path: provenancePath(fact.name), rule: `listener-${name}`, why: WHY[name] } }];
}

function callersOf(seat: HostSeat, fact: PortFact, context: ListenerContext): readonly Peer[] | null {
  const protocol = INGEST[fact.name];
  if (protocol) {
    const cidrs = context.publishersFrom.get(protocol);
    if (!cidrs) return null;
    return cidrs.length === 0 ? [{ kind: "anyone" }] : cidrs.map((cidr) => ({ kind: "cidr", cidr }));
  }
  if (fact.name === "relay" || fact.name === "origin") {
    const hosts = context.links.into(seat.name, fact.name);
    return hosts.length === 0 ? null : peersOf(hosts);
  }
  if (fact.name === "whep" && !context.hasUltra) return null;
  return [{ kind: "anyone" }];
}

const peerLists = new WeakMap<readonly string[], readonly Peer[]>();

/** Hosts as peers; the same list of names gives the same list of peers. */
function peersOf(hosts: readonly string[]): readonly Peer[] {
  const peers = peerLists.get(hosts) ?? hosts.map((host): Peer => ({ kind: "host", host }));
  peerLists.set(hosts, peers);
  return peers;
}

function provenancePath(name: Listener["name"]): (string | number)[] {
  return INGEST[name] || name === "whep" ? ["streams"] : [];
}

const WHY: Record<Listener["name"], string> = {
  rtmp: "a publisher may come by RTMP", rtmps: "a publisher may come by RTMPS", srt: "a publisher may come by SRT",
  whip: "a publisher may come by WHIP", webrtc: "media of WHIP publishers", relay: "multiplexers push streams here; distributors pull low and ultra latency",
  origin: "distributors fetch playlists and segments", https: "viewers", http3: "viewers, HTTP/3", whep: "media of WHEP viewers",
};
