import { FirewallRules } from "../../render/firewall.ts";
import type { IngestProtocol } from "../../spec/topology.ts";
import type { Host, Listener, Peer } from "../model.ts";
import { ROLE_PORTS } from "../ports.ts";
import { GROUP, streamsOver, type Context, type Link } from "./context.ts";
import { few, figure, type Answer, type Cause } from "./explanation.ts";

/** A listener by its port ("1936", "443/udp") or its name ("rtmps") on a host. */
export function findListener(context: Context, name: string, hostName: string): { readonly host: Host; readonly listener: Listener } | null {
  const host = context.host(hostName);
  const [port, transport] = name.split("/");
  const listener = host?.listeners.find((l) => l.name === name) ?? host?.listeners.find((l) => String(l.port) === port && (transport === undefined || l.transport === transport));
  return host && listener ? { host, listener } : null;
}

const INGEST: Partial<Record<Listener["name"], IngestProtocol>> = { rtmp: "rtmp", rtmps: "rtmps", srt: "srt", whip: "whip", webrtc: "whip" };

const RULE: Readonly<Record<Listener["name"], string>> = {
  rtmp: "a multiplexer opens a protocol when a publisher of any stream may use it", rtmps: "a multiplexer opens a protocol when a publisher of any stream may use it",
  srt: "a multiplexer opens a protocol when a publisher of any stream may use it", whip: "a multiplexer opens a protocol when a publisher of any stream may use it",
  webrtc: "media of WHIP goes over a UDP port of its own, open where WHIP is",
  push: "a transcoder opens its relay to the multiplexers that push a stream it carries, and to distributors that pull low and ultra streams",
  relay: "a transcoder opens its relay to the multiplexers that push a stream it carries (what RTMP cannot carry, such as VP8)",
  origin: "a transcoder opens its origin to the distributors of the streams it carries",
  https: "a distributor is open to viewers", http3: "a distributor is open to viewers, over QUIC too", whep: "WebRTC media to viewers, open where a stream has latency: ultra",
};

/** Why a port is open, for whom, and why it has that number. */
export function explainPort(context: Context, host: Host, listener: Listener, kind: "port" | "rule"): Answer {
  const fact = ROLE_PORTS[host.role].find((one) => one.name === listener.name);
  const lines = new FirewallRules().of(host).split("\n").filter((line) => line.endsWith(`comment "${listener.name}"`)).map((line) => line.trim());
  return {
    thing: kind === "port" ? `port ${listener.port}/${listener.transport}@${host.name}` : `rule ${listener.name}@${host.name}`,
    is: `${host.name} listens on ${listener.transport.toUpperCase()} ${listener.port} (${listener.name}) for ${audience(listener)}: ${listener.provenance.why}.`,
    causes: [...causesOf(context, host, listener), groupCause(context, host)],
    rule: { name: listener.provenance.rule, in: "infra/plan/hosts.ts", says: `${RULE[listener.name]}; nothing else may connect` },
    formulas: fact === undefined ? [] : [{
      what: "port", formula: fact.perHost ? "base + position of the host among those of its role" : "the same on every host of the role",
      numbers: fact.perHost ? `${fact.port} + ${host.ordinal}` : String(fact.port), result: String(listener.port),
      source: fact.perHost ? "MediaMTX's default (knowledge: aws 2); counted on, because a WebRTC candidate carries the port and hosts may share a machine" : "MediaMTX's and HTTP's defaults (knowledge: aws 2)",
    }],
    facts: [["plane", listener.plane], ...lines.slice(0, 8).map((line): readonly [string, string] => ["nftables", line]), ...(lines.length > 8 ? [["nftables", `… and ${lines.length - 8} more lines`] as const] : [])],
    see: [`host ${host.name}`, ...(kind === "port" ? [`rule ${listener.name}@${host.name}`] : [`port ${listener.port}/${listener.transport}@${host.name}`])],
  };
}

function audience({ from }: Listener): string {
  const names = from.map((peer: Peer) => (peer.kind === "host" ? peer.host : peer.kind === "cidr" ? peer.cidr : "anyone"));
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

function causesOf(context: Context, host: Host, listener: Listener): Cause[] {
  const { plan, topology } = context;
  const protocol = INGEST[listener.name];
  if (protocol !== undefined) {
    const paths = plan.streams.flatMap((stream) => stream.publish).filter((path) => path.via.includes(protocol) && path.multiplexers.includes(host.name));
    const open = paths.filter((path) => path.from.length === 0);
    const wide = paths.length > open.length && open.length > 0;
    return [
      ...few(paths.map(({ stream, publisher }) => ({ path: ["streams", stream, "publishers", publisher, "via"], why: `publisher ${publisher} of ${stream} may come by ${protocol}` }))),
      ...few((open.length > 0 ? (wide ? open : []) : paths).map(({ stream, publisher, from }) => ({
        path: ["streams", stream, "publishers", publisher, "from"],
        why: from.length === 0 ? `${publisher} of ${stream} may come from anywhere, which opens the port to anyone` : `${publisher} of ${stream} comes from ${from.join(", ")}`,
      })), 3),
    ];
  }
  if (listener.name === "whep") return few(plan.streams.filter((s) => s.latency === "ultra").map((s) => ({ path: ["streams", s.name, "latency"], why: `${s.name} is watched by WebRTC` })));
  if (listener.name === "https" || listener.name === "http3") return [];
  const carried = plan.streams.filter((s) => s.transcoders.includes(host.name) && (listener.name === "origin" ? s.distributors.length > 0 : true));
  const callers = [...new Set(listener.from.flatMap((peer) => (peer.kind === "host" ? [context.host(peer.host)] : [])))].filter((h) => h !== undefined);
  const groups = [...new Set(callers.map((h) => `${GROUP[h.role]} ${h.region}`))].map((key) => key.split(" ") as [string, string]);
  return [
    ...few(carried.map((s) => ({ path: ["streams", s.name], why: `${s.name} is carried by ${host.name}` }))),
    ...groups.map(([group, region]): Cause => ({ path: [group, region], why: `${callers.filter((h) => GROUP[h.role] === group && h.region === region).length} ${group} in ${region} connect to it` })),
    ...(topology.regions[host.region] === undefined ? [] : []),
  ];
}

function groupCause(context: Context, host: Host): Cause {
  const count = context.plan.hosts.filter((h) => h.role === host.role && h.region === host.region).length;
  return { path: [GROUP[host.role], host.region], why: `${host.name} is one of ${count} ${GROUP[host.role]} in ${host.region}` };
}

/** Why one host connects to another, with which streams and how much. */
export function explainLink(context: Context, link: Link): Answer {
  const { from, to, listeners } = link;
  const push = from.role === "multiplexer";
  const streams = streamsOver(context, link);
  const mbps = streams.map((s) => (push ? s.source.bitrateKbps * s.publish.length : s.renditions.reduce((sum, r) => sum + r.bitrateKbps, s.audio.bitrateKbps)) / 1000);
  const total = mbps.reduce((a, b) => a + b, 0);
  return {
    thing: `link ${from.name} ${to.name}`,
    is: `${from.name} connects to ${to.name} on ${listeners.map((l) => `${l.transport.toUpperCase()} ${l.port} (${l.name})`).join(" and ")}: it ${push ? "pushes what publishers send" : "fetches the renditions"} of ${streams.length === 1 ? streams[0]!.name : `${streams.length} streams`}.`,
    causes: [
      ...few(streams.map((s) => ({ path: ["streams", s.name], why: `${s.name} is ${push ? "received by" : "served by"} ${from.name} and carried by ${to.name}` }))),
      { path: [GROUP[from.role], from.region], why: `${from.name} is in this group` }, { path: [GROUP[to.role], to.region], why: `${to.name} is in this group` },
      ...(from.region === to.region ? [] : [{ path: ["regions"], why: `${from.region} and ${to.region} are different regions, so the traffic between them is charged` }]),
    ],
    rule: {
      name: push ? "link-push" : "link-pull", in: "infra/plan/hosts.ts",
      says: push ? "every multiplexer of a stream pushes it to every transcoder that carries it" : "every distributor of a stream fetches it from the transcoders that carry it, those of its own region first",
    },
    formulas: [{
      what: "most traffic", formula: push ? "sum of source bitrate × publishers" : "sum of the renditions and the audio, each object once",
      numbers: mbps.length <= 6 ? mbps.map((m) => figure(m)).join(" + ") || "0" : `${mbps.length} streams`, result: `${figure(total)} Mbps`,
      source: "worst case on purpose: every publisher, backups too, is there (infra/plan/capacity/demand.ts)",
    }],
    facts: streams.length === 0 ? [] : [["streams", streams.length <= 8 ? streams.map((s) => s.name).join(", ") : `${streams.slice(0, 7).map((s) => s.name).join(", ")} and ${streams.length - 7} more`]],
    see: [`host ${from.name}`, `host ${to.name}`, ...listeners.map((l) => `port ${l.port}@${to.name}`)],
  };
}
