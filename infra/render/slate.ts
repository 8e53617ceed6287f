import type { StreamPlan } from "../plan/model.ts";

/**
 * FFmpeg command that makes a stream's slate, the output file left to add: H.264 + AAC 48 kHz in the layout that publishers are
 * normalised to, since MediaMTX joins slate and stream without re-encoding (knowledge: continuity 1, "What must match").
 */
export function slateCommand(stream: StreamPlan): string[] {
  const { text, width, height } = stream.slate;
  const size = Math.max(12, Math.round(height / 14));
  const layout = stream.audio.channels === 1 ? "mono" : "stereo";
  const drawn = `drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:text='${drawtextEscape(text)}':expansion=none:fontcolor=white:fontsize=${size}:x=(w-text_w)/2:y=(h-text_h)/2`;
  return [
    "/usr/bin/ffmpeg", "-hide_banner", "-loglevel", "error", "-y",
    "-f", "lavfi", "-i", `color=c=0x1c2430:s=${width}x${height}:r=${stream.fps}`, "-f", "lavfi", "-i", `anullsrc=r=48000:cl=${layout}`,
    "-vf", text === "" ? "null" : drawn, "-t", "4", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "high", "-pix_fmt", "yuv420p", "-g", String(stream.fps),
    "-c:a", "aac", "-ar", "48000", "-ac", String(stream.audio.channels), "-b:a", "64k", "-f", "mp4",
  ];
}

/** Escapes text for drawtext inside a filter graph: once for the option value, once for the graph (FFmpeg utils, "Quoting and escaping"). */
function drawtextEscape(text: string): string {
  return text.replace(/\s+/g, " ").replace(/\\/g, "\\\\\\\\").replace(/'/g, "'\\\\\\''").replace(/:/g, "\\:");
}
