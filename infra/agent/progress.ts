/** What FFmpeg says about itself (`-progress pipe:1`). */
export interface Progress { readonly frame: number; readonly fps: number; readonly speed: number | null; readonly bitrateKbps: number | null; readonly dropped: number; readonly duplicated: number }

const NONE: Progress = { frame: 0, fps: 0, speed: null, bitrateKbps: null, dropped: 0, duplicated: 0 };

/** Collects `key=value` lines; a block ends with `progress=…`. */
export class ProgressReader {
  private block = new Map<string, string>();
  latest: Progress = NONE;
  /** Blocks read; grows while FFmpeg is alive, even without output. */
  blocks = 0;

  line(text: string): void {
    const at = text.indexOf("=");
    if (at < 0) return;
    const key = text.slice(0, at).trim();
    if (key !== "progress") { this.block.set(key, text.slice(at + 1).trim()); return; }
    const number = (name: string): number | null => { const v = Number.parseFloat(this.block.get(name) ?? ""); return Number.isFinite(v) ? v : null; };
    this.latest = { frame: number("frame") ?? 0, fps: number("fps") ?? 0, speed: number("speed"), bitrateKbps: number("bitrate"), dropped: number("drop_frames") ?? 0, duplicated: number("dup_frames") ?? 0 };
    this.block = new Map();
    this.blocks += 1;
  }
}
