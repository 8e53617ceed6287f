/** Decodes a stream from segments that were taken from its transcoders at random. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerExec, run, TEST_IMAGE } from "../../../scripts/live/docker.ts";
import { waitFor } from "../../../scripts/live/wait.ts";

export interface Mixed { readonly errors: readonly string[]; readonly videoSteps: readonly number[]; readonly audioSteps: readonly number[]; readonly sources: ReadonlySet<number> }

const PUB = "/run/headend/segments/pub/live";

/** Takes `count` successive segments of every folder, each from one of the containers, joins and decodes them. */
export async function decodeMixed(containers: readonly string[], stream: string, count: number): Promise<Mixed> {
  const list = async (c: string, dir: string): Promise<number[]> => (await containerExec(c, ["ls", `${PUB}/${stream}/${dir}`])).stdout.split("\n").flatMap((n) => (n.endsWith(".m4s") ? [Number(n.slice(0, -4))] : [])).sort((a, b) => a - b);
  const dirs = (await containerExec(containers[0] ?? "", ["ls", `${PUB}/${stream}`])).stdout.trim().split("\n");
  const folder = mkdtempSync(join(tmpdir(), "headend-mixed-"));
  const sources = new Set<number>();
  try {
    const numbers = await waitFor(async () => {
      const lists = await Promise.all(containers.flatMap((c) => dirs.map((dir) => list(c, dir))));
      const all = (lists[0] ?? []).filter((k) => lists.every((l) => l.includes(k)));
      const last = all.slice(-count);
      return last.length === count && (last.at(-1) ?? 0) - (last[0] ?? 0) === count - 1 ? last : null;
    }, { what: `${count} segments that all transcoders have`, timeoutMs: 60_000, everyMs: 1000 });
    mkdirSync(join(folder, "out"));
    const taken = { video: [] as string[], audio: [] as string[] };
    for (const dir of [dirs.find((d) => !d.startsWith("audio")), dirs.find((d) => d.startsWith("audio"))]) {
      const bytes: string[] = [];
      for (const [i, k] of numbers.entries()) {
        const source = i < containers.length ? i : Math.floor(Math.random() * containers.length);
        sources.add(source);
        const file = (name: string): Promise<{ stdout: string }> => containerExec(containers[source] ?? "", ["base64", "-w0", `${PUB}/${stream}/${dir}/${name}`]);
        if (i === 0) bytes.push((await file("init.mp4")).stdout);
        bytes.push((await file(`${k}.m4s`)).stdout);
      }
      const kind = dir?.startsWith("audio") ? "audio" : "video";
      taken[kind].push(dir ?? "");
      writeFileSync(join(folder, `${kind}.mp4`), Buffer.concat(bytes.map((b) => Buffer.from(b, "base64"))));
    }
    const probe = (kind: string): Promise<{ stdout: string; stderr: string }> => run("docker", ["run", "--rm", "--label", "headend.test=1", "-v", `${folder}:/in:ro`, "--entrypoint", "bash", TEST_IMAGE, "-c",
      `ffmpeg -v warning -i /in/${kind}.mp4 -f null - 2>&1 >/dev/null | grep -v "duplicated MOOV" >&2; ffprobe -v error -show_entries packet=pts_time -of csv=p=0 /in/${kind}.mp4`], { timeoutMs: 60_000 });
    const [video, audio] = await Promise.all([probe("video"), probe("audio")]);
    const steps = (text: string): number[] => { const pts = text.split("\n").map((l) => parseFloat(l)).filter(Number.isFinite); return pts.slice(1).map((t, i) => Number((t - (pts[i] ?? 0)).toFixed(4))); };
    return { errors: `${video.stderr}${audio.stderr}`.split("\n").filter((l) => l.trim() !== ""), videoSteps: steps(video.stdout), audioSteps: steps(audio.stdout), sources };
  } finally { rmSync(folder, { recursive: true, force: true }); }
}
