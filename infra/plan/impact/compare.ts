import type { Bundle, ReloadClass } from "../../render/bundle.ts";
import type { Host } from "../model.ts";
import { shortHash } from "../names.ts";
import { Context, effect, type FilePair } from "./context.ts";
import { distributorEffects, edgeEffects } from "./delivery.ts";
import { agentEffects, argumentEffects, relayEffects } from "./encoding.ts";
import { feltBy, sentenceOf } from "./felt.ts";
import { changedFacts, hostChange } from "./hosts.ts";
import { type Change, type Effect, type Impact, isWorse, worst } from "./impact.ts";
import { ingestEffects } from "./ingest.ts";
import { firewallChange, serviceChanges } from "./services.ts";
import type { Side } from "./side.ts";
import { streamChanges } from "./streams.ts";
import { unknownEffects } from "./unknown.ts";

type Unsealed = Omit<Change, "class">;

/**
 * Parts of bundles ("host path", "host firewall", "host service NAME") that were deployed otherwise than headend writes them now, so that
 * only their hash is known: whether they differ from what is to come.
 */
export type DeployedOtherwise = ReadonlyMap<string, "changes" | "stays">;

/**
 * What going from one side to the other does. Pure; the same sides give the same impact. Both sides are rendered with the same stack
 * secret, and `before` is what runs: its people are the ones who feel it.
 */
export function compare(before: Side, after: Side, otherwise: DeployedOtherwise = new Map()): Impact {
  const context = new Context(before, after);
  const names = [...new Set([...after.plan.hosts, ...before.plan.hosts].map((host) => host.name))];
  const replaced = new Set(names.filter((name) => changedFacts(context, name).length > 0));
  const changes = [...names.flatMap((name) => changesOf(context, name, replaced, otherwise)), ...streamChanges(context)].map(sealed);
  const felt = feltBy(context, changes);
  const cls = worst(changes.map((change) => change.class));
  return { class: cls, changes, felt, sentence: sentenceOf(felt, changes), id: `${cls}/${identity(before, changes)}` };
}

/** Nothing was there before: everything is new, and nobody can feel it. */
export const FIRST: Impact = { class: "nothing", changes: [], felt: [], sentence: "nobody: nothing is deployed yet", id: "nothing/first" };

function changesOf(context: Context, name: string, replaced: ReadonlySet<string>, otherwise: DeployedOtherwise): Unsealed[] {
  const before = context.bundles.before.get(name), after = context.bundles.after.get(name);
  const own = hostChange(context, name, replaced);
  const host = context.hosts.after.get(name) ?? context.hosts.before.get(name) as Host;
  return [
    ...(own ? [own] : []),
    ...(before && after ? [...serviceChanges(context, host, before, after, otherwise), ...[firewallChange(context, host, before, after, otherwise)].filter((c) => c !== null)] : []),
    ...fileChanges(context, host, before, after, otherwise),
  ];
}

function fileChanges(context: Context, host: Host, before: Bundle | undefined, after: Bundle | undefined, otherwise: DeployedOtherwise): Unsealed[] {
  const old = new Map((before?.files ?? []).map((file) => [file.path, file]));
  const now = new Map((after?.files ?? []).map((file) => [file.path, file]));
  return [...new Set([...now.keys(), ...old.keys()])].sort().flatMap((path): Unsealed[] => {
    const pair: FilePair = { before: old.get(path) ?? null, after: now.get(path) ?? null };
    const known = otherwise.get(`${host.name} ${path}`);
    if (known === "stays" || (known === undefined && !context.differs(host.name, pair))) return [];
    const effects = !before || !after ? [effect("nothing", before ? "goes with its host" : "comes with its host", host.provenance.path)]
      : known === "changes" ? unknownEffects(context, host, path) : effectsOf(context, host, path, pair);
    return [{ kind: "file", action: pair.before === null ? "added" : pair.after === null ? "removed" : "changed", host: host.name, name: path, effects }];
  });
}

function effectsOf(context: Context, host: Host, path: string, pair: FilePair): Effect[] {
  const found = rule(context, host, path, pair);
  if (found.length > 0) return found;
  const file = (pair.after ?? pair.before) as NonNullable<FilePair["after"]>;
  if (pair.before === null || pair.after === null) return [effect("nothing", pair.before === null ? "is new" : "is no longer needed", context.cause(null, "streams"))];
  return [effect(...DECLARED[file.reload], context.cause(null, "streams"))];
}

/** For files without a rule of their own: what the renderer says of them. */
const DECLARED: Readonly<Record<ReloadClass, readonly [Effect["class"], string]>> = {
  "nothing": ["nothing", "is read when it is asked for"], "hot-reload": ["hot-reload", "is read again; connections stay"],
  "stream-restarts": ["stream-restarts", "starts a stream again"], "publishers-drop": ["publishers-drop", "drops publishers"],
  "host-replaced": ["host-replaced", "makes the host anew"],
};

function rule(context: Context, host: Host, path: string, pair: FilePair): Effect[] {
  if (path.startsWith("ffmpeg/")) return argumentEffects(context, path, pair);
  if (path.startsWith("tls/")) return [effect("hot-reload", "the certificate is read again; connections stay", context.cause(null, "domain", "name", "multiplexers", "transcoders", "distributors"))];
  switch (`${host.role} ${path}`) {
    case "multiplexer mediamtx/mediamtx.yml": return ingestEffects(context, host, pair);
    case "transcoder mediamtx/mediamtx.yml": return relayEffects(context, host, pair);
    case "distributor mediamtx/mediamtx.yml": return edgeEffects(context, host, pair);
    case "transcoder agent/agent.json": return agentEffects(context, pair);
    case "distributor nginx/nginx.conf": return distributorEffects(context, host);
    default: return [];
  }
}

function sealed(change: Unsealed): Change {
  return { ...change, class: worst(change.effects.map((e) => e.class)) };
}

/**
 * A hash of what people feel: whom, and how badly; what is at most a hot reload is not part of it. And of the topology that runs, so that an impact
 * that was accepted once does not let through the next edit that is as bad.
 */
function identity(before: Side, changes: readonly Change[]): string {
  const felt = changes.filter((c) => isWorse(c.class, "hot-reload")).flatMap((c) => c.effects.filter((e) => isWorse(e.class, "hot-reload"))
    .map((e) => [c.kind, c.host, c.name, c.action, e.class, e.stream, [...e.publishers].sort().join(), e.viewers].join(" ")));
  return shortHash([JSON.stringify(before.topology), ...[...new Set(felt)].sort()].join("\n"), 8);
}
