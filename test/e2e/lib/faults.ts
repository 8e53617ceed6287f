/** Faults inside a stack's containers, and a viewer who should not notice them. */
import type { PlayerStats, Viewer } from "../../../scripts/live/browser.ts";
import { containerExec, docker } from "../../../scripts/live/docker.ts";
import { sleep } from "../../../scripts/live/wait.ts";

/** Sends a signal to every process of a container whose program (and, with `args`, command line) matches. Gives how many. */
export async function signal(container: string, name: "KILL" | "STOP" | "CONT", program: RegExp): Promise<number> {
  const script = `let n = 0; for (const p of fs.readdirSync("/proc").filter((p) => /^\\d+$/.test(p) && p !== String(process.pid) && p !== "1")) {
    let line = ""; try { line = fs.readFileSync("/proc/" + p + "/cmdline", "utf8").replaceAll("\\0", " "); } catch { continue; }
    if (${String(program)}.test(line) && !line.includes("readdirSync")) { try { process.kill(Number(p), "SIG${name}"); n++; } catch {} } } console.log(n);`;
  const { stdout, stderr } = await containerExec(container, ["node", "-e", script]);
  const count = Number(stdout.trim());
  if (!Number.isFinite(count)) throw new Error(`${container}: ${stderr}`);
  return count;
}

/** Programs of a host as they stand in the process list. */
export const PROGRAM = { ffmpeg: /^(?:\S*\/)?ffmpeg .*-copyts/, agent: /agent\.js/, relay: /\/mediamtx /, nginx: /nginx: /, steering: /steering\.js/ };

/** A host that neither answers nor refuses; gives what undoes it. */
export async function silence(container: string): Promise<() => Promise<void>> {
  const nft = (rule: string) => containerExec(container, ["nft", rule]);
  await nft('add table inet fault; add chain inet fault in { type filter hook input priority -10; policy drop; }; add chain inet fault out { type filter hook output priority -10; policy drop; }; add rule inet fault in iifname "lo" accept; add rule inet fault out oifname "lo" accept');
  return async () => { await nft("delete table inet fault"); };
}

export const pause = async (container: string): Promise<() => Promise<void>> => {
  await docker(["pause", container]);
  return async () => { await docker(["unpause", container]); };
};

export interface Felt { readonly stalls: number; readonly stallSeconds: number; readonly minBuffer: number; readonly after: PlayerStats; readonly restarts: number; readonly kicks: number; readonly errors: readonly string[] }

/** What a viewer feels of `event` from its beginning until `seconds` after its end. */
export async function feel(viewer: Viewer, seconds: number, event: () => Promise<unknown>): Promise<Felt> {
  const before = await viewer.stats();
  let buffer = Infinity, done = false;
  const look = (async () => { while (!done) { buffer = Math.min(buffer, (await viewer.stats()).buffer); await sleep(100); } })();
  try {
    await event();
    await sleep(seconds * 1000);
  } finally { done = true; await look; }
  const after = await viewer.stats();
  return {
    stalls: after.stalls - before.stalls, stallSeconds: after.stallSeconds - before.stallSeconds, minBuffer: Number(buffer.toFixed(2)), after,
    restarts: after.restarts - before.restarts, kicks: after.kicks - before.kicks,
    errors: after.errors.slice(-Math.max(0, after.errorCount - before.errorCount)).filter(() => after.errorCount > before.errorCount).map((e) => e.details).filter((d) => d !== "bufferAppendNoProgress"),
  };
}

/** One line for the test's output. */
export const told = (what: string, f: Felt): string => `${what}: ${f.stalls} stalls (${f.stallSeconds.toFixed(2)} s), least buffer ${f.minBuffer} s, latency ${f.after.latency?.toFixed(1) ?? "?"} s, ${[...new Set(f.errors)].join(" ") || "no errors"}${f.kicks ? `, kicks ${f.kicks}` : ""}`;
