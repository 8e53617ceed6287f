/** A small HLS recording (two rungs, separate audio), made once per test run by FFmpeg in a container. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, runArgs, testName } from "../../../scripts/live/docker.ts";

export interface Sample { readonly dir: string; readonly segments: number; readonly segmentSeconds: number }

/** @param seconds length; 2 s segments `v0/0.m4s`, `v1/…` and `a/…`, init files `v0/init.mp4` … */
export async function makeSample(seconds: number): Promise<Sample> {
  const dir = mkdtempSync(join(tmpdir(), "headend-sample-"));
  const hls = (name: string): string[] => ["-t", String(seconds), "-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", `/out/${name}/%d.m4s`, `/out/${name}/vod.m3u8`];
  const x264 = (kbps: number): string[] => ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", "-pix_fmt", "yuv420p", "-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-b:v", `${kbps}k`, "-maxrate", `${kbps}k`, "-bufsize", `${kbps}k`];
  const args = ["-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", "-f", "lavfi", "-i", "sine=f=440:r=48000:b=2",
    "-filter_complex", "[0:v]split=2[o0][s1];[s1]scale=320:180[o1]",
    "-map", "[o0]", ...x264(700), ...hls("v0"), "-map", "[o1]", ...x264(200), ...hls("v1"), "-map", "1:a", "-c:a", "aac", "-ac", "2", "-b:a", "64k", ...hls("a")];
  await docker([...runArgs(testName("sample"), {}, ["-v", `${dir}:/out`, "--entrypoint", "sh"]), "-c", 'mkdir -p /out/v0 /out/v1 /out/a && exec ffmpeg "$@"', "sh", ...args]);
  return { dir, segments: Math.floor(seconds / 2), segmentSeconds: 2 };
}
