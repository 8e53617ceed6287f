import { deriveKey } from "../plan/keys.ts";
import type { Host, Plan } from "../plan/model.ts";
import type { Bundle } from "./bundle.ts";
import { renderDistributor } from "./distributor.ts";
import { firewallRules } from "./firewall.ts";
import { secretsIn } from "./markers.ts";
import { renderMultiplexer } from "./multiplexer.ts";
import { renderTranscoder } from "./transcoder.ts";

/** Gives the value of a derived secret, of which only a hash is rendered. */
export type KeyOf = (secretName: string, rotation: number) => string;

/**
 * Every host's bundle. Pure: the same plan and stack secret give the same bytes, on every target.
 * @param stackSecret what keys derive from; without one (`headend render` with no stack) hashes are of an empty secret.
 */
export function renderPlan(plan: Plan, stackSecret = ""): Bundle[] {
  const keyOf: KeyOf = (name, rotation) => deriveKey(stackSecret, name, rotation);
  return plan.hosts.map((host) => renderHost(plan, host, keyOf));
}

function renderHost(plan: Plan, host: Host, keyOf: KeyOf): Bundle {
  const { files, services } = {
    multiplexer: () => renderMultiplexer(plan, host, keyOf),
    transcoder: () => renderTranscoder(plan, host, keyOf),
    distributor: () => renderDistributor(plan, host),
  }[host.role]();
  const firewall = firewallRules(host);
  return {
    version: 1, host: host.name,
    peers: host.peers.map((peer) => ({ host: peer, address: `${peer}.${plan.internalDomain}` })),
    firewall,
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    services,
    secrets: secretsIn([firewall, ...files.map((f) => f.content)]),
  };
}
