import type { AgentConfig, AgentStream } from "../agent/config.ts";
import { hashKey, type KeyOf } from "../plan/keys.ts";
import type { Host, StreamPlan } from "../plan/model.ts";
import { shortHash } from "../plan/names.ts";
import { linkSecret } from "../plan/secrets.ts";
import type { RenderedFile, Service } from "./bundle.ts";
import { ffmpegArgs, probeArgs } from "./ffmpeg.ts";
import { KEEPS_FORWARDS, loopbackUser, MEDIAMTX_BASE, MEDIAMTX_FILE, mediamtxFile, mediamtxService } from "./mediamtx.ts";
import { relayInput } from "./multiplexer.ts";
import { originNginx } from "./nginx-origin.ts";
import { AGENT_PORT, ETC, LIB, RELAY_API_PORT, RELAY_RTMP_PORT, RELAY_SRT_PORT, RELAY_RTSP_PORT, SEGMENTS, SLATES } from "./paths.ts";
import { nginxService } from "./nginx.ts";
import type { PlanIndex } from "./plan-index.ts";
import { slateCommand } from "./slate.ts";
import { HOLE, Written } from "./yaml.ts";

const AGENT_FILE = "agent/agent.json";

/** What a transcoder has for one of its streams; the same on every transcoder that carries it. */
interface Carried {
  readonly args: RenderedFile;
  readonly picture: RenderedFile | null;
  readonly slate: Service["prepare"][number];
  /** Relay paths by kind, and the agent's part: text. */
  readonly air: Written; readonly inputs: Written; readonly out: Written | null;
  readonly agent: string;
}

/** Files and services of a transcoder: relay, agent with one FFmpeg a stream, origin. */
export function renderTranscoder(host: Host, keyOf: KeyOf, index: PlanIndex): { files: RenderedFile[]; services: Service[] } {
  const streams = index.carriedBy(host.name);
  const carried = streams.map((stream) => index.shared(stream, "carried", () => carry(stream, index)));
  const callers = (host.listeners.find((l) => l.name === "push")?.from ?? []).flatMap((p) => (p.kind === "host" ? [p.host] : []));
  const relay = {
    ...MEDIAMTX_BASE,
    rtsp: true, rtspTransports: ["tcp"], rtspAddress: `:${RELAY_RTSP_PORT}`,
    rtmp: true, rtmpAddress: `:${RELAY_RTMP_PORT}`,
    ...(streams.some((s) => s.latency === "ultra") ? { srt: true, srtAddress: `127.0.0.1:${RELAY_SRT_PORT}` } : {}),
    authInternalUsers: [
      ...callers.map((caller) => ({
        user: caller, pass: hashKey(keyOf(linkSecret(caller, host.name), 1)), ips: [],
        permissions: index.roleOf.get(caller) === "multiplexer" ? PUSH : PULL,
      })),
      LOOPBACK,
    ],
    paths: carried.length === 0 ? {} : Written.joined([
      ...carried.map(({ air }) => air), ...carried.map(({ inputs }) => inputs), ...carried.flatMap(({ out }) => out ?? []),
    ]),
  };
  const args = carried.map((c) => c.args);
  const pictures = [...new Map(carried.flatMap(({ picture }) => (picture === null ? [] : [[picture.path, picture] as const]))).values()];
  const nginx = index.shared(host.planes, "origin", originNginx);
  return {
    files: [
      mediamtxFile(relay), nginx, ...args, ...pictures,
      { path: AGENT_FILE, content: agentFile(host, carried), mode: "0644", reload: "hot-reload" },
    ],
    services: [
      { ...mediamtxService(carried.map(({ slate }) => slate)), keeps: KEEPS_FORWARDS },
      {
        name: "agent", argv: ["/usr/bin/node", `${LIB}/agent.js`, `${ETC}/${AGENT_FILE}`], env: {}, user: "agent",
        reads: [AGENT_FILE, ...args.map((f) => f.path)], reload: { kind: "self" },
        prepare: [{ argv: ["sh", "-c", `install -d ${SEGMENTS} && touch ${SEGMENTS}/.agent && chown -R agent:agent ${SEGMENTS}`], creates: `${SEGMENTS}/.agent` }, ...probes(streams)], check: null, checkEnv: {}, checkAliveMs: null,
        ready: { kind: "http", url: `http://127.0.0.1:${AGENT_PORT}/healthz` }, after: ["mediamtx"],
      },
      // Not after the agent: one stream that cannot start must not keep the others of this host off the network.
      nginxService([nginx.path], "http://127.0.0.1:8081/stub_status", []),
    ],
  };
}

const PUSH = [{ action: "publish", path: "~^in/" }];
const PULL = [{ action: "read", path: "~^out/" }];
const LOOPBACK = loopbackUser("publish", "read", "api", "metrics");
const PUBLISHED = { source: "publisher" };

function carry(stream: StreamPlan, index: PlanIndex): Carried {
  const { file, prepare, picture } = slate(stream);
  const agent = agentStream(stream);
  return {
    args: { path: `ffmpeg/${stream.name}.args`, content: argsOf(stream, index), mode: "0644", reload: "stream-restarts" },
    picture, slate: prepare,
    air: Written.of({ [`air/${stream.name}`]: { source: "publisher", alwaysAvailable: true, alwaysAvailableFile: file } }),
    inputs: Written.of(new Map(agent.inputs.map(({ path }) => [path, PUBLISHED]))),
    out: stream.latency === "standard" ? null : Written.of({ [`out/${stream.name}`]: PUBLISHED }),
    agent: JSON.stringify({ streams: [agent] }, null, 2).slice(AGENT_STREAMS.length, -AGENT_END.length),
  };
}

/** FFmpeg's arguments, one a line. Streams that are encoded alike differ in their name only. */
function argsOf(stream: StreamPlan, index: PlanIndex): string {
  const { renditions, latency, segmentSeconds, fps, audio, encoder } = stream;
  const alike = ["ffmpeg", latency, segmentSeconds, fps, audio.dir, audio.bitrateKbps, audio.channels, encoder.kind, encoder.preset].join(" ");
  return index.shared(renditions, alike, () => ffmpegArgs({ ...stream, name: HOLE }).join("\n") + "\n").replaceAll(HOLE, stream.name);
}

const AGENT_STREAMS = '{\n  "streams": [\n', AGENT_END = "\n  ]\n}";

/** The agent's file as JSON.stringify would write it, from the parts of the streams. */
function agentFile(host: Host, carried: readonly Carried[]): string {
  const config: AgentConfig = {
    host: host.name,
    relay: { api: `http://127.0.0.1:${RELAY_API_PORT}`, rtsp: `rtsp://127.0.0.1:${RELAY_RTSP_PORT}`, rtmp: `rtmp://127.0.0.1:${RELAY_RTMP_PORT}`, file: MEDIAMTX_FILE },
    port: AGENT_PORT, workDir: SEGMENTS,
    streams: [],
  };
  const text = JSON.stringify(config, null, 2) + "\n";
  return carried.length === 0 ? text : text.replace("[]", () => `[\n${carried.map(({ agent }) => agent).join(",\n")}\n  ]`);
}

function inputsOf(stream: StreamPlan): AgentStream["inputs"] {
  return stream.publish.flatMap((p) => p.multiplexers.map((mux) => ({ path: relayInput(p, mux), publisher: p.publisher, multiplexer: mux })));
}

function agentStream(stream: StreamPlan): AgentStream {
  return {
    name: stream.name, latency: stream.latency, segmentSeconds: stream.segmentSeconds, fps: stream.fps,
    inputs: inputsOf(stream), air: `air/${stream.name}`, out: stream.latency === "standard" ? null : `out/${stream.name}`,
    renditions: stream.renditions.map(({ name, dir, width, height, peakBps, averageBps }) => ({ name, dir, width, height, peakBps, averageBps })),
    audio: stream.audio, dash: stream.dash, ffmpegArgs: `ffmpeg/${stream.name}.args`,
  };
}

/** The slate's name is a hash of how it is made: a changed text or picture is a new file, and MediaMTX sees the path change. */
function slate(stream: StreamPlan): { file: string; prepare: Service["prepare"][number]; picture: RenderedFile | null } {
  const { picture } = stream.slate;
  const command = slateCommand(stream, picture === null ? null : `${SLATES}/${picture.facts.sha256}.${picture.facts.format}`);
  const file = `${SLATES}/${stream.name}-${shortHash(command.join("\0"))}.mp4`;
  if (picture === null) return { file, prepare: { argv: [...command, file], creates: file }, picture: null };
  const { sha256, format } = picture.facts, path = `slates/${sha256}.base64`;
  return {
    file, picture: { path, content: picture.base64 + "\n", mode: "0644", reload: "nothing" },
    prepare: { argv: ["sh", "-c", 'base64 -d "$0" > "$1.part" && mv "$1.part" "$1" && shift && exec "$@"', `{etc}/${path}`, `${SLATES}/${sha256}.${format}`, ...command, file], creates: file },
  };
}

/** A declared hardware encoder encodes one picture before the agent starts. */
function probes(streams: readonly StreamPlan[]): Service["prepare"] {
  const kinds = [...new Set(streams.flatMap((s) => (s.encoder.kind === "x264" ? [] : [s.encoder.kind])))].sort();
  return kinds.map((kind) => ({
    argv: ["sh", "-c", 'ffmpeg "$@" && touch "$0"', `/run/headend/probed-${kind}`, ...probeArgs(kind)],
    creates: `/run/headend/probed-${kind}`,
  }));
}
