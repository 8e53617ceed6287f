import type { Plan } from "../../plan/model.ts";

/**
 * The plan as viewers meet it on AWS: a region's distributors come and go behind one name, so they are one way, called by the region's
 * first. With all of them, two regions would call the same way by different names, and players would not find it.
 */
export function grouped(plan: Plan): Plan {
  const first = new Set(new Map(plan.hosts.filter((h) => h.role === "distributor").map((h) => [h.region, h.name] as const).reverse()).values());
  const stays = (name: string, role: string): boolean => role !== "distributor" || first.has(name);
  return { ...plan, hosts: plan.hosts.filter((h) => stays(h.name, h.role)), streams: plan.streams.map((s) => ({ ...s, distributors: s.distributors.filter((name) => first.has(name)) })) };
}
