/** Which ports the plan opens from one position to another, and which really are. */
import type { Host, Plan } from "../../../infra/plan/model.ts";
import { scan } from "../../e2e/lib/scan.ts";
import type { World } from "../world/world.ts";

/** Never open to anybody but, where the plan says so, one of them: the plan's own ports, and what programs listen on by habit. */
const HABITS = [22, 25, 53, 80, 111, 443, 1935, 1936, 1985, 3000, 5355, 8000, 8080, 8189, 8322, 8554, 8888, 8889, 8890, 8892, 8893, 9000, 9090, 9100, 9996, 9997, 9998, 9999, 10080];

/** TCP ports that a scan looks at. */
export function portsOf(plan: Plan): number[] {
  return [...new Set([...HABITS, ...plan.hosts.flatMap((h) => h.listeners.map((l) => l.port))])].sort((a, b) => a - b);
}

/** Ports of `to` that a host of the plan may reach. A distributor's own are reached through its load balancer only. */
export function allowedFromHost(from: Host, to: Host): number[] {
  return to.listeners.filter((l) => l.transport === "tcp" && l.from.some((p) => p.kind === "host" && p.host === from.name)).map((l) => l.port).sort((a, b) => a - b);
}

/** Ports of `to`'s public address that a stranger may reach. */
export function allowedFromAnywhere(to: Host): number[] {
  if (to.role === "distributor") return [];
  return to.listeners.filter((l) => l.transport === "tcp" && l.from.some((p) => p.kind === "anyone")).map((l) => l.port).sort((a, b) => a - b);
}

/** Ports where packets get through: something answers, be it with a refusal. */
export async function reached(container: string, address: string, ports: readonly number[]): Promise<number[]> {
  return [...await scan(container, address, ports, 1500)].filter(([, state]) => state === "open" || state === "refused").map(([port]) => port).sort((a, b) => a - b);
}

/** Machine of a host's key: its tag, as operators see it. */
export function machineOf(world: World, key: string) {
  const found = [...world.machines.values()].filter((m) => m.tags["headend-host"] === key && m.running);
  if (found[0] === undefined) throw new Error(`no instance of ${key}; there are ${[...world.machines.values()].map((m) => m.tags["headend-host"]).join(", ")}`);
  return found[0];
}
