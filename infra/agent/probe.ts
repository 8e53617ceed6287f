import { COPY_AAC } from "./normalise.ts";
import { type Child, startFfmpeg } from "./process.ts";
import type { Missing } from "./tracks.ts";

/** Both media usually show within half a second; one that has sent nothing this long after the other is missing (milliseconds). */
const MISSING_AFTER_MS = 1000;
const LATE_START_MS = 5000;

export type StartProbe = (url: string, workDir: string, say: (message: string) => void) => Pick<Probe, "settled" | "missing" | "done" | "stop">;

/**
 * Watches an input's packets until both media have been seen. A publisher may announce audio and send it only later; then the air path
 * would carry a silent track and the ladder's audio would stop. `missing` says what lacks now; it clears when packets come.
 */
export class Probe {
  private child: Child | null;
  private readonly seen = new Set<"video" | "audio">();
  private types = new Map<number, "video" | "audio">();
  private firstAt: number | null = null;
  private readonly timer: NodeJS.Timeout;
  missing: Missing = { audio: false, video: false };
  done = false;

  constructor(url: string, workDir: string, private readonly say: (message: string) => void) {
    this.child = startFfmpeg({
      args: [
        "-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-rtsp_transport", "tcp", "-timeout", "8000000", "-analyzeduration", "300000", "-fpsprobesize", "0", "-i", url,
        "-map", "0:v?", "-map", "0:a?", "-c", "copy", COPY_AAC, "-copyinkf:v", "-flush_packets", "1", "-max_interleave_delta", "100000", "-f", "framecrc", "-",
      ],
      cwd: workDir, workDir, onStdout: (line) => this.line(line), onStderr: () => undefined,
      onExit: () => { this.child = null; this.done = true; clearInterval(this.timer); },
    });
    this.timer = setInterval(() => this.check(), 100);
    this.timer.unref();
    const limit = setTimeout(() => { if (this.firstAt === null) this.stop(); }, LATE_START_MS);
    limit.unref();
  }

  /** It is known which media are sent. */
  get settled(): boolean { return this.done || this.missing.audio || this.missing.video; }

  stop(): void { clearInterval(this.timer); this.done = true; this.child?.kill(); this.child = null; }

  /** framecrc: "#media_type 0: video" in the head, then "0, dts, pts, duration, size, crc". */
  private line(text: string): void {
    const head = /^#media_type (\d+): (video|audio)/.exec(text);
    if (head) { this.types.set(Number(head[1]), head[2] as "video" | "audio"); return; }
    const packet = /^(\d+),/.exec(text);
    const type = packet ? this.types.get(Number(packet[1])) : undefined;
    if (!type || this.seen.has(type)) return;
    this.seen.add(type);
    this.firstAt ??= performance.now();
    if (this.missing[type]) this.say(`${type} has come`);
    this.missing = { ...this.missing, [type]: false };
    if (this.seen.size === 2) this.stop();
  }

  private check(): void {
    if (this.firstAt === null || performance.now() - this.firstAt < MISSING_AFTER_MS) return;
    for (const type of ["audio", "video"] as const) {
      if (this.seen.has(type) || this.missing[type]) continue;
      this.missing = { ...this.missing, [type]: true };
      this.say(`${type} is announced but not sent`);
    }
  }
}
