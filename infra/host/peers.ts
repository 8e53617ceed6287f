/** Names of other hosts, kept resolved: nginx, MediaMTX and FFmpeg look a name up once and would keep an old address. */
import { Resolver } from "node:dns/promises";
import type { Bundle } from "../render/bundle.ts";
import type { HostsEntry } from "./hosts-file.ts";

type Peer = Bundle["peers"][number];

/** All IPv4 addresses of a name. Rejects when there are none or nobody answers. */
export type Resolve4 = (name: string) => Promise<readonly string[]>;

/** Nobody listens there, and connecting fails at once; a name without any address would keep nginx from starting. */
export const UNRESOLVED = "127.255.255.254";

export interface PeerStatus {
  readonly host: string;
  readonly address: string;
  /** The one in the hosts file. */
  readonly ip: string;
  /** All of them; these may connect. */
  readonly ips: readonly string[];
  /** False while the last look-up failed; the addresses are then the last known. */
  readonly resolved: boolean;
}

/** Asks the name servers of resolv.conf, never the hosts file, which we write ourselves. */
export function dnsResolve4(timeoutMs = 900): Resolve4 {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  return (name) => resolver.resolve4(name);
}

const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;

/** The known addresses of a set of peers. */
export class PeerTable {
  private known = new Map<string, PeerStatus>();

  constructor(private readonly resolve4: Resolve4) {}

  /** Looks every peer up once, all at the same time, without remembering the answers. Never throws. */
  lookUp(peers: readonly Peer[], self: string): Promise<readonly PeerStatus[]> {
    return Promise.all(peers.map((peer) => this.look(peer, self)));
  }

  /** Makes these the known peers and forgets all others. True when an address changed. */
  adopt(next: readonly PeerStatus[]): boolean {
    const before = JSON.stringify([...this.known.values()].map(addressesOf));
    this.known = new Map(next.map((p) => [p.host, p]));
    return JSON.stringify(next.map(addressesOf)) !== before;
  }

  list(): readonly PeerStatus[] { return [...this.known.values()]; }

  /** Lines for the hosts file. */
  entries(): readonly HostsEntry[] {
    return this.list().map((p) => ({ ip: p.ip, names: [...new Set([p.address, p.host])].filter((n) => !ADDRESS.test(n)) }));
  }

  private async look(peer: Peer, self: string): Promise<PeerStatus> {
    const last = this.known.get(peer.host);
    let ips: readonly string[] = [];
    if (ADDRESS.test(peer.address)) ips = [peer.address];
    else try { ips = [...new Set(await this.resolve4(peer.address))].sort(); } catch { /* said by `resolved` */ }
    if (ips.length > 0) {
      const ip = last !== undefined && ips.includes(last.ip) ? last.ip : ips[0] as string;   // answers come in any order: stay with one
      return { host: peer.host, address: peer.address, ip, ips, resolved: true };
    }
    if (last !== undefined && last.address === peer.address) return { ...last, resolved: false };
    return { host: peer.host, address: peer.address, ip: peer.host === self ? "127.0.0.1" : UNRESOLVED, ips: [], resolved: false };
  }
}

function addressesOf(peer: PeerStatus): unknown { return [peer.host, peer.address, peer.ip, peer.ips]; }
