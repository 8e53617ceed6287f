import type { AgentConfig, AgentStream } from "../agent/config.ts";
import { hashKey, type KeyOf } from "../plan/keys.ts";
import type { Host, StreamPlan } from "../plan/model.ts";
import { shortHash } from "../plan/names.ts";
import { linkSecret } from "../plan/secrets.ts";
import type { RenderedFile, Service } from "./bundle.ts";
import { ffmpegArgs } from "./ffmpeg.ts";
import { loopbackUser, MEDIAMTX_BASE, mediamtxFile, mediamtxService } from "./mediamtx.ts";
import { relayInput } from "./multiplexer.ts";
import { originNginx } from "./nginx-origin.ts";
import { AGENT_PORT, ETC, LIB, RELAY_API_PORT, RELAY_RTSP_PORT, SEGMENTS, SLATES } from "./paths.ts";
import { nginxService } from "./nginx.ts";
import type { PlanIndex } from "./plan-index.ts";
import { slateCommand } from "./slate.ts";

const AGENT_FILE = "agent/agent.json";

/** Files and services of a transcoder: relay, agent with one FFmpeg a stream, origin. */
export function renderTranscoder(host: Host, keyOf: KeyOf, index: PlanIndex): { files: RenderedFile[]; services: Service[] } {
  const streams = index.carriedBy(host.name);
  const callers = (host.listeners.find((l) => l.name === "relay")?.from ?? []).flatMap((p) => (p.kind === "host" ? [p.host] : []));
  const slates = streams.map((stream) => ({ stream, ...slate(stream) }));
  const relay = {
    ...MEDIAMTX_BASE,
    rtsp: true, rtspTransports: ["tcp"], rtspAddress: `:${RELAY_RTSP_PORT}`,
    authInternalUsers: [
      ...callers.map((caller) => ({
        user: caller, pass: hashKey(keyOf(linkSecret(caller, host.name), 1)), ips: [],
        permissions: [index.roleOf.get(caller) === "multiplexer" ? { action: "publish", path: "~^in/" } : { action: "read", path: "~^out/" }],
      })),
      loopbackUser("publish", "read", "api", "metrics"),
    ],
    paths: Object.fromEntries(slates.flatMap(({ stream, file }) => [
      ...inputsOf(stream).map((i) => [i.path, { source: "publisher" }] as const),
      [`air/${stream.name}`, { source: "publisher", alwaysAvailable: true, alwaysAvailableFile: file }] as const,
      ...(stream.latency === "standard" ? [] : [[`out/${stream.name}`, { source: "publisher" }] as const]),
    ])),
  };
  const agent: AgentConfig = {
    host: host.name,
    relay: { api: `http://127.0.0.1:${RELAY_API_PORT}`, rtsp: `rtsp://127.0.0.1:${RELAY_RTSP_PORT}` },
    port: AGENT_PORT, workDir: SEGMENTS,
    streams: streams.map(agentStream),
  };
  const argFiles = streams.map((stream): RenderedFile => ({
    path: `ffmpeg/${stream.name}.args`, content: ffmpegArgs(stream).join("\n") + "\n", mode: "0644", reload: "stream-restarts",
  }));
  const nginx = originNginx();
  return {
    files: [
      mediamtxFile(relay), nginx, ...argFiles,
      { path: AGENT_FILE, content: JSON.stringify(agent, null, 2) + "\n", mode: "0644", reload: "hot-reload" },
    ],
    services: [
      mediamtxService(slates.map(({ prepare }) => prepare)),
      {
        name: "agent", argv: ["/usr/bin/node", `${LIB}/agent.js`, `${ETC}/${AGENT_FILE}`], env: {}, user: null,
        reads: [AGENT_FILE, ...argFiles.map((f) => f.path)], reload: { kind: "self" },
        prepare: probes(streams), check: null, checkEnv: {}, checkAliveMs: null,
        ready: { kind: "http", url: `http://127.0.0.1:${AGENT_PORT}/healthz` }, after: ["mediamtx"],
      },
      nginxService([nginx.path], "http://127.0.0.1:8081/stub_status", ["agent"]),
    ],
  };
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

/** The slate's name is a hash of how it is made: a changed text is a new file, and MediaMTX sees the path change. */
function slate(stream: StreamPlan): { file: string; prepare: Service["prepare"][number] } {
  const command = slateCommand(stream);
  const file = `${SLATES}/${stream.name}-${shortHash(command.join("\0"))}.mp4`;
  return { file, prepare: { argv: [...command, file], creates: file } };
}

/** A declared hardware encoder encodes one frame before anything depends on it; a GPU in the list of devices proves nothing. */
function probes(streams: readonly StreamPlan[]): Service["prepare"] {
  const kinds = [...new Set(streams.map((s) => s.encoder.kind))].filter((kind) => kind !== "x264").sort();
  return kinds.map((kind) => ({
    argv: ["sh", "-c", `ffmpeg -hide_banner -loglevel error -f lavfi -i nullsrc=s=256x256 -frames:v 1 -c:v h264_${kind} -f null - && touch "$0"`, `/run/headend/probed-${kind}`],
    creates: `/run/headend/probed-${kind}`,
  }));
}
