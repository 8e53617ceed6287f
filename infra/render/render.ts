import { keysOf } from "../plan/keys.ts";
import type { Host, Plan } from "../plan/model.ts";
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
  return plan.hosts.map((host) => bundle(host, index, firewalls, {
    multiplexer: () => renderMultiplexer(plan, host, keyOf, index),
    transcoder: () => renderTranscoder(host, keyOf, index),
    distributor: () => renderDistributor(plan, host, index),
  }[host.role]()));
}

/** The distributors' bundles alone, as `renderPlan` makes them. */
export function renderDistributors(plan: Plan): Bundle[] {
  const index = new PlanIndex(plan), firewalls = new FirewallRules();
  return plan.hosts.filter((h) => h.role === "distributor").map((host) => bundle(host, index, firewalls, renderDistributor(plan, host, index)));
}

function bundle(host: Host, index: PlanIndex, firewalls: FirewallRules, { files, services }: Pick<Bundle, "files" | "services">): Bundle {
  return {
    version: 1, host: host.name,
    peers: index.peersOf(host),
    firewall: firewalls.of(host),
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    services,
    secrets: [...new Set(files.flatMap((file) => index.secretsOf(file)))].sort(),
  };
}
