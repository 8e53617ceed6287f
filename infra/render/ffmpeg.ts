import type { EncoderKind } from "../spec/topology.ts";
import type { Rendition, StreamPlan } from "../plan/model.ts";
import { syncExpression } from "../agent/sync.ts";
import { RELAY_RTMP_PORT, RELAY_SRT_PORT } from "./paths.ts";

/** One lock to the wall clock for both media (agent/sync.ts). */
const LOCK = syncExpression("{SYNC}");

/** Output pixels a second that one x264 thread is trusted with; 1080p30 at veryfast needs 1.6 cores (knowledge: sizing 1). */
const PIXELS_PER_THREAD = 40e6;

/**
 * FFmpeg's arguments for a stream: one decode, every rung, segments on the wall-clock grid (knowledge: continuity 9.2).
 * The agent fills in {K}, {T0}, {KA}, {A0}, {RUN} and {SYNC}. Low and ultra send one rendition back to the relay instead.
 */
export function ffmpegArgs(stream: StreamPlan): string[] {
  return stream.latency === "standard" ? gridArgs(stream) : relayArgs(stream);
}

/** FFmpeg's arguments that encode one picture with a hardware encoder, to find out whether it works: a device in a list proves nothing. */
export function probeArgs(kind: Exclude<EncoderKind, "x264">): string[] {
  const upload = kind === "vaapi" ? ["-vf", "format=nv12,hwupload"] : [];
  const device = kind === "vaapi" ? ["-vaapi_device", "/dev/dri/renderD128"] : [];
  return ["-hide_banner", "-loglevel", "error", ...device, "-f", "lavfi", "-i", "nullsrc=s=256x256", ...upload, "-frames:v", "1", "-c:v", `h264_${kind}`, "-f", "null", "-"];
}

const input = (stream: StreamPlan): string[] => [
  "-hide_banner", "-loglevel", "warning", "-nostats", "-progress", "pipe:1",
  // Also how often it looks for a command of the agent.
  "-stats_period", "0.25", "-y", "-copyts",
  // Longer than the relay's readTimeout, so a silent input ends there first and the slate takes over.
  "-rw_timeout", "8000000",
  "-fflags", "+igndts+discardcorrupt", "-analyzeduration", "300000", "-fpsprobesize", "0", "-thread_queue_size", "512", "-threads", "1",
  // One graph for slate and every publisher: without this a change of picture size restarts the graph and its timestamps.
  "-reinit_filter", "0",
  "-i", `rtmp://127.0.0.1:${RELAY_RTMP_PORT}/air/${stream.name}`,
];

/**
 * Fits a picture of any shape into the frame, with bars where the shape differs: a phone held upright is not stretched. Both filters look
 * at every frame, because one graph sees slate and publishers of different sizes.
 */
const fit = (w: number, h: number): string =>
  `scale=w='min(${w},2*round(${h}*dar/2))':h='min(${h},2*round(${w}/dar/2))':eval=frame,pad=${w}:${h}:(ow-iw)/2:(oh-ih)/2:eval=frame`;

function videoGraph(stream: StreamPlan, rate: string): string {
  const sorted = [...stream.renditions].sort((a, b) => b.height - a.height || b.width - a.width);
  const [largest] = sorted as [Rendition, ...Rendition[]];
  const outputs = stream.renditions.map((_, i) => `x${i}`);
  // VA-API encodes pictures that already are on the device; the others take them from memory.
  const upload = stream.encoder.kind === "vaapi" ? ",format=nv12,hwupload" : "";
  const head = `[0:v:0]${fit(largest.width, largest.height)},setsar=1,format=yuv420p,setpts='${LOCK}',${rate}`;
  if (outputs.length === 1) return `${head}${upload}[o0]`;
  const scales = stream.renditions.map((r, i) => (r.width === largest.width && r.height === largest.height ? `[x${i}]null${upload}[o${i}]` : `[x${i}]scale=${r.width}:${r.height}${upload}[o${i}]`));
  return [`${head},split=${outputs.length}${outputs.map((o) => `[${o}]`).join("")}`, ...scales].join(";");
}

function encoder(stream: StreamPlan, gop: number): string[] {
  const { kind, preset } = stream.encoder;
  const common = ["-flags", "+cgop", "-g", String(gop), "-bf", "0"];
  switch (kind) {
    case "x264": return ["-c:v", "libx264", "-preset", preset, "-tune", "zerolatency", "-profile:v", "high", ...common, "-keyint_min", String(gop), "-sc_threshold", "0"];
    case "nvenc": return ["-c:v", "h264_nvenc", "-preset", preset, "-tune", "ll", "-rc", "cbr", "-profile:v", "high", ...common, "-forced-idr", "1", "-no-scenecut", "1", "-strict_gop", "1"];
    case "vaapi": return ["-vaapi_device", "/dev/dri/renderD128", "-c:v", "h264_vaapi", "-rc_mode", "CBR", "-profile:v", "high", "-idr_interval", "0", ...common];
    case "qsv": return ["-c:v", "h264_qsv", "-preset", preset, "-profile:v", "high", ...common, "-forced_idr", "1", "-look_ahead", "0"];
  }
}

function rates(stream: StreamPlan): string[] {
  return stream.renditions.flatMap((r, i) => [
    `-b:v:${i}`, `${r.bitrateKbps}k`, `-maxrate:v:${i}`, `${r.maxrateKbps}k`, `-bufsize:v:${i}`, `${r.bufsizeKbit}k`, `-level:v:${i}`, r.level,
    ...(stream.encoder.kind === "x264" ? [`-threads:v:${i}`, String(threads(r, stream.fps))] : []),
  ]);
}

function threads(r: Rendition, fps: number): number {
  return Math.min(4, Math.max(1, Math.ceil((r.width * r.height * fps) / PIXELS_PER_THREAD)));
}

function gridArgs(stream: StreamPlan): string[] {
  const { segmentSeconds, fps, audio } = stream;
  const hls = [
    "-f", "hls", "-hls_time", String(segmentSeconds), "-hls_list_size", "10", "-hls_delete_threshold", "10", "-hls_segment_type", "fmp4",
    "-hls_flags", "independent_segments+program_date_time+temp_file+omit_endlist+delete_segments", "-hls_segment_options", "movflags=+frag_discont",
  ];
  const layout = audio.channels === 1 ? "mono" : "stereo";
  const video = stream.renditions.length === 0 ? [] : [
    "-filter_complex", videoGraph(stream, `fps=${fps}:start_time={T0}`),
  ];
  const videoOutput = stream.renditions.length === 0 ? [] : [
    ...stream.renditions.flatMap((_, i) => ["-map", `[o${i}]`]), "-fps_mode", "passthrough",
    ...encoder(stream, segmentSeconds * fps), ...rates(stream), "-avoid_negative_ts", "disabled",
    ...hls, "-start_number", "{K}", "-hls_fmp4_init_filename", initName(stream), "-hls_segment_filename", "{RUN}/%v/%d.m4s",
    "-var_stream_map", stream.renditions.map((r, i) => `v:${i},name:${r.dir}`).join(" "), "{RUN}/%v/ff.m3u8",
  ];
  return [
    ...input(stream), ...video,
    "-filter_complex", `[0:a:0]asetpts='${LOCK}',aresample=48000:async=1000:min_hard_comp=0.02:first_pts={A0},aformat=channel_layouts=${layout}[a]`,
    ...videoOutput,
    "-map", "[a]", "-c:a", "aac", "-ar", "48000", "-ac", String(audio.channels), "-b:a", `${audio.bitrateKbps}k`, "-flags", "+cgop", "-avoid_negative_ts", "disabled",
    ...hls, "-start_number", "{KA}", "-hls_fmp4_init_filename", `init_${audio.dir}.mp4`, "-hls_segment_filename", `{RUN}/${audio.dir}/%d.m4s`, `{RUN}/${audio.dir}/ff.m3u8`,
  ];
}

/** FFmpeg fills in %v here only when there are several variants (seen with 7.1.5). */
function initName({ renditions }: StreamPlan): string {
  return renditions.length === 1 ? `init_${renditions[0]?.dir}.mp4` : "init_%v.mp4";
}

/** Low and ultra: key frame each second, because LL-HLS and WHEP viewers join at one; Opus for WebRTC, which has no AAC. */
function relayArgs(stream: StreamPlan): string[] {
  const audioCodec = stream.latency === "ultra" ? ["-c:a", "libopus"] : ["-c:a", "aac"];
  return [
    ...input(stream),
    "-filter_complex", videoGraph(stream, `fps=${stream.fps}`),
    "-filter_complex", `[0:a:0]asetpts='${LOCK}',aresample=48000:async=1000:min_hard_comp=0.02,aformat=channel_layouts=${stream.audio.channels === 1 ? "mono" : "stereo"}[a]`,
    "-map", "[o0]", "-map", "[a]", "-fps_mode", "passthrough",
    ...encoder(stream, stream.fps), ...rates(stream), ...audioCodec, "-ar", "48000", "-ac", String(stream.audio.channels), "-b:a", `${stream.audio.bitrateKbps}k`,
    ...toRelay(stream),
  ];
}

/** By what keeps how sound and picture belong together: RTMP, and MPEG-TS for Opus. RTSP put them 70 ms apart (docs/continuity.md). */
function toRelay({ name, latency }: StreamPlan): string[] {
  return latency === "ultra"
    ? ["-f", "mpegts", "-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1", `srt://127.0.0.1:${RELAY_SRT_PORT}?streamid=publish:out/${name}&pkt_size=1316&latency=${LOOPBACK_SRT_US}`]
    : ["-f", "flv", "-flvflags", "no_duration_filesize", `rtmp://127.0.0.1:${RELAY_RTMP_PORT}/out/${name}`];
}

/** Microseconds: enough to send a lost packet again on this host. */
const LOOPBACK_SRT_US = 20_000;
