import { capacity, type Capacity, type HostCapacity } from "../../infra/plan/capacity/capacity.ts";
import type { Host, Peer, Plan, StreamPlan } from "../../infra/plan/model.ts";
import { userCalibration } from "../../infra/user-files/user-files.ts";
import { columns, paint, print, printJson, rate } from "./lib/output.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface PlanOptions { readonly json?: boolean; readonly scale: number }

/** `headend plan FILE`: what would be deployed and what it holds, as tables or whole as JSON. */
export function plan(file: string, options: PlanOptions): void {
  const { plan: planned, loaded } = loadAndPlan(file, options.scale);
  const holds = capacity(loaded.topology, planned, { calibration: userCalibration() });
  if (options.json) printJson({ ...planned, capacity: holds });
  else print(planText(planned, holds));
}

/** Hosts, listeners, streams and capacity of a plan for people. */
export function planText(plan: Plan, holds: Capacity): string {
  const title = `${paint.bold(plan.name)}${plan.domain ? `  ${plan.domain}` : ""}${plan.scale === 1 ? "" : `  pictures scaled by ${plan.scale}`}`;
  const section = (name: string, table: string): string => `${paint.bold(name)}\n${table.split("\n").map((line) => `  ${line}`).join("\n")}`;
  return [
    title,
    section("Hosts", columns(["host", "role", "region", "zone", "talks to"], plan.hosts.map(hostRow))),
    section("Open to the hosts and addresses named, to nothing else", columns(["host", "listener", "port", "plane", "from"], plan.hosts.flatMap(listenerRows))),
    section("Streams", columns(["stream", "latency", "publishers", "renditions", "transcoders", "distributors"], plan.streams.map(streamRow))),
    section("Capacity, with every publisher and expected viewer there", columns(["host", "size", "cores", "memory", "in", "out", "disk", "free"], holds.hosts.map(capacityRow))),
    section("Viewers", [holds.viewers.sentence, ...holds.notes].join("\n")),
    ...(plan.findings.length > 0 ? [section("Notes", plan.findings.map((f) => `${f.severity} ${f.id}: ${f.message}`).join("\n"))] : []),
  ].join("\n\n");
}

function hostRow(host: Host): string[] {
  return [host.name, host.role, host.region, "abcdefghijklmnopqrstuvwxyz"[host.zone] ?? String(host.zone), some(host.peers)];
}

function listenerRows(host: Host): string[][] {
  return host.listeners.map((l) => [host.name, l.name, `${l.port}/${l.transport}`, l.plane, some(l.from.map(peer))]);
}

function peer(from: Peer): string {
  return { host: () => (from as { host: string }).host, cidr: () => (from as { cidr: string }).cidr, anyone: () => "anyone" }[from.kind]();
}

function streamRow(stream: StreamPlan): string[] {
  const publishers = stream.publish.map((p) => `${p.publisher}${p.backup ? " (backup)" : ""} ${p.via.join("/")} → ${p.multiplexers.join(", ")}`);
  const renditions = stream.renditions.map((r) => `${r.name} ${r.width}x${r.height} ${rate(r.bitrateKbps)}`);
  const rows = Math.max(publishers.length, renditions.length);
  const cell = (lines: readonly string[]): string => Array.from({ length: rows }, (_, i) => lines[i] ?? "").join("\n").trimEnd();
  return [stream.name, `${stream.latency}, ${stream.segmentSeconds} s`, cell(publishers), cell(renditions), stream.transcoders.join(", "), some(stream.distributors)];
}

/** Demand beside what the size has; "free" is the scarcest of what is known. */
function capacityRow({ host, size, sizeFrom, demand, limit, headroom, short }: HostCapacity): string[] {
  const of = (need: string, have: string | null): string => (have === null ? need : `${need} of ${have}`);
  const parts = headroom === null ? [] : Object.entries(headroom).flatMap(([what, free]) => (free === null ? [] : [{ what, free }]));
  const least = parts.length === 0 ? null : parts.reduce((a, b) => (b.free < a.free ? b : a));
  return [
    host, size === null ? "–" : sizeFrom === "chosen" ? `${size} (chosen)` : size,
    demand.cores === null ? "–" : of(demand.cores.toFixed(1), limit === null ? null : String(limit.vcpus)),
    demand.memoryMb === null ? "–" : `${of((demand.memoryMb / 1000).toFixed(1), limit === null ? null : (limit.memoryMb / 1000).toFixed(0))} GB`,
    rate(demand.inMbps * 1000), of(rate(demand.outMbps * 1000), limit === null || limit.linkMbps === null ? null : rate(limit.linkMbps * 1000)),
    demand.diskGb === 0 ? "–" : of(`${Math.ceil(demand.diskGb)} GB`, limit?.diskGb == null ? null : `${limit.diskGb} GB`),
    short.length > 0 ? paint.red(`too small: ${short.join(", ")}`) : least === null ? "–" : `${Math.floor(least.free * 100)} % ${least.what}`,
  ];
}

/** A list cut to a readable length. */
function some(names: readonly string[], most = 4): string {
  if (names.length === 0) return "–";
  return names.length <= most ? names.join(", ") : `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}
