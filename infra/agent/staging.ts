/** FFmpeg's own playlist of one rendition in a staging folder: the only sign that a segment is complete. */

export interface Listed { readonly number: number; readonly seconds: number }

export function listedSegments(text: string): Listed[] {
  const found: Listed[] = [];
  let seconds = Number.NaN;
  for (const line of text.split("\n")) {
    if (line.startsWith("#EXTINF:")) seconds = Number.parseFloat(line.slice(8));
    else if (line.endsWith(".m4s")) {
      const number = Number.parseInt(line.slice(line.lastIndexOf("/") + 1), 10);
      if (Number.isInteger(number)) found.push({ number, seconds });
    }
  }
  return found;
}

/** Half a video frame, or one and a half AAC frames: audio boundaries fall on AAC frames, so its segments differ by up to one. */
export const tolerance = (kind: "video" | "audio", fps: number): number => (kind === "video" ? 0.5 / fps : (1.5 * 1024) / 48_000);

/** A segment flushed at the end of the input is short; it is never published. */
export const isComplete = (listed: Listed, seconds: number, slack: number): boolean => listed.seconds > seconds - slack;
