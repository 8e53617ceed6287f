import { deriveKey } from "../plan/keys.ts";
import type { Host, Plan } from "../plan/model.ts";
import type { Bundle } from "./bundle.ts";
import { renderDistributor } from "./distributor.ts";
import { firewallRules } from "./firewall.ts";
import { PlanIndex } from "./plan-index.ts";
import { renderMultiplexer } from "./multiplexer.ts";
import { renderTranscoder } from "./transcoder.ts";

/** Gives the value of a derived secret, of which only a hash is rendered. */
export type KeyOf = (secretName: string, rotation: number) => string;

/**
 * Every host's bundle. Pure: the same plan and stack secret give the same bytes, on every target.
 * @param stackSecret what keys derive from; without one (`headend render` with no stack) hashes are of an empty secret.
 */
export function renderPlan(plan: Plan, stackSecret = ""): Bundle[] {
  const keys = new Map<string, string>();
  const keyOf: KeyOf = (name, rotation) => {
    const label = `${name}#${rotation}`;
    const key = keys.get(label) ?? deriveKey(stackSecret, name, rotation);
    keys.set(label, key);
    return key;
  };
  const index = new PlanIndex(plan);
  return plan.hosts.map((host) => renderHost(plan, host, keyOf, index));
}

function renderHost(plan: Plan, host: Host, keyOf: KeyOf, index: PlanIndex): Bundle {
  const { files, services } = {
    multiplexer: () => renderMultiplexer(plan, host, keyOf, index),
    transcoder: () => renderTranscoder(host, keyOf, index),
    distributor: () => renderDistributor(plan, host, index),
  }[host.role]();
  const firewall = firewallRules(host);
  return {
    version: 1, host: host.name,
    peers: host.peers.map((peer) => ({ host: peer, address: `${peer}.${plan.internalDomain}` })),
    firewall,
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    services,
    secrets: [...new Set(files.flatMap((file) => index.secretsOf(file)))].sort(),
  };
}
