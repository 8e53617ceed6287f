import { keysOf } from "../plan/keys.ts";
import type { Plan } from "../plan/model.ts";
import type { Bundle } from "./bundle.ts";
import { renderDistributor } from "./distributor.ts";
import { FirewallRules } from "./firewall.ts";
import { PlanIndex } from "./plan-index.ts";
import { renderMultiplexer } from "./multiplexer.ts";
import { renderTranscoder } from "./transcoder.ts";

/**
 * Every host's bundle. Pure: the same plan and stack secret give the same bytes, on every target.
 * @param stackSecret what keys derive from; without one (`headend render` with no stack) hashes are of an empty secret.
 */
export function renderPlan(plan: Plan, stackSecret = ""): Bundle[] {
  const keyOf = keysOf(stackSecret);
  const index = new PlanIndex(plan);
  const firewalls = new FirewallRules();
  return plan.hosts.map((host): Bundle => {
    const { files, services } = {
      multiplexer: () => renderMultiplexer(plan, host, keyOf, index),
      transcoder: () => renderTranscoder(host, keyOf, index),
      distributor: () => renderDistributor(plan, host, index),
    }[host.role]();
    return {
      version: 1, host: host.name,
      peers: index.peersOf(host),
      firewall: firewalls.of(host),
      files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
      services,
      secrets: [...new Set(files.flatMap((file) => index.secretsOf(file)))].sort(),
    };
  });
}
