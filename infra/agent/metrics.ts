import type { AgentStatus, StreamStatus } from "./status.ts";

interface Metric { readonly name: string; readonly type: "gauge" | "counter"; readonly help: string; readonly of: (s: StreamStatus) => readonly (readonly [Readonly<Record<string, string>>, number | null])[] }

const one = (value: number | null): readonly (readonly [Readonly<Record<string, string>>, number | null])[] => [[{}, value]];

const METRICS: readonly Metric[] = [
  { name: "headend_stream_healthy", type: "gauge", help: "1 when every playlist of the stream is fresh.", of: (s) => one(s.healthy ? 1 : 0) },
  { name: "headend_stream_on_slate", type: "gauge", help: "1 while no input is on air.", of: (s) => one(s.active === "slate" ? 1 : 0) },
  { name: "headend_stream_newest_segment", type: "gauge", help: "Number of the newest published segment.", of: (s) => one(s.newest) },
  { name: "headend_stream_lag_seconds", type: "gauge", help: "Wall clock minus the end of the newest segment.", of: (s) => one(s.lag) },
  { name: "headend_stream_switches_total", type: "counter", help: "Changes of the input on air.", of: (s) => one(s.switches) },
  { name: "headend_ffmpeg_running", type: "gauge", help: "1 while FFmpeg delivers.", of: (s) => one(s.ffmpeg.state === "running" ? 1 : 0) },
  { name: "headend_ffmpeg_restarts_total", type: "counter", help: "Starts of FFmpeg after the first.", of: (s) => one(s.ffmpeg.restarts) },
  { name: "headend_ffmpeg_speed", type: "gauge", help: "Encoding speed, 1 = real time.", of: (s) => one(s.ffmpeg.speed) },
  { name: "headend_ffmpeg_fps", type: "gauge", help: "Frames encoded a second.", of: (s) => one(s.ffmpeg.fps) },
  { name: "headend_ffmpeg_duplicated_frames", type: "gauge", help: "Frames repeated to keep the grid, in the current run.", of: (s) => one(s.ffmpeg.duplicated) },
  { name: "headend_ffmpeg_dropped_frames", type: "gauge", help: "Frames left out to keep the grid, in the current run.", of: (s) => one(s.ffmpeg.dropped) },
  { name: "headend_input_online", type: "gauge", help: "1 while the input's publisher is connected.", of: (s) => s.inputs.map((i) => [{ input: i.path }, i.online ? 1 : 0]) },
  { name: "headend_input_live", type: "gauge", help: "1 while the input can go on air.", of: (s) => s.inputs.map((i) => [{ input: i.path }, i.live ? 1 : 0]) },
  { name: "headend_input_active", type: "gauge", help: "1 for the input on air.", of: (s) => s.inputs.map((i) => [{ input: i.path }, i.active ? 1 : 0]) },
  { name: "headend_input_bits_per_second", type: "gauge", help: "Bit rate arriving.", of: (s) => s.inputs.map((i) => [{ input: i.path }, i.bps]) },
  { name: "headend_input_normalised", type: "gauge", help: "1 while the input must be re-encoded or completed to go on air.", of: (s) => s.inputs.map((i) => [{ input: i.path }, i.handling === "normalise" ? 1 : 0]) },
  { name: "headend_input_refused", type: "gauge", help: "1 while the input cannot be used.", of: (s) => s.inputs.map((i) => [{ input: i.path }, i.handling === "refuse" ? 1 : 0]) },
];

/** The status in Prometheus' text format 0.0.4. */
export function prometheus(status: AgentStatus): string {
  const lines: string[] = [];
  const plain = (name: string, type: Metric["type"], help: string, value: number): void => { lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`); };
  plain("headend_relay_up", "gauge", "1 while the relay's control API answers.", status.relay === "up" ? 1 : 0);
  plain("headend_agent_config_ok", "gauge", "0 when the newest configuration could not be read and an older one is in use.", status.config.ok ? 1 : 0);
  plain("headend_clock_steps_total", "counter", "Steps of the wall clock noticed.", status.clockSteps);
  if (status.clockSkew !== null) plain("headend_clock_skew_seconds", "gauge", "Wall clock minus the distributors'.", status.clockSkew);
  plain("headend_clock_wrong", "gauge", "1 while distributors agree that this clock is wrong and nothing is served.", status.clockWrong ? 1 : 0);
  for (const metric of METRICS) {
    const samples = status.streams.flatMap((s) => metric.of(s).flatMap(([labels, value]) => (value === null ? [] : [`${metric.name}{${label({ stream: s.name, ...labels })}} ${value}`])));
    if (samples.length > 0) lines.push(`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} ${metric.type}`, ...samples);
  }
  return lines.join("\n") + "\n";
}

const label = (labels: Readonly<Record<string, string>>): string => Object.entries(labels).map(([k, v]) => `${k}="${v.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`).join(",");
