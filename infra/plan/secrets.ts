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

/** Every secret whose value some host needs; hashes of the others stand in rendered text. */
export function secretNeeds(hosts: readonly Host[], streams: readonly StreamPlan[]): SecretNeed[] {
  const needs = new Map<string, { hosts: Set<string>; source: SecretNeed["source"]; rotation: number; provenance: SecretNeed["provenance"] }>();
  const need = (name: string, on: readonly string[], source: SecretNeed["source"], provenance: SecretNeed["provenance"], rotation = 1): void => {
    const entry = needs.get(name) ?? needs.set(name, { hosts: new Set(), source, rotation, provenance }).get(name)!;
    for (const host of on) entry.hosts.add(host);
  };
  for (const host of hosts) {
    if (host.role === "transcoder") {
      for (const peer of host.listeners.find((l) => l.name === "relay")?.from ?? []) {
        if (peer.kind === "host") need(linkSecret(peer.host, host.name), [peer.host], "derived", host.provenance);
      }
    } else {
      for (const name of CERTIFICATE_SECRETS) need(name, [host.name], "certificate", host.provenance);
    }
  }
  for (const stream of streams) {
    for (const p of stream.publish) {
      if (p.via.includes("srt")) need(srtSecret(stream.name, p.publisher), p.multiplexers, "derived", p.provenance, p.keyRotation);
      for (const { secret } of stream.restream) if (secret) need(secret, p.multiplexers, "config", stream.provenance);
    }
  }
  return [...needs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => ({ name, hosts: [...n.hosts].sort(), source: n.source, rotation: n.rotation, provenance: n.provenance }));
}
