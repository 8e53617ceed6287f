/** Which faults a topology is rehearsed with. Pure: plan and rendered services in, faults out. */
import type { Host, Plan } from "../../infra/plan/model.ts";
import type { Bundle } from "../../infra/render/bundle.ts";
import { LOCAL_CDN, localCdnBundle, localCdnHost } from "../../infra/render/local-cdn.ts";
import type { Action, Fault, Impairment } from "./model.ts";
import { predict } from "./predict.ts";

/** What this machine cannot do, found out before the start; null: it can. */
export interface Limits {
  /** A disk of its own for recordings, so that it can be full. */
  readonly smallDisk: string | null;
  /** A transcoder's clock, set apart from the machine's. */
  readonly clock: string | null;
  /** Why publishers are not ours to stop; null when they are. */
  readonly publishers: string | null;
  /** Why the stack may not be changed. */
  readonly changes: string | null;
}
export const NO_LIMITS: Limits = { smallDisk: null, clock: null, publishers: null, changes: null };

const SECONDS = { freeze: 8, host: 12, publisher: 10, network: 10, disk: 10, clock: 5 } as const;
const WORDS: Readonly<Record<string, string>> = { ffmpeg: "FFmpeg", mediamtx: "MediaMTX", nginx: "nginx", agent: "Agent" };

/** What is brought up locally: the plan's hosts, and the cache that stands for the CDN where the topology has one. */
export function onStage(plan: Plan, bundles: readonly Bundle[]): { readonly plan: Plan; readonly bundles: readonly Bundle[] } {
  const cdn = localCdnHost(plan);
  return cdn === null ? { plan, bundles } : { plan: { ...plan, hosts: [...plan.hosts, cdn] }, bundles: [...bundles, localCdnBundle(plan, cdn)] };
}

/** Processes of a host that can be killed or frozen: hostd, its services, and each stream's FFmpeg. */
export function processesOf(plan: Plan, bundle: Bundle): { readonly process: string; readonly stream: string | null }[] {
  const services = bundle.services.map(({ name }) => ({ process: name, stream: null as string | null }));
  const encoders = bundle.services.some((s) => s.name === "agent") ? plan.streams.filter((s) => s.transcoders.includes(bundle.host)).map((s) => ({ process: "ffmpeg", stream: s.name })) : [];
  return [...encoders, ...services, { process: "hostd", stream: null }];
}

/** A fault from what is to be done: name, words, prediction, and why it may have to be left out. */
export function faultOf(plan: Plan, action: Action, limits: Limits = NO_LIMITS): Fault {
  return { ...naming(plan, action), action, skip: skipReason(action, limits), prediction: predict(plan, action) };
}

function naming(plan: Plan, action: Action): Pick<Fault, "id" | "title" | "role"> {
  const roleOf = (host: string): Host["role"] => plan.hosts.find((h) => h.name === host)?.role ?? "transcoder";
  switch (action.kind) {
    case "process": {
      const { how, process, host, stream } = action;
      const who = `${WORDS[process] ?? process}${stream === null ? "" : ` of ${stream}`} on ${host}`;
      return { id: `${how}:${process}@${host}${stream === null ? "" : `/${stream}`}`, title: how === "kill" ? `${who} killed` : `${who} frozen for ${action.seconds} s`, role: roleOf(host) };
    }
    case "host": return { id: `${action.how}:host@${action.host}`, title: `${action.host} ${action.how === "kill" ? "gone" : "frozen"} for ${action.seconds} s`, role: roleOf(action.host) };
    case "publisher": {
      const { stream, publisher, how, back, seconds } = action;
      return {
        id: `publisher:${how}:${stream}/${publisher}${back === "other" ? ":other-protocol" : ""}`, role: "publisher",
        title: `${stream}/${publisher} ${how === "close" ? "ends" : "falls silent"} for ${seconds} s, back ${back === "same" ? "the same way" : "on another protocol"}`,
      };
    }
    case "network": return { id: `${action.does.kind}:${action.line.from}->${action.line.to}`, title: `${impaired(action.does)} between ${action.line.from} and ${action.line.to} for ${action.seconds} s`, role: "network" };
    case "delay": return { id: `delay:${action.line.from}->${action.line.to}`, title: `${action.ms} ms of delay between ${action.line.from} and ${action.line.to} for ${action.seconds} s`, role: "network" };
    case "disk": return { id: `disk:${action.what}@${action.host}`, title: `${action.what === "recordings" ? "Disk of recordings" : "Memory disk"} of ${action.host} full for ${action.seconds} s`, role: "disk" };
    case "edit": return { id: "edit:add-stream", title: "Planned edit: a stream added, and removed again", role: "change" };
    case "rotate": return { id: `rotate:${action.stream}/${action.publisher}`, title: `Key of ${action.stream}/${action.publisher} rotated`, role: "change" };
    case "clock": return { id: `clock:${action.host}`, title: `Clock of ${action.host} stepped by ${action.seconds} s`, role: "clock" };
    case "wait": return { id: "wait", title: `Nothing for ${action.seconds} s`, role: "change" };
  }
}

function impaired(does: Impairment): string {
  switch (does.kind) {
    case "blackhole": return "Nothing gets through";
    case "loss": return `${does.percent} % loss`;
    case "rate": return `At most ${does.kbps} kbps`;
  }
}

function skipReason(action: Action, limits: Limits): string | null {
  switch (action.kind) {
    case "clock": return limits.clock;
    case "delay": return ["publishers", "viewers"].includes(action.line.from) ? "only lines between hosts can be slowed here: others need `tc netem`" : null;
    case "disk": return action.what === "recordings" ? limits.smallDisk : null;
    case "publisher": return limits.publishers;
    case "edit": case "rotate": return limits.changes;
    default: return null;
  }
}

export interface SelectOptions {
  readonly limits?: Limits;
  /** One host of each role only. */
  readonly quick?: boolean;
}

/** Every fault that a topology calls for (a plan and bundles as from {@link onStage}), in the order they are played: light ones first, so that a broken basis shows soon. */
export function selectFaults(plan: Plan, bundles: readonly Bundle[], { limits = NO_LIMITS, quick = false }: SelectOptions = {}): Fault[] {
  const hosts = plan.hosts.filter((h) => carries(plan, h.name)).filter((h, i, all) => !quick || h.name === LOCAL_CDN || all.findIndex((o) => o.role === h.role) === i);
  const actions: Action[] = [...publisherActions(plan, quick), ...hosts.flatMap((h) => hostActions(plan, h, bundles)), ...lineActions(plan, quick), ...hosts.flatMap((h) => diskActions(plan, h)), ...changeActions(plan)];
  const clock = hosts.find((h) => h.role === "transcoder");
  if (clock) actions.push({ kind: "clock", host: clock.name, seconds: SECONDS.clock });
  return actions.map((action) => faultOf(plan, action, limits));
}

/** True for hosts that any stream uses: nobody can notice what happens to the others. */
function carries(plan: Plan, host: string): boolean {
  return host === LOCAL_CDN || plan.streams.some((s) => s.transcoders.includes(host) || s.distributors.includes(host) || s.publish.some((p) => p.multiplexers.includes(host)));
}

function publisherActions(plan: Plan, quick: boolean): Action[] {
  return plan.streams.slice(0, quick ? 1 : undefined).flatMap((s) => s.publish.flatMap((p): Action[] => {
    const { seconds } = { seconds: SECONDS.publisher };
    const at = { kind: "publisher" as const, stream: s.name, publisher: p.publisher, seconds };
    const lost: Action[] = [{ ...at, how: "close", back: "same" }, { ...at, how: "silent", back: "same" }];
    return p.via.length > 1 ? [...lost, { ...at, how: "close", back: "other" }] : lost;
  }));
}

function hostActions(plan: Plan, host: Host, bundles: readonly Bundle[]): Action[] {
  const bundle = bundles.find((b) => b.host === host.name);
  const processes = bundle ? processesOf(plan, bundle) : [];
  // Encoders of one host are all alike: the first stream's stands for the others'.
  const first = processes.filter((p, i) => processes.findIndex((o) => o.process === p.process) === i);
  return [
    ...first.flatMap((p): Action[] => (["kill", "freeze"] as const).map((how) => ({ kind: "process", host: host.name, ...p, how, seconds: how === "kill" ? 0 : SECONDS.freeze }))),
    ...(["kill", "freeze"] as const).map((how): Action => ({ kind: "host", host: host.name, how, seconds: SECONDS.host })),
  ];
}

/** Lines of the first stream: what carries it from its publisher to its viewers. */
function lineActions(plan: Plan, quick: boolean): Action[] {
  const actions: Action[] = [];
  const add = (from: string, to: string, does: Impairment): void => void actions.push({ kind: "network", line: { from, to }, does, seconds: SECONDS.network });
  for (const s of plan.streams.slice(0, 1)) {
    const [mux] = s.publish.flatMap((p) => p.multiplexers), [tx] = s.transcoders;
    if (mux !== undefined) { add("publishers", mux, { kind: "blackhole" }); add("publishers", mux, { kind: "loss", percent: 5 }); }
    if (mux !== undefined && tx !== undefined) {
      add(mux, tx, { kind: "blackhole" });
      add(mux, tx, { kind: "loss", percent: 5 });
      add(mux, tx, { kind: "rate", kbps: Math.max(64, Math.round(s.source.bitrateKbps * plan.scale ** 1.5 * 0.5)) });
      actions.push({ kind: "delay", line: { from: mux, to: tx }, ms: 80, seconds: SECONDS.network });
    }
    for (const dist of s.distributors.slice(0, quick ? 1 : undefined)) {
      if (tx !== undefined) {
        add(dist, tx, { kind: "blackhole" });
        if (dist === s.distributors[0]) actions.push({ kind: "delay", line: { from: dist, to: tx }, ms: 80, seconds: SECONDS.network });
      }
      add("viewers", dist, { kind: "blackhole" });
      add("viewers", dist, { kind: "loss", percent: 5 });
    }
  }
  return actions;
}

function diskActions(plan: Plan, host: Host): Action[] {
  if (host.role !== "multiplexer") return [{ kind: "disk", host: host.name, what: "memory", seconds: SECONDS.disk }];
  const records = plan.streams.some((s) => s.record && s.publish.some((p) => p.multiplexers.includes(host.name)));
  return records ? [{ kind: "disk", host: host.name, what: "recordings", seconds: SECONDS.disk }] : [];
}

function changeActions(plan: Plan): Action[] {
  const path = plan.streams[0]?.publish[0];
  return [{ kind: "edit", what: "add-stream" }, ...(path ? [{ kind: "rotate", stream: path.stream, publisher: path.publisher } as const] : [])];
}

/** Faults whose name contains one of the words; all when there are none. */
export function onlyFaults(faults: readonly Fault[], words: readonly string[]): Fault[] {
  return faults.filter((f) => words.length === 0 || words.some((w) => f.id.includes(w)));
}
