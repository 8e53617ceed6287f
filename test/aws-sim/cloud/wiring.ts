/** Addresses and packet rules of the cloud container: router of every VPC, internet gateway, network load balancers. */
import { execFileSync } from "node:child_process";
import { networkInterfaces } from "node:os";
import type { Balancer, CloudState } from "./state.ts";

/** Which targets of a listener take new connections: the healthy ones, or all when none is. */
export type Healthy = (targetGroup: string, target: string) => boolean;

/** nft ruleset: EIPs and balancers by DNAT, what leaves a VPC by SNAT; everything that AWS would not route is dropped. */
export function ruleset(state: CloudState, healthy: Healthy): string {
  const eips = state.addresses.map((a) => `    ip daddr ${a.public} dnat to ${a.private}`);
  const balanced = state.balancers.flatMap((b) => listenerRules(b, healthy));
  const hidden = state.balancers.flatMap((b) => b.addresses.flatMap((a) => targetIps(b).map((ip) => `    ct original ip daddr ${a.public} ip daddr ${ip} snat to ${a.private}`)));
  const outward = state.addresses.flatMap((a) => {
    const vpc = state.vpcs.find((v) => within(v.cidr, a.private));
    return vpc === undefined ? [] : [`    ip saddr ${a.private} ip daddr != ${vpc.cidr} ip daddr != { ${peersOf(state, vpc.id).join(", ")} } snat to ${a.public}`, `    ip saddr ${a.private} ct status dnat snat to ${a.public}`];
  });
  const peered = state.peerings.flatMap(([a, b]) => {
    const [x, y] = [a, b].map((id) => state.vpcs.find((v) => v.id === id)?.cidr);
    return x === undefined || y === undefined ? [] : [`    ip saddr ${x} ip daddr ${y} accept`, `    ip saddr ${y} ip daddr ${x} accept`];
  });
  // What no rule leads on is nobody's: without this the cloud's own system would refuse it, which says that something is there.
  const closed = state.balancers.flatMap((b) => b.addresses.map((a) => `    ip daddr ${a.public} drop`));
  const out = state.addresses.map((a) => `    ip saddr ${a.private} ip daddr ${state.internet.cidr} accept`);
  return `table ip sim
delete table ip sim
table ip sim {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
${[...balanced, ...eips].join("\n")}
  }
  chain output {
    type nat hook output priority -100; policy accept;
${[...balanced, ...eips].join("\n")}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
${[...hidden, ...outward].join("\n")}
  }
  chain input {
    type filter hook input priority filter; policy accept;
${closed.join("\n")}
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct status dnat accept
${[...peered, ...out].join("\n")}
  }
}
`;
}

function listenerRules(b: Balancer, healthy: Healthy): string[] {
  return b.listeners.flatMap((l) => {
    const up = l.targetGroup.targets.filter((t) => healthy(l.targetGroup.arn, t.id)), to = up.length > 0 ? up : l.targetGroup.targets;
    if (to.length === 0 || l.from.length === 0) return [];
    const map = to.map((t, i) => `${i} : ${t.ip} . ${t.port}`).join(", ");
    return b.addresses.map((a) => `    ip daddr ${a.public} ip saddr { ${l.from.join(", ")} } ${l.transport} dport ${l.port} dnat ip to numgen random mod ${to.length} map { ${map} }`);
  });
}

const targetIps = (b: Balancer): string[] => [...new Set(b.listeners.flatMap((l) => l.targetGroup.targets.map((t) => t.ip)))];
const peersOf = (state: CloudState, vpc: string): string[] => ["169.254.0.0/16", ...state.peerings.filter((p) => p.includes(vpc)).flatMap((p) => state.vpcs.filter((v) => v.id !== vpc && p.includes(v.id)).map((v) => v.cidr))];

/** Whether an IPv4 address lies in a block. */
export function within(cidr: string, ip: string): boolean {
  const [base = "", size = "32"] = cidr.split("/"), number = (a: string): number => a.split(".").reduce((n, part) => n * 256 + Number(part), 0);
  const span = 2 ** (32 - Number(size));
  return Math.floor(number(base) / span) === Math.floor(number(ip) / span);
}

/** Brings the container's addresses in line; gives those that are there now. */
export function bringAddresses(state: CloudState): void {
  const have = new Map(Object.entries(networkInterfaces()).flatMap(([name, list]) => (list ?? []).filter((a) => a.family === "IPv4").map((a) => [a.address, name] as const)));
  const add = (address: string, near: string): void => {
    const device = have.get(near);
    if (have.has(address) || device === undefined) return;
    execFileSync("ip", ["addr", "add", `${address}/32`, "dev", device]);
    have.set(address, device);
  };
  const internet = state.internet.address;
  for (const a of [state.internet.checkers, ...state.addresses.map((x) => x.public), ...state.balancers.flatMap((b) => b.addresses.map((x) => x.public)), ...state.distributions.map((d) => d.address)]) add(a, internet);
  for (const v of state.vpcs) {
    add(v.dns, v.router);
    for (const b of state.balancers) for (const a of b.addresses) if (within(v.cidr, a.private)) add(a.private, v.router);
  }
}

/** Loads a ruleset. @throws with nft's words */
export function loadRules(text: string): void {
  execFileSync("nft", ["-f", "-"], { input: text, stdio: ["pipe", "ignore", "pipe"] });
}
