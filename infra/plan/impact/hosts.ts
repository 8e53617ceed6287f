import type { Bundle } from "../../render/bundle.ts";
import type { SteeringConfig } from "../../steering/config.ts";
import type { Host } from "../model.ts";
import { type Context, effect } from "./context.ts";
import { dropAt } from "./ingest.ts";
import type { Change, Effect } from "./impact.ts";
import { carried } from "./encoding.ts";

/** A container or machine is made anew and its services are ready again after about this long (docs/benchmarks.md: up from nothing 14.5 s, of which containers and configuration 7 s). */
export const REPLACE_SECONDS = 10;

/** Facts by name → what people call them. */
const FACT_WORDS: Readonly<Record<string, string>> = {
  image: "the host image", ports: "its published ports", expose: "the address that ports are published on", address: "its name",
  planes: "its networks", public: "the address that publishers are told", recordings: "the folder for recordings", gpu: "its hardware encoder",
  size: "its size", zone: "its zone", region: "its region", disk: "its disk",
};

const PLURAL: ReadonlySet<string> = new Set(["ports", "planes"]);

const FROM_TOPOLOGY: ReadonlySet<string> = new Set(["address", "ports", "planes", "gpu", "size", "zone", "region", "disk"]);

/** Names of the facts of a host that differ. A fact that only one side knows is not compared: an older headend did not record it. */
export function changedFacts(context: Context, host: string): string[] {
  const before = context.before.facts[host] ?? {}, after = context.after.facts[host] ?? {};
  return Object.keys(after).filter((fact) => before[fact] !== undefined && before[fact] !== after[fact]).sort();
}

/** Hosts that come, go, or are made anew. */
export function hostChange(context: Context, name: string, replaced: ReadonlySet<string>): Omit<Change, "class"> | null {
  const old = context.hosts.before.get(name), now = context.hosts.after.get(name);
  const base = { kind: "host" as const, host: name, name };
  if (old === undefined && now !== undefined) return { ...base, action: "added", effects: [effect("nothing", `a new ${now.role}; nobody is on it yet`, now.provenance.path)] };
  if (now === undefined && old !== undefined) return { ...base, action: "removed", effects: removed(context, old, replaced) };
  if (old === undefined || now === undefined) return null;
  const facts = changedFacts(context, name);
  if (facts.length > 0) return { ...base, action: "changed", effects: replacement(context, now, facts, replaced) };
  if (samePeers(context.bundles.before.get(name)?.peers ?? [], context.bundles.after.get(name)?.peers ?? [])) return null;
  return { ...base, action: "changed", effects: [effect("nothing", "learns of other neighbours (hosts file and firewall sets)", context.cause(null, "transcoders", "multiplexers", "distributors"))] };
}

function samePeers(a: Bundle["peers"], b: Bundle["peers"]): boolean {
  return a.length === b.length && a.every((peer, i) => peer.host === b[i]?.host && peer.address === b[i]?.address);
}

function removed(context: Context, host: Host, replaced: ReadonlySet<string>): Effect[] {
  const cause = context.cause(null, { multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" }[host.role], "regions");
  const streams = [...context.streams.before.values()];
  const effects = host.role === "multiplexer" ? streams.flatMap((s) => dropAt(host, s, () => true, "its multiplexer goes; it has to come in at another one", cause))
    : host.role === "distributor" ? leftBehind(context, host, replaced, cause, { felt: "of removed distributors have to open it again" }) : [];
  return effects.length > 0 ? effects : [effect("nothing", "goes once nothing uses it any more", cause)];
}

/** Viewers of a distributor that goes, for a while or for good. Players of standard streams turn to another way by themselves (infra/render/pathways.ts). */
function leftBehind(context: Context, host: Host, replaced: ReadonlySet<string>, cause: Effect["cause"], more: { readonly seconds?: number; readonly felt?: string }): Effect[] {
  const elsewhere = waysOf(context, host).some((way) => way.kind !== "distributor" || (context.hosts.after.has(way.id) && !replaced.has(way.id)));
  return [...context.streams.before.values()].filter((s) => s.distributors.includes(host.name)).map((s) => (s.latency === "standard" && elsewhere
    ? effect("hot-reload", `players leave ${host.name} for another distributor by themselves, within their buffer`, cause, { stream: s.name })
    : effect("viewers-rebuffer", `viewers of ${host.name} have nowhere else to go by themselves`, cause, { stream: s.name, viewers: context.viewersAt(s.name, host), ...more })));
}

/** Other ways that players of a distributor were told of. */
function waysOf(context: Context, host: Host): SteeringConfig["ways"] {
  const file = context.bundles.before.get(host.name)?.files.find((f) => f.path === "steering/steering.json");
  return file === undefined ? [] : (JSON.parse(file.content) as SteeringConfig).ways.filter((way) => way.id !== host.name);
}

/** A host that is made anew loses what it holds in memory: connections, segments, caches. `replaced`: all hosts that are. */
function replacement(context: Context, host: Host, facts: readonly string[], replaced: ReadonlySet<string>): Effect[] {
  const what = facts.map((fact) => FACT_WORDS[fact] ?? fact).join(", ");
  // The image comes with headend, addresses and folders from the stack's config: no line of the topology asks for them.
  const asked = facts.some((fact) => FROM_TOPOLOGY.has(fact));
  const cause = asked ? context.cause(null, ...(facts.includes("address") ? ["name"] : []), { multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" }[host.role], "regions") : null;
  const own = effect("host-replaced", `is made anew, because ${what} ${facts.length > 1 || PLURAL.has(facts[0] ?? "") ? "differ" : "differs"}`, cause, { seconds: REPLACE_SECONDS });
  const streams = [...context.streams.before.values()];
  const felt = {
    multiplexer: () => streams.flatMap((s) => dropAt(host, s, () => true, "loses its multiplexer while that is made anew", cause, REPLACE_SECONDS)),
    distributor: () => leftBehind(context, host, replaced, cause, { seconds: REPLACE_SECONDS }),
    transcoder: () => carried(context, host).map((name) => {
      const others = (context.streams.before.get(name)?.transcoders ?? []).filter((tx) => !replaced.has(tx) && context.hosts.after.has(tx));
      return others.length > 0
        ? effect("stream-restarts", `its copy on ${host.name} is gone for a while; ${others[0]} serves it`, cause, { stream: name, seconds: 0 })
        : effect("viewers-rebuffer", "no transcoder has it while this one is made anew", cause, { stream: name, viewers: context.viewers(name), seconds: REPLACE_SECONDS });
    }),
  }[host.role]();
  return [own, ...felt];
}
