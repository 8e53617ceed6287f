import { spawn } from "node:child_process";
import { join } from "node:path";
import { ended } from "./lib/stack.ts";
import type { Report } from "../rehearse/model.ts";
import { SOUND_MS } from "../rehearse/predict.ts";
import { stallsOf, switchedAfter } from "../rehearse/score.ts";
import { clear } from "../rehearse/stack.ts";
import type { Bench, Measure, Result } from "./lib/result.ts";

const STACK = "bench-rehearse";
const TOPOLOGY = "stacks/festival.yaml";
const SOAK = "1h";

/** Every fault of the festival, one after the other: about fifty minutes. */
export const measureRehearsal: Measure = async (bench) => {
  const report = await rehearsal(bench, []);
  const how = `\`headend rehearse ${TOPOLOGY}\` at ${Math.round(report.scale * 100)} % of its pictures' size: ${report.viewers}; processors ${busy(report)} % busy`;
  const of = (test: (id: string) => boolean): number[] => report.outcomes.flatMap((o) => { const at = o.readings && test(o.id) ? switchedAfter(o.readings) : null; return at === null ? [] : [at]; });
  const broken = report.outcomes.filter((o) => o.verdict === "broken").map((o) => `${o.title}: ${o.promises.filter((p) => !p.kept).map((p) => `${p.name} ${p.measured}`).join(", ")}`);
  return [
    limited("rehearsal: stalls of players", "stalls", stalls(report), 0, how, [`${report.outcomes.filter((o) => o.readings).length} faults played, ${report.outcomes.filter((o) => o.verdict === "skipped").length} skipped`, ...broken]),
    limited("another input on air, connection closed", "s", Math.max(0, ...of((id) => id.startsWith("publisher:close") || id.startsWith("kill:mediamtx@mux"))), 1, how, []),
    limited("another input on air, silent", "s", Math.max(0, ...of((id) => id.startsWith("publisher:silent") || id.startsWith("blackhole:publishers"))), 5, how, []),
    limited("rehearsal: sound and picture apart", "ms", soundMs(report), SOUND_MS, how, []),
    limited("recording lost", "s", Math.max(0, ...report.outcomes.filter((o) => o.role !== "disk").map((o) => o.readings?.recordingLost ?? 0)), 1, how, []),
  ];
};

/** Random faults for an hour, and what they leave behind. */
export const measureSoak: Measure = async (bench) => {
  const report = await rehearsal(bench, ["--for", SOAK, "--seed", "20261121"]);
  const leaking = report.leaks.filter((l) => l.leaks);
  const how = `\`headend rehearse ${TOPOLOGY} --for ${SOAK}\`, seed ${report.seed}: ${report.outcomes.length} faults; processors ${busy(report)} % busy`;
  return [
    limited("soak: leaks", "leaks", leaking.length, 0, how, leaking.map((l) => `${l.host}: ${l.what} ${l.before} → ${l.after} ${l.unit}`)),
    limited("soak: stalls of players", "stalls", stalls(report), 0, how, []),
    limited("soak: sound and picture apart", "ms", soundMs(report), SOUND_MS, how, []),
  ];
};

function limited(name: string, unit: string, value: number, limit: number, how: string, details: readonly string[]): Result {
  return { name, unit, value, limit, ratio: limit === 0 ? null : value / limit, ok: value <= limit, how, details };
}

const soundMs = (report: Report): number => Math.max(0, ...report.outcomes.map((o) => Math.abs(o.readings?.sound?.worstMs ?? 0)));
const stalls = (report: Report): number => report.outcomes.filter((o) => o.singlePoint === null).reduce((n, o) => n + (o.readings ? stallsOf(o.readings).stalls : 0), 0);

function busy(report: Report): number {
  const shares = report.outcomes.flatMap((o) => o.readings?.cpu ?? []);
  return Math.round((shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length)) * 100);
}

/** Runs the command; its progress is shown. @throws Error when it gave no report */
async function rehearsal(bench: Bench, args: readonly string[]): Promise<Report> {
  const child = spawn(process.execPath, [join(bench.root, "scripts/headend.mjs"), "rehearse", TOPOLOGY, "--json", "--stack", STACK, ...args], { cwd: bench.root, stdio: ["ignore", "pipe", "inherit"] });
  const remove = bench.onEnd(async () => { child.kill("SIGINT"); await ended(child); await clear(STACK); });
  let text = "";
  child.stdout.on("data", (b: Buffer) => { text += b.toString(); });
  const code = await new Promise<number>((done) => child.on("close", (c) => done(c ?? 137)));
  await remove();
  if (text === "") throw new Error(`headend rehearse ended with ${code} and without a report`);
  return JSON.parse(text) as Report;
}
