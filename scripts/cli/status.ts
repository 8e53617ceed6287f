import { setTimeout as sleep } from "node:timers/promises";
import type { AgentStatus, StreamStatus } from "../../infra/agent/status.ts";
import type { HostStatus } from "../../infra/host/status.ts";
import { SKEW_REPORTED } from "../../infra/agent/skew.ts";
import { AGENT_PORT, RELAY_API_PORT } from "../../infra/render/paths.ts";
import { execJson, runningStacks, stackContainers, type ContainerInfo } from "./lib/docker.ts";
import { EXIT } from "./lib/errors.ts";
import { columns, note, paint, print, printJson, rate } from "./lib/output.ts";
import { checkStackName, onAws } from "./lib/stack.ts";

export interface PublisherState { readonly path: string; readonly host: string; readonly online: boolean; readonly protocol: string | null; readonly kbps: number; readonly tracks: readonly string[] }
export interface HostState { readonly container: ContainerInfo; readonly host: HostStatus | null; readonly agent: AgentStatus | null; readonly publishers: readonly PublisherState[] }

/** Between the two readings of byte counters from which a bitrate comes. */
const SAMPLE_MS = 1_000;

/** `headend status`: what is live. @returns 0 when every host answers and is ready */
export async function status(options: { readonly stack: string; readonly json?: boolean; readonly switches?: boolean }): Promise<number> {
  checkStackName(options.stack);
  if (onAws(options.stack)) return (await import("./status/aws.ts")).awsStatus(options);
  const hosts = await readHosts(options.stack);
  const ready = hosts.length > 0 && hosts.every(({ host }) => host?.ready === true);
  if (options.json) printJson({ stack: options.stack, ready, hosts: hosts.map(({ container, host, publishers }) => ({ ...container, status: host, publishers })), streams: streamsOf(hosts) });
  else if (hosts.length === 0) note(await notRunning(options.stack));
  else print(options.switches ? switchesText(hosts) : text(hosts));
  return ready ? EXIT.ok : EXIT.failure;
}

/** What to do about a stack without hosts: the name may be another one. */
async function notRunning(stack: string): Promise<string> {
  const others = await runningStacks();
  return `The stack ${stack} does not run. Start it: npx headend up --stack ${stack}${others.length === 0 ? "" : `\nRunning here: ${others.join(", ")}. Look at one: npx headend status --stack ${others[0]}`}`;
}

/** State of every host of a stack, read inside its container. */
export async function readHosts(stack: string): Promise<HostState[]> {
  const containers = (await stackContainers(stack)).filter(({ host }) => host !== "");
  return Promise.all(containers.map(async (container) => {
    if (container.state !== "running") return { container, host: null, agent: null, publishers: [] };
    const host = await execJson<HostStatus>(container.name, ["headend-host", "status", "--json"]);
    const has = (service: string): boolean => host?.services.some(({ name }) => name === service) ?? false;
    const [agent, publishers] = await Promise.all([
      has("agent") ? execJson<AgentStatus>(container.name, ["curl", "-s", "--max-time", "3", `http://127.0.0.1:${AGENT_PORT}/status`]) : null,
      // A transcoder's relay carries copies; who publishes is known where publishers come in.
      has("mediamtx") && !has("agent") && !has("nginx") ? readPublishers(container) : [],
    ]);
    return { container, host, agent, publishers };
  }));
}

interface PathList { readonly items?: readonly { readonly name: string; readonly online?: boolean; readonly ready?: boolean; readonly source?: { readonly type?: string } | null; readonly tracks?: readonly string[]; readonly inboundBytes?: number; readonly bytesReceived?: number }[] }

async function readPublishers({ name, host }: ContainerInfo): Promise<PublisherState[]> {
  const read = (): Promise<PathList | null> => execJson<PathList>(name, ["curl", "-s", "--max-time", "3", `http://127.0.0.1:${RELAY_API_PORT}/v3/paths/list?itemsPerPage=1000`]);
  const before = await read();
  const began = Date.now();
  await sleep(SAMPLE_MS);
  const after = await read();
  const elapsed = (Date.now() - began) / 1000;
  const bytes = (list: PathList | null, path: string): number => { const item = list?.items?.find((i) => i.name === path); return item?.inboundBytes ?? item?.bytesReceived ?? 0; };
  return (after?.items ?? []).map((item) => ({
    path: item.name, host, online: item.online ?? item.ready ?? false, protocol: item.source?.type?.replace(/(Conn|Session|Source)$/, "") ?? null,
    kbps: Math.max(0, Math.round(((bytes(after, item.name) - bytes(before, item.name)) * 8) / 1000 / elapsed)), tracks: item.tracks ?? [],
  }));
}

/** Streams as the transcoders see them. */
export function streamsOf(hosts: readonly HostState[]): (StreamStatus & { readonly transcoder: string })[] {
  return hosts.flatMap(({ agent }) => (agent?.streams ?? []).map((stream) => ({ ...stream, transcoder: agent?.host ?? "" })));
}

/** Every switch that the transcoders remember, oldest first. */
function switchesText(hosts: readonly HostState[]): string {
  const all = streamsOf(hosts).flatMap((s) => s.history.map((h) => ({ ...h, stream: s.name, transcoder: s.transcoder }))).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  if (all.length === 0) return "Nothing was switched yet.";
  return columns(["at", "stream", "transcoder", "from", "to", "because"], all.map((h) => [h.at, h.stream, h.transcoder, h.from ?? "slate", h.to === null ? paint.yellow("slate") : h.to, h.reason]));
}

/** What operators of inputs should know: refused, re-encoded, left out. The transcoders of a stream mostly say the same. */
function remarks(hosts: readonly HostState[]): string[] {
  const said = streamsOf(hosts).flatMap((s) => s.inputs.filter((i) => i.online && i.reasons.length > 0).map((i) =>
    `${s.name}: ${i.publisher} at ${i.multiplexer} ${i.handling === "refuse" ? paint.red("is refused") : i.handling === "normalise" ? paint.yellow("is converted") : paint.yellow("is not used")}: ${i.reasons.join("; ")}`));
  const byHand = streamsOf(hosts).filter((s) => s.override !== "auto").map((s) => `${s.name} at ${s.transcoder}: ${paint.yellow(`${s.override}, by hand`)}; back to automatic: npx headend switch ${s.name} auto`);
  const clocks = hosts.flatMap(({ agent }) => (agent?.clockWrong ? [`${agent.host}: ${paint.red(`its clock is ${Math.abs(agent.clockSkew ?? 0).toFixed(2)} s off`)} and it serves nothing; start NTP there`]
    : Math.abs(agent?.clockSkew ?? 0) > SKEW_REPORTED ? [`${agent?.host}: ${paint.yellow(`its clock is ${Math.abs(agent?.clockSkew ?? 0).toFixed(2)} s ${(agent?.clockSkew ?? 0) > 0 ? "ahead of" : "behind"} the distributors'`)}; is NTP running?`] : []));
  return [...new Set([...said, ...byHand, ...clocks])];
}

function text(hosts: readonly HostState[]): string {
  const good = (ok: boolean, words: string): string => (ok ? paint.green(words) : paint.red(words));
  const hostRows = hosts.map(({ container, host }) => [
    container.host, good(host?.ready === true, host?.state ?? container.status), host?.services.map((s) => (s.state === "ready" ? s.name : `${s.name} ${s.state}`)).join(", ") ?? "–",
    host?.problem ?? (host && host.services.some((s) => s.restarts > 0) ? `restarts: ${host.services.filter((s) => s.restarts > 0).map((s) => `${s.name} ${s.restarts}`).join(", ")}` : ""),
  ]);
  const streamRows = streamsOf(hosts).map((s) => [
    s.name, s.transcoder, good(s.healthy, s.healthy ? "healthy" : "not healthy"), s.active === "slate" ? paint.yellow("slate") : s.active,
    s.ffmpeg.speed === null ? s.ffmpeg.state : `${s.ffmpeg.speed.toFixed(2)}x`, s.lag === null ? "–" : `${s.lag.toFixed(1)} s`,
  ]);
  const online = hosts.flatMap(({ publishers }) => publishers).filter((p) => p.online);
  const section = (name: string, table: string): string => `${paint.bold(name)}\n${table}`;
  return [
    section("Hosts", columns(["host", "state", "services", ""], hostRows)),
    ...(streamRows.length > 0 ? [section("Streams", columns(["stream", "transcoder", "health", "on air", "encoder", "newest segment"], streamRows))] : []),
    ...(remarks(hosts).length > 0 ? [section("Remarks", remarks(hosts).map((line) => `  ${line}`).join("\n"))] : []),
    online.length === 0 ? "Nobody publishes." : section("Publishers", columns(["publisher", "at", "by", "bitrate", "tracks"], online.map((p) => [p.path, p.host, p.protocol ?? "–", rate(p.kbps), p.tracks.join(", ")]))),
  ].join("\n\n");
}
