import type { StreamPlan } from "../plan/model.ts";

/**
 * FFmpeg command that makes a stream's slate, over a picture or on headend's own colour, the output file left to add: H.264 + AAC 48 kHz in the layout that publishers are
 * normalised to, since MediaMTX joins slate and stream without re-encoding (knowledge: continuity 1, "What must match").
 */
export function slateCommand(stream: StreamPlan, pictureFile: string | null): string[] {
  const { text, width, height } = stream.slate;
  const layout = stream.audio.channels === 1 ? "mono" : "stereo";
  const { lines, size } = layOut(text, width, height);
  // Letters on a picture stand on a dark box, or white ones would be lost on its light parts.
  const box = pictureFile === null ? "" : `:box=1:boxcolor=black@0.6:boxborderw=${Math.round(size / 2)}`;
  const filled = `scale=${width}:${height}:force_original_aspect_ratio=increase,crop=${width}:${height},setsar=1`;
  const drawn = `drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:text='${drawtextEscape(lines.join("\n"))}':expansion=none:fontcolor=white:fontsize=${size}:line_spacing=${Math.round(size / 4)}:text_align=C:x=(w-text_w)/2:y=(h-text_h)/2${box}`;
  const filters = [...(pictureFile === null ? [] : [filled]), ...(lines.length === 0 ? [] : [drawn])];
  return [
    "/usr/bin/ffmpeg", "-hide_banner", "-loglevel", "error", "-y",
    ...(pictureFile === null ? ["-f", "lavfi", "-i", `color=c=0x1c2430:s=${width}x${height}:r=${stream.fps}`] : ["-loop", "1", "-framerate", String(stream.fps), "-i", pictureFile]), "-f", "lavfi", "-i", `anullsrc=r=48000:cl=${layout}`,
    "-vf", filters.join(",") || "null", "-t", "4", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "high", "-pix_fmt", "yuv420p", "-g", String(stream.fps),
    "-c:a", "aac", "-ar", "48000", "-ac", String(stream.audio.channels), "-b:a", "64k", "-f", "mp4",
  ];
}

/** Mean advance of DejaVu Sans in em, for mixed text: measured as 0.55 to 0.6; capitals and digits need more. */
const EM_PER_LETTER = 0.62;

/**
 * Breaks the text at blanks into lines that fit nine tenths of the width; the letters shrink until all lines fit in the height.
 * A word longer than a line is cut.
 */
export function layOut(text: string, width: number, height: number): { readonly lines: readonly string[]; readonly size: number } {
  const words = text.trim().split(/\s+/).filter(Boolean);
  for (let size = Math.max(12, Math.round(height / 14)); ; size--) {
    const letters = Math.max(1, Math.floor((width * 0.9) / (EM_PER_LETTER * size)));
    const lines = wrap(words, letters);
    if (size <= 8 || lines.length * size * 1.5 <= height * 0.9) return { lines, size };
  }
}

function wrap(words: readonly string[], letters: number): string[] {
  const lines: string[] = [];
  for (const word of words.flatMap((w) => w.match(new RegExp(`.{1,${letters}}`, "gu")) ?? [])) {
    const last = lines.pop(), longer = last === undefined ? word : `${last} ${word}`;
    if ([...longer].length <= letters) lines.push(longer);
    else lines.push(...(last === undefined ? [] : [last]), word);
  }
  return lines;
}

/** Escapes text for drawtext inside a filter graph: once for the option value; the quotes take care of the graph (FFmpeg utils, "Quoting and escaping"). */
function drawtextEscape(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/'/g, "'\\\\\\''").replace(/:/g, "\\:");
}
