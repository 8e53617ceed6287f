import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietMoment } from "./lib/machine.ts";
import { against, type Measure, type Result } from "./lib/result.ts";
import { median, samples } from "./lib/stats.ts";

/** Editor use: what a person waits for after each save. */
const NORMAL_S = 0.4;
const LARGE_S = 2;
const RUNS = 7;
const HOSTS = { multiplexers: 10, transcoders: 600, distributors: 390, streams: 5000 };

/** Every command that is read off the plan, start-up included, as an editor or a person runs it. */
export const measureCheck: Measure = async (bench) => {
  const folder = mkdtempSync(join(tmpdir(), "headend-bench-check-"));
  const remove = bench.onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const large = join(folder, "large.yaml");
  writeFileSync(large, largeFile(HOSTS.transcoders, HOSTS.streams));
  // Two files at once are twice the work: held to the limit with as many streams as hosts, measured with five times as many.
  const pair = (streams: number): string[] => [HOSTS.transcoders, HOSTS.transcoders + 1].map((transcoders) => {
    const file = join(folder, `${streams}-streams-${transcoders}.yaml`);
    writeFileSync(file, largeFile(transcoders, streams));
    return file;
  });
  const normal = join(bench.root, "stacks/festival.yaml");
  const run = (args: readonly string[]): number => {
    const start = performance.now();
    const result = spawnSync(process.execPath, [join(bench.root, "scripts/headend.mjs"), ...args], { encoding: "utf8", maxBuffer: 1 << 30 });
    const seconds = (performance.now() - start) / 1000;
    if (result.status !== 0) throw new Error(`headend ${args[0]} ended with ${result.status}:\n${result.stderr.slice(-500)}`);
    return seconds;
  };
  const results: Result[] = [];
  for (const { name, args, limit, how: said } of [
    { name: "check, a normal file", args: ["check", normal], limit: NORMAL_S, how: "`headend check stacks/festival.yaml`, a new process each time, its start included" },
    { name: "check, 1,000 hosts", args: ["check", large], limit: LARGE_S, how: undefined },
    { name: "plan, 1,000 hosts", args: ["plan", "--json", large], limit: LARGE_S, how: undefined },
    { name: "cost, 1,000 hosts", args: ["cost", "--json", large], limit: LARGE_S, how: undefined },
    { name: "diff, one transcoder more: 1,000 hosts, 1,000 streams", args: ["diff", ...pair(1000)], limit: LARGE_S, how: "`headend diff` of two such files, 1,000 streams each" },
    { name: "diff, one transcoder more: 1,000 hosts, 5,000 streams", args: ["diff", ...pair(HOSTS.streams)], limit: null, how: "`headend diff` of two such files, 5,000 streams each" },
    { name: "explain, 1,000 hosts", args: ["explain", "capacity", "tx-eu-1", large], limit: LARGE_S, how: undefined },
    { name: "diagram, 1,000 hosts", args: ["diagram", large], limit: LARGE_S, how: undefined },
    { name: "kit, 1,000 hosts", args: ["kit", large], limit: LARGE_S, how: undefined },
  ]) {
    bench.say(name);
    run(args);   // the first one compiles the command where its sources have changed
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      await quietMoment();
      times.push(run(args));
    }
    const how = said ?? `the same command on ${HOSTS.streams} streams and 1,000 hosts on AWS (${HOSTS.multiplexers} multiplexers, ${HOSTS.transcoders} transcoders, ${HOSTS.distributors} distributors), from the YAML file to the last byte of output`;
    const rest = { name, unit: "s", how, details: [`runs: ${samples(times, "s")}`] };
    results.push(limit === null ? { ...rest, value: median(times), limit, ratio: null, ok: true } : against(limit, median(times), rest));
  }
  await remove();
  return results;
};

/** As an export from a schedule would be: streams that differ in their names only, over an anchor. */
function largeFile(transcoders: number, count: number): string {
  const streams = Array.from({ length: count }, (_, i) => `  room-${i}: *room\n`).join("");
  return `headend: 1\nname: large\nregions: { eu: { aws: eu-central-1, zones: 2 } }\nx-room: &room { source: { resolution: 1280x720, bitrate: 2500 kbps }, ladder: [720p, 360p], viewers: { eu: 20 } }\nstreams:\n${streams}`
    + `multiplexers: { eu: ${HOSTS.multiplexers} }\ntranscoders: { eu: { count: ${transcoders}, size: c7g.8xlarge } }\ndistributors: { eu: { min: ${HOSTS.distributors}, max: ${HOSTS.distributors}, size: c7gn.large } }\n`;
}
