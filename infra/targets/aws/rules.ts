import type { Host, Listener, Plan, Role } from "../../plan/model.ts";
import { behindCdn } from "../../plan/capacity/demand.ts";
import type { Topology } from "../../spec/topology.ts";
import { type NetworkPlan, ROLES } from "./network-plan.ts";

/** A security group: one for each role of a region, and one for the load balancer in front of distributors. */
export type GroupName = Role | "edge";

/** What a rule lets in, or out to. */
export type RuleEnd =
  | { readonly kind: "group"; readonly group: GroupName }
  | { readonly kind: "cidr"; readonly cidr: string }
  | { readonly kind: "cloudfront" };

export interface Rule {
  /** Unique within its group and direction; part of the logical name. */
  readonly name: string;
  readonly transport: "tcp" | "udp";
  readonly port: number;
  readonly end: RuleEnd;
  readonly description: string;
}

export interface GroupRules { readonly group: GroupName; readonly ingress: readonly Rule[]; readonly egress: readonly Rule[] }

const ANYWHERE = ["0.0.0.0/0", "::/0"] as const;
/** Listeners of distributors that are reached through the region's load balancer. */
const BALANCED: readonly Listener["name"][] = ["https", "http3"];

/**
 * True when every viewer comes through the stack's own CDN: then nobody else may reach a distributor. A topology opens them by a stream
 * that the CDN does not carry, by another CDN, or by a `delivery` in which distributors are as good a way as the CDN.
 */
export function cdnOnly(topology: Topology, plan: Plan): boolean {
  const cdn = plan.delivery.find((way) => way.kind === "cdn");
  return cdn !== undefined && plan.streams.every((stream) => behindCdn(topology, stream))
    && plan.delivery.every((way) => way.kind === "cdn" || (way.kind === "distributors" && way.priority > cdn.priority));
}

/** Groups and rules of a region: exactly the plan's listeners and their peers, and outwards what the plan's links and AWS's own services need. */
export function groupRules(topology: Topology, plan: Plan, network: NetworkPlan, region: string): GroupRules[] {
  const roles = ROLES.filter((role) => plan.hosts.some((h) => h.region === region && h.role === role));
  const groups = roles.map((role): GroupRules => ({
    group: role, ingress: unique(hostsOf(plan, region, role).flatMap((host) => ingress(plan, network, host, cdnOnly(topology, plan)))),
    egress: [...services(), ...unique(outward(plan, network, region, role))],
  }));
  if (!roles.includes("distributor")) return groups;
  return [...groups, balancer(topology, plan, region)];
}

const hostsOf = (plan: Plan, region: string, role: Role): Host[] => plan.hosts.filter((h) => h.region === region && h.role === role);

function ingress(plan: Plan, network: NetworkPlan, host: Host, closed: boolean): Rule[] {
  return host.listeners.flatMap((listener) => {
    if (host.role === "distributor" && BALANCED.includes(listener.name)) {
      // Naming the balancer's group admits its checks, and what that group has let in with the viewer's own address.
      return closed && listener.transport === "udp" ? [] : [rule(listener, "edge", { kind: "group", group: "edge" }, "from the load balancer")];
    }
    return ends(plan, network, host.region, listener).map(({ name, end }) => rule(listener, name, end, listener.provenance.why));
  });
}

function ends(plan: Plan, network: NetworkPlan, region: string, listener: Listener): { name: string; end: RuleEnd }[] {
  const hosts = new Map(plan.hosts.map((h) => [h.name, h]));
  return listener.from.flatMap((peer): { name: string; end: RuleEnd }[] => {
    if (peer.kind === "anyone") return ANYWHERE.map((cidr) => ({ name: cidr === "::/0" ? "anyone-6" : "anyone", end: { kind: "cidr", cidr } }));
    if (peer.kind === "cidr") return [{ name: peer.cidr, end: { kind: "cidr", cidr: peer.cidr } }];
    const host = hosts.get(peer.host);
    return host ? [peerEnd(network, region, host)] : [];
  });
}

/** A role of our own: by its group in the same region, by its part of the address space in another. */
function peerEnd(network: NetworkPlan, region: string, host: Pick<Host, "region" | "role">): { name: string; end: RuleEnd } {
  if (host.region === region) return { name: host.role, end: { kind: "group", group: host.role } };
  const there = network.regions.find((r) => r.key === host.region);
  if (!there) throw new Error(`no network in ${host.region}`);
  return { name: `${host.role}-${host.region}`, end: { kind: "cidr", cidr: there.roleCidr[host.role] } };
}

function rule(listener: Pick<Listener, "name" | "transport" | "port">, from: string, end: RuleEnd, description: string): Rule {
  const { name, transport, port } = listener;
  return { name: `${name}-${port}-${from}`, transport, port, end, description: `${name}: ${description}` };
}

/** The listeners that roles of this region connect to, seen from here. */
function outward(plan: Plan, network: NetworkPlan, region: string, role: Role): Rule[] {
  const own = new Set(hostsOf(plan, region, role).map((h) => h.name));
  const inner = plan.hosts.flatMap((host) => host.listeners
    .filter((l) => l.from.some((peer) => peer.kind === "host" && own.has(peer.host)))
    .map((l) => { const to = peerEnd(network, region, host); return rule(l, to.name, to.end, `to ${to.name}`); }));
  return role === "multiplexer" ? [...inner, ...restreams(plan)] : inner;
}

/** HTTPS to S3, SSM, CloudWatch, Route 53 and a certificate authority; names and time come from the VPC itself, which groups do not filter. */
function services(): Rule[] {
  return ANYWHERE.map((cidr) => rule({ name: "https", transport: "tcp", port: 443 }, cidr === "::/0" ? "anyone-6" : "anyone", { kind: "cidr", cidr }, "AWS services"));
}

const SCHEMES: Readonly<Record<string, { readonly transport: "tcp" | "udp"; readonly port: number }>> = {
  rtmp: { transport: "tcp", port: 1935 }, rtmps: { transport: "tcp", port: 443 }, rtsp: { transport: "tcp", port: 554 },
  rtsps: { transport: "tcp", port: 322 }, srt: { transport: "udp", port: 8890 }, whip: { transport: "tcp", port: 80 }, whips: { transport: "tcp", port: 443 },
};

/** Ports of other platforms that streams are sent on to. Their addresses change, so any is allowed. */
function restreams(plan: Plan): Rule[] {
  return plan.streams.flatMap((s) => s.restream).flatMap(({ url }) => {
    const [scheme = ""] = url.split(":");
    const known = SCHEMES[scheme];
    if (!known) return [];
    const written = new URL(url.replace(/^[a-z]+/, "http")).port;
    const port = written === "" ? known.port : Number(written);
    if (known.transport === "tcp" && port === 443) return [];
    return ANYWHERE.map((cidr) => rule({ name: "https", transport: known.transport, port }, cidr === "::/0" ? "anyone-6" : "anyone", { kind: "cidr", cidr }, "other platforms"))
      .map((r) => ({ ...r, name: r.name.replace("https", `restream-${known.transport}`), description: "restream: other platforms" }));
  });
}

/** The load balancer's group: viewers, or where all come through it, only CloudFront, which speaks TCP over IPv4 to origins. */
function balancer(topology: Topology, plan: Plan, region: string): GroupRules {
  const closed = cdnOnly(topology, plan);
  const listeners = hostsOf(plan, region, "distributor").flatMap((h) => h.listeners).filter((l) => BALANCED.includes(l.name) && !(closed && l.transport === "udp"));
  return {
    group: "edge",
    // The prefix list weighs 55 of a group's 60 rules: it has one port, in this group of its own.
    ingress: unique(listeners.map((l) => (closed
      ? rule(l, "cloudfront", { kind: "cloudfront" }, "CloudFront")
      : rule(l, "anyone", { kind: "cidr", cidr: "0.0.0.0/0" }, l.provenance.why)))),
    egress: unique(listeners.map((l) => rule(l, "distributor", { kind: "group", group: "distributor" }, "to distributors"))),
  };
}

function unique(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map((r) => [r.name, r])).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
