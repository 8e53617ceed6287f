import type { Host, SecretNeed, StreamPlan } from "./model.ts";

/** Name of the secret with which a host connects to another. */
export function linkSecret(from: string, to: string): string {
  return `link/${from}/${to}`;
}

/** Stream key of a publisher. */
export function publishSecret(stream: string, publisher: string): string {
  return `publish/${stream}/${publisher}`;
}

/** SRT passphrase of a publisher. */
export function srtSecret(stream: string, publisher: string): string {
  return `srt/${stream}/${publisher}`;
}

/** Certificate and key that a host shows to publishers or viewers. */
export const CERTIFICATE_SECRETS = ["tls/server.crt", "tls/server.key"] as const;

/** What a CDN of ours adds to its requests, so that distributors know it. */
export const EDGE_LOCK_SECRET = "edge/lock";

/** Every secret whose value some host needs; hashes of the others stand in rendered text. */
export function secretNeeds(hosts: readonly Host[], streams: readonly StreamPlan[]): SecretNeed[] {
  return [...linkNeeds(hosts), ...certificateNeeds(hosts), ...lockNeeds(streams), ...streamNeeds(streams)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function linkNeeds(hosts: readonly Host[]): SecretNeed[] {
  // The same caller alone is the same list: there are many more links than hosts.
  const only = new Map<string, readonly string[]>(hosts.map(({ name }) => [name, [name]]));
  return hosts.filter(({ role }) => role === "transcoder").flatMap((host) =>
    (host.listeners.find((l) => l.name === "push")?.from ?? []).flatMap((peer): SecretNeed[] => (peer.kind !== "host" ? [] : [{
      name: linkSecret(peer.host, host.name), hosts: only.get(peer.host) ?? [peer.host], source: "derived", rotation: 1, provenance: host.provenance,
    }])));
}

function certificateNeeds(hosts: readonly Host[]): SecretNeed[] {
  const shown = hosts.filter(({ role }) => role !== "transcoder");
  const [first] = shown;
  if (!first) return [];
  const names = shown.map(({ name }) => name).sort();
  return CERTIFICATE_SECRETS.map((name) => ({ name, hosts: names, source: "certificate", rotation: 1, provenance: first.provenance }));
}

function lockNeeds(streams: readonly StreamPlan[]): SecretNeed[] {
  const locked = streams.filter((stream) => stream.locked);
  const [first] = locked;
  if (!first) return [];
  return [{ name: EDGE_LOCK_SECRET, hosts: [...new Set(locked.flatMap((s) => s.distributors))].sort(), source: "derived", rotation: 1, provenance: first.provenance }];
}

function streamNeeds(streams: readonly StreamPlan[]): SecretNeed[] {
  const paths = streams.flatMap((stream) => stream.publish.map((path) => ({ stream, path })));
  const passphrases = paths.filter(({ path }) => path.via.includes("srt")).map(({ path }): SecretNeed => ({
    name: srtSecret(path.stream, path.publisher), hosts: [...path.multiplexers].sort(), source: "derived", rotation: path.keyRotation, provenance: path.provenance,
  }));
  const platforms = new Map<string, { hosts: Set<string>; provenance: SecretNeed["provenance"] }>();
  for (const { stream, path } of paths) {
    for (const { secret } of stream.restream) {
      if (!secret) continue;
      const known = platforms.get(secret) ?? { hosts: new Set<string>(), provenance: stream.provenance };
      for (const host of path.multiplexers) known.hosts.add(host);
      platforms.set(secret, known);
    }
  }
  const keys = [...platforms].map(([name, { hosts, provenance }]): SecretNeed => ({ name, hosts: [...hosts].sort(), source: "config", rotation: 1, provenance }));
  return [...passphrases, ...keys];
}
