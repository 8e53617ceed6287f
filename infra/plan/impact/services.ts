import type { Bundle, Service } from "../../render/bundle.ts";
import type { Host, Listener } from "../model.ts";
import { type Context, effect } from "./context.ts";
import { carried, EDGE_RETRY_SECONDS } from "./encoding.ts";
import type { DeployedOtherwise } from "./compare.ts";
import type { Change, Effect } from "./impact.ts";
import { dropAt } from "./ingest.ts";

/** Services of a host that come, go, or start again: hostd restarts one whose command, environment or user differs (infra/host/changes.ts). */
export function serviceChanges(context: Context, host: Host, before: Bundle, after: Bundle, otherwise: DeployedOtherwise): Omit<Change, "class">[] {
  const old = new Map(before.services.map((s) => [s.name, s]));
  const changes = after.services.flatMap((service): Omit<Change, "class">[] => {
    const previous = old.get(service.name);
    const base = { kind: "service" as const, host: host.name, name: service.name };
    if (previous === undefined) return [{ ...base, action: "added", effects: [effect("nothing", "is started", context.cause(null, "latency", "streams"))] }];
    const known = otherwise.get(`${host.name} service ${service.name}`);
    return known === "stays" || (known === undefined && launch(previous) === launch(service)) ? [] : [{ ...base, action: "changed", effects: restarted(context, host, service.name, "starts again with another command") }];
  });
  const gone = before.services.filter((s) => !after.services.some((n) => n.name === s.name));
  return [...changes, ...gone.map((service) => ({ kind: "service" as const, action: "removed" as const, host: host.name, name: service.name, effects: restarted(context, host, service.name, "is stopped") }))];
}

/** What hostd compares. */
export function launch({ argv, env, user }: Pick<Service, "argv" | "env" | "user">): string {
  return JSON.stringify([argv, env, user]);
}

/** Who feels that a service ends, for a moment or for good. */
export function restarted(context: Context, host: Host, service: string, reason: string): Effect[] {
  const cause = context.cause(null, "latency", "streams");
  const streams = [...context.streams.before.values()];
  const stopped = (which: (latency: string) => boolean): Effect[] => streams.filter((s) => s.distributors.includes(host.name) && which(s.latency))
    .map((s) => effect("viewers-rebuffer", `${service} ${reason}`, cause, { stream: s.name, viewers: context.viewersAt(s.name, host), seconds: EDGE_RETRY_SECONDS }));
  const effects = host.role === "multiplexer" ? service !== "mediamtx" ? [] : streams.flatMap((s) => dropAt(host, s, () => true, `${service} ${reason}`, cause))
    : host.role === "transcoder" ? (service === "nginx" ? [] : carried(context, host).map((name) => effect("stream-restarts", `${service} ${reason}`, cause, { stream: name, seconds: 0 })))
      : service === "mediamtx" ? stopped((latency) => latency !== "standard") : service === "nginx" ? stopped(() => true) : [];
  return effects.length > 0 ? effects : [effect("hot-reload", `${reason}; nobody is on it`, cause)];
}

/** A changed packet filter. nftables swaps it whole, and connections that stand go on (render/firewall.ts: established). */
export function firewallChange(context: Context, host: Host, before: Bundle, after: Bundle, otherwise: DeployedOtherwise): Omit<Change, "class"> | null {
  const known = otherwise.get(`${host.name} firewall`);
  if (known === "stays" || (known === undefined && before.firewall === after.firewall)) return null;
  const old = context.hosts.before.get(host.name)?.listeners ?? [];
  const cause = context.cause(null, "via", "from", "publishers", "latency", "transcoders", "multiplexers", "distributors");
  const words = [
    ...host.listeners.filter((l) => !old.some((o) => o.name === l.name)).map((l) => `opens ${port(l)}`),
    ...old.filter((l) => !host.listeners.some((n) => n.name === l.name)).map((l) => `closes ${port(l)} to new connections`),
    ...host.listeners.filter((l) => old.some((o) => o.name === l.name && JSON.stringify(o.from) !== JSON.stringify(l.from))).map((l) => `${port(l)} takes other callers`),
  ];
  return {
    kind: "firewall", action: "changed", host: host.name, name: "firewall",
    effects: [effect("hot-reload", `${words.join(", ") || "its rules are written differently"}; connections that stand go on`, cause)],
  };
}

function port(listener: Listener): string {
  return `${listener.name} ${listener.port}`;
}
