/** Writes a transcoder's live folder for the lab: `tsx lab-config.ts DIR [STREAM:WIDTHxHEIGHT,…]…`; FFmpeg's arguments come from the real renderer. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentConfig } from "../../infra/agent/config.ts";
import type { Rendition, StreamPlan } from "../../infra/plan/model.ts";
import { ffmpegArgs } from "../../infra/render/ffmpeg.ts";

const [dir, work, port, ...specs] = process.argv.slice(2);
if (!dir || !work || !port) throw new Error("usage: lab-config.ts LIVE_DIR WORK_DIR PORT STREAM[/LATENCY]:WxH,WxH …");
mkdirSync(join(dir, "agent"), { recursive: true });
mkdirSync(join(dir, "ffmpeg"), { recursive: true });

const why = { path: [], rule: "lab", why: "lab" };
const streams = specs.map((spec) => {
  const [head, sizes = ""] = spec.split(":");
  const [name = "", latency = "standard"] = (head ?? "").split("/");
  const renditions = sizes.split(",").filter(Boolean).map((size): Rendition => {
    const [width = 0, height = 0] = size.split("x").map(Number);
    const kbps = Math.round((width * height) / 300);
    return { name: `${height}p`, dir: `${height}p-lab`, width, height, bitrateKbps: kbps, maxrateKbps: Math.round(kbps * 1.1), bufsizeKbit: Math.round(kbps * 1.5), level: "3.1", peakBps: kbps * 1400, averageBps: kbps * 1100 };
  });
  const plan: StreamPlan = {
    name, latency: latency as StreamPlan["latency"], segmentSeconds: Number(process.env["SEG"] ?? 2), fps: 30, encoder: { kind: "x264", preset: "ultrafast" }, renditions,
    source: { width: 1280, height: 720, fps: 30, bitrateKbps: 3000 },
    audio: { dir: "audio-lab", bitrateKbps: 96, channels: 2 }, dash: true, slate: { text: "", picture: null, width: 640, height: 360 }, publish: [], transcoders: [], distributors: [],
    record: null, restream: [], origins: [], locked: false, sourceMode: "none", provenance: why,
  };
  writeFileSync(join(dir, "ffmpeg", `${name}.args`), ffmpegArgs(plan).join("\n") + "\n");
  return {
    name, latency: plan.latency, segmentSeconds: plan.segmentSeconds, fps: plan.fps,
    inputs: ["a", "b"].map((publisher) => ({ path: `in/${name}/${publisher}/mux-a`, publisher, multiplexer: "mux-a" })),
    air: `air/${name}`, out: plan.latency === "standard" ? null : `out/${name}`,
    renditions: renditions.map(({ name: n, dir: d, width, height, peakBps, averageBps }) => ({ name: n, dir: d, width, height, peakBps, averageBps })),
    audio: plan.audio, dash: plan.dash, ffmpegArgs: `ffmpeg/${name}.args`,
  };
});
const config: AgentConfig = { host: "lab", relay: { api: "http://127.0.0.1:9997", rtsp: "rtsp://127.0.0.1:8554", rtmp: "rtmp://127.0.0.1:1935", file: "mediamtx/mediamtx.yml" }, port: Number(port), workDir: work, streams };
writeFileSync(join(dir, "agent", "agent.json"), JSON.stringify(config, null, 2) + "\n");
