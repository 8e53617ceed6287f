/** One measured run in a process of its own: builds the topology, plans, renders, reads every byte, and prints what it took as JSON. */
import { readFileSync } from "node:fs";
import { planTopology } from "../../../infra/plan/plan.ts";
import { renderPlan } from "../../../infra/render/render.ts";
import { largeTopology, type Size } from "./topology.ts";

export interface Run {
  /** By the wall clock. */
  readonly planMs: number; readonly renderMs: number;
  /** Of these together: time in which the main thread was ready to run and waited for a processor that others used. */
  readonly waitedMs: number;
  /** CPU time of all threads of the process, garbage collection included. */
  readonly cpuMs: number;
  readonly peakRssMb: number;
  readonly hosts: number; readonly streams: number; readonly files: number;
  /** Text of every file and firewall, counted once per host. */
  readonly textMb: number;
}

const topology = largeTopology(JSON.parse(process.argv[2] ?? "{}") as Size);
/** The second number of /proc/self/schedstat: nanoseconds on a run queue (kernel, sched-stats). 0 where the kernel keeps none. */
const waited = (): number => {
  try { return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[1]) / 1e6; } catch { return 0; }
};

const waitedBefore = waited();
const cpu = process.cpuUsage();
const start = performance.now();
const plan = planTopology(topology);
const planned = performance.now();
const bundles = renderPlan(plan, "bench-stack-secret-bench-stack-secret");
let characters = 0, files = 0, touched = 0;
// Reading a character of each text makes V8 put it together, were it still a rope.
const read = (text: string): void => { characters += text.length; touched ^= text.charCodeAt(text.length >> 1); };
for (const bundle of bundles) {
  files += bundle.files.length;
  for (const file of bundle.files) read(file.content);
  read(bundle.firewall ?? " ");
}
const rendered = performance.now();
const waitedMs = waited() - waitedBefore;
const used = process.cpuUsage(cpu);
const run: Run = {
  planMs: planned - start, renderMs: rendered - planned, waitedMs, cpuMs: (used.user + used.system) / 1000,
  peakRssMb: process.resourceUsage().maxRSS * 1024 / 1e6,
  hosts: plan.hosts.length, streams: plan.streams.length, files: touched < -1 ? 0 : files, textMb: characters / 1e6,
};
process.stdout.write(JSON.stringify(run));
