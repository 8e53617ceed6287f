import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, tail } from "../setup/process.ts";
import { bundle } from "../setup/programs.ts";
import { quietMoment } from "./lib/machine.ts";
import { against, type Measure, type Result } from "./lib/result.ts";
import { median, samples } from "./lib/stats.ts";
import type { Run } from "./plan/child.ts";
import { LARGE, type Size } from "./plan/topology.ts";

const LIMIT_S = 1;
const LIMIT_MB = 300;
const RUNS = 5;

/** `plan` + `render` of 1,000 hosts and 5,000 streams, each run in a new process. */
export const measurePlan: Measure = async (bench) => {
  const folder = mkdtempSync(join(tmpdir(), "headend-bench-plan-"));
  const remove = bench.onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "child.mjs");
  writeFileSync(program, bundle(bench.root, [{ file: "child.js", entry: "scripts/bench/plan/child.ts" }]).get("child.js") ?? "");
  const one = async (size: Size): Promise<Run> => {
    const result = await run([process.execPath, program, JSON.stringify(size)]);
    if (result.code !== 0) throw new Error(`The plan could not be measured:\n${tail(result)}`);
    return JSON.parse(result.stdout) as Run;
  };
  const regions = [1, 3] as const;
  const runs = new Map<number, Run[]>(regions.map((n) => [n, []]));
  for (let i = 0; i < RUNS; i++) {
    for (const n of regions) {
      bench.say(`plan + render, ${n === 1 ? "one region" : `${n} regions`}: run ${i + 1} of ${RUNS}`);
      await quietMoment();
      runs.get(n)?.push(await one({ ...LARGE, regions: n }));
    }
  }
  await remove();
  return [...results(runs.get(1) ?? [], true), ...results(runs.get(3) ?? [], false)];
};

function results(runs: readonly Run[], promised: boolean): Result[] {
  // On a machine at rest this is the wall clock; on a busy one the waiting says nothing about headend.
  const seconds = runs.map((r) => (r.planMs + r.renderMs - r.waitedMs) / 1000);
  const wall = runs.map((r) => (r.planMs + r.renderMs) / 1000);
  const memory = runs.map((r) => r.peakRssMb);
  const { hosts, streams, files, textMb } = runs[0] as Run;
  const where = promised ? "one region" : "three regions, every stream in each";
  const how = `${hosts} hosts (${LARGE.multiplexers} multiplexers, ${LARGE.transcoders} transcoders, ${LARGE.distributors} distributors) in ${where}; ${streams} streams of two renditions, of which 10 low and 10 ultra latency; compiled, in a new Node process each time; every file's text read; time in which the process was ready and other programs had the processors is left out`;
  const details = [
    `by the wall clock: plan ${digitsOf(runs, (r) => r.planMs)} ms, render ${digitsOf(runs, (r) => r.renderMs)} ms, of which it waited for a processor ${digitsOf(runs, (r) => r.waitedMs)} ms; CPU time of all threads ${digitsOf(runs, (r) => r.cpuMs)} ms (medians)`,
    `${files} files, ${textMb.toFixed(0)} MB of text counting what hosts share once for each`,
    `runs: ${samples(seconds, "s")}; by the wall clock ${samples(wall, "s")}; ${samples(memory, "MB")}`,
  ];
  const time = { name: `plan + render, ${where}`, unit: "s", how, details };
  const space = { name: `its memory, ${where}`, unit: "MB", how: "peak resident memory of the same processes, Node's own included", details: [] };
  if (promised) return [against(LIMIT_S, median(seconds), time), against(LIMIT_MB, median(memory), space)];
  const free = { limit: null, ratio: null, ok: true } as const;
  return [{ ...time, ...free, value: median(seconds) }, { ...space, ...free, value: median(memory) }];
}

function digitsOf(runs: readonly Run[], of: (run: Run) => number): string {
  return median(runs.map(of)).toFixed(0);
}
