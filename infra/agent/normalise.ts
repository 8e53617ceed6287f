import type { AgentStream } from "./config.ts";
import type { Verdict } from "./tracks.ts";

/** The slate's background, so that a picture-less input looks like it. */
const SLATE_COLOUR = "0x1c2430";

/** FFmpeg's RTSP input does not mark AAC packets as key frames, and a copy then waits for one for ever (seen on 7.1.5). */
export const COPY_AAC = "-copyinkf:a";

/** Longest wait for a key frame (microseconds); FFmpeg goes on as soon as it knows all. */
const KEY_FRAME_US = "9000000";

/** Where the relay on this host is reached. */
export interface RelayAddresses { readonly rtsp: string; readonly rtmp: string }

/**
 * FFmpeg arguments that turn an input into what the air path accepts: H.264 first, then AAC 48 kHz. Copies what already fits. Silence
 * and pictures are made at real-time pace (`-re`); the main FFmpeg sets the timestamps anew, so only arrival times matter here.
 */
export function normaliseArguments(stream: AgentStream, verdict: Extract<Verdict, { kind: "normalise" }>, relay: RelayAddresses, input: string): string[] {
  const { channels } = stream.audio;
  const largest = [...stream.renditions].sort((a, b) => b.width * b.height - a.width * a.height)[0];
  const size = `${largest?.width ?? 640}x${largest?.height ?? 360}`;
  // By RTMP pictures come from the next key frame on, and FLV takes no copy of a picture whose size is not known yet: wait for it.
  const common = ["-fflags", "+genpts+discardcorrupt", "-analyzeduration", verdict.rtmp ? KEY_FRAME_US : "500000", "-fpsprobesize", "0", "-thread_queue_size", "512"];
  const inputs = verdict.rtmp ? ["-rw_timeout", "8000000", ...common, "-i", `${relay.rtmp}/${input}`] : ["-rtsp_transport", "tcp", "-timeout", "8000000", ...common, "-i", `${relay.rtsp}/${input}`];
  let synthetic = 0;
  const lavfi = (source: string): string => { inputs.push("-re", "-f", "lavfi", "-i", source); synthetic += 1; return `${synthetic}:0`; };
  const video = verdict.video === "picture" ? lavfi(`color=c=${SLATE_COLOUR}:s=${size}:r=${stream.fps}`) : "0:v:0";
  const audio = verdict.audio === "silence" ? lavfi(`anullsrc=r=48000:cl=${channels === 1 ? "mono" : "stereo"}`) : "0:a:0";
  // The rate by name: VP8 by RTP announces 90 000 pictures a second, and FFmpeg would make them.
  const encodeVideo = ["-r", String(stream.fps), "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", String(stream.fps), "-crf", "20"];
  return [
    "-hide_banner", "-nostdin", "-loglevel", "warning", "-nostats", ...inputs,
    "-map", video, "-map", audio,
    ...(verdict.video === "copy" ? ["-c:v", "copy"] : encodeVideo),
    ...(verdict.audio === "copy" ? ["-c:a", "copy", COPY_AAC] : ["-c:a", "aac", "-ar", "48000", "-ac", String(channels), "-b:a", "160k"]),
    ...(verdict.audio === "encode" ? ["-af", "aresample=async=1000"] : []),
    // Do not keep one medium back while the other is late. No `-shortest`: it holds packets for 10 s when one medium is copied and the
    // other encoded (seen on 7.1.5); the agent ends this process when the input goes.
    "-max_interleave_delta", "200000", "-muxdelay", "0",
    ...(verdict.rtmp ? ["-f", "flv", `${relay.rtmp}/${stream.air}`] : ["-f", "rtsp", "-rtsp_transport", "tcp", `${relay.rtsp}/${stream.air}`]),
  ];
}
