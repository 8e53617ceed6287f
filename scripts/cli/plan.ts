import type { Host, Peer, Plan, StreamPlan } from "../../infra/plan/model.ts";
import { columns, paint, print, printJson, rate } from "./lib/output.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface PlanOptions { readonly json?: boolean; readonly scale: number }

/** `headend plan FILE`: what would be deployed, as tables or whole as JSON. */
export function plan(file: string, options: PlanOptions): void {
  const planned = loadAndPlan(file, options.scale);
  if (options.json) printJson(planned.plan);
  else print(planText(planned.plan));
}

/** Hosts, listeners and streams of a plan for people. */
export function planText(plan: Plan): string {
  const title = `${paint.bold(plan.name)}${plan.domain ? `  ${plan.domain}` : ""}${plan.scale === 1 ? "" : `  pictures scaled by ${plan.scale}`}`;
  const section = (name: string, table: string): string => `${paint.bold(name)}\n${table.split("\n").map((line) => `  ${line}`).join("\n")}`;
  return [
    title,
    section("Hosts", columns(["host", "role", "region", "zone", "talks to"], plan.hosts.map(hostRow))),
    section("Open to the hosts and addresses named, to nothing else", columns(["host", "listener", "port", "plane", "from"], plan.hosts.flatMap(listenerRows))),
    section("Streams", columns(["stream", "latency", "publishers", "renditions", "transcoders", "distributors"], plan.streams.map(streamRow))),
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

/** A list cut to a readable length. */
function some(names: readonly string[], most = 4): string {
  if (names.length === 0) return "–";
  return names.length <= most ? names.join(", ") : `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}
