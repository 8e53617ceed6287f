import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUp } from "../live/docker.ts";
import type { Outputs } from "../../test/e2e/lib/stack.ts";
import { tryToPlay } from "../cli/lib/viewer.ts";
import { pulumiEnv } from "../setup/index.ts";
import { run, tail } from "../setup/process.ts";
import { quietMoment } from "./lib/machine.ts";
import { against, type Bench, type Measure } from "./lib/result.ts";
import { ended, PORT_OFFSET } from "./lib/stack.ts";
import { digits, median, samples } from "./lib/stats.ts";

const LIMIT_S = 30;
const RUNS = 3;
const STACK = "bench-up";

/** Moments of an `up`, told by a line of its output; the name says what ended there. */
const MOMENTS: readonly (readonly [string, RegExp])[] = [
  ["start of the command, tools and ports looked at, stack made", /Updating \(/],
  ["Pulumi and the program", /local:Host \S+ creating/],
  ["networks, certificates, containers", /docker:index:Container .* created \(/],
  ["configuration delivered, services ready", /local:Command .* created \(/],
  ["Pulumi ends", /Duration:/],
  ["first segment played", /^ready in/],
];

interface Timed { readonly total: number; readonly parts: ReadonlyMap<string, number> }

/** `npm run up` of the studio from nothing running to a first segment, with every part in the cache. */
export const measureUp: Measure = async (bench) => {
  const runs: Timed[] = [];
  for (let i = 0; i < RUNS; i++) {
    bench.say(`up from nothing: run ${i + 1} of ${RUNS}`);
    await quietMoment();
    runs.push(await once(bench));
  }
  const totals = runs.map((r) => r.total);
  return [against(LIMIT_S, median(totals), {
    name: "up, from nothing to a first segment", unit: "s",
    how: "`npm run up` with stacks/studio.yaml (720p and 360p) and every part in the cache, on a new stack, until a segment of the top rendition has been fetched over TLS by a Node client",
    details: [
      ...MOMENTS.map(([name]) => `${name}: ${digits(median(runs.map((r) => r.parts.get(name) ?? 0)))} s`),
      `runs: ${samples(totals, "s")}`,
    ],
  })];
};

async function once(bench: Bench): Promise<Timed> {
  const state = mkdtempSync(join(tmpdir(), "headend-bench-up-"));
  mkdirSync(join(state, "state"));
  const env = { ...process.env, PULUMI_BACKEND_URL: `file://${join(state, "state")}`, PULUMI_CONFIG_PASSPHRASE: "bench", NO_COLOR: "1" };
  const headend = (...args: string[]): string[] => [process.execPath, join(bench.root, "scripts/bootstrap.mjs"), ...args];
  let child: ReturnType<typeof spawn> | null = null;
  const remove = bench.onEnd(async () => {
    if (child) await ended(child);
    await run(headend("down", "--stack", STACK, "--remove", "--yes"), { cwd: bench.root, env });
    cleanUp(`headend.stack=${STACK}`);
    rmSync(join(bench.root, "stacks", `Pulumi.${STACK}.yaml`), { force: true });
    rmSync(join(bench.root, ".headend/recordings", STACK), { recursive: true, force: true });
    rmSync(state, { recursive: true, force: true });
  });
  cleanUp(`headend.stack=${STACK}`);

  const seen = new Map<string, number>();
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  let text = "";
  const code = await new Promise<number>((done, fail) => {
    const [program = "", ...args] = headend("up", "--stack", STACK, "--topology", "stacks/studio.yaml", "--port-offset", PORT_OFFSET);
    child = spawn(program, args, { cwd: bench.root, env, stdio: ["ignore", "pipe", "pipe"] });
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      // The last line of a kind counts: the last container, the last host that is ready. "Pulumi and the program" ends with the first.
      for (const line of chunk.toString().split("\n")) {
        for (const [name, pattern] of MOMENTS) if (pattern.test(line.trim()) && !(name.startsWith("Pulumi and") && seen.has(name))) seen.set(name, elapsed());
      }
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("error", fail);
    child.on("close", (status) => done(status ?? 130));
  });
  if (code !== 0) throw new Error(`headend up exited ${code}:\n${tail({ stdout: text, stderr: "" }, 20)}`);
  const told = await run(["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", STACK], { cwd: bench.root, env: { ...env, PATH: pulumiEnv(bench.root)["PATH"] } });
  const outputs = JSON.parse(told.stdout) as Outputs;
  const played = await tryToPlay(outputs.streams["main"]?.playlist ?? "", outputs.ca);
  const total = elapsed();
  if (!played.ok) throw new Error(`headend up ended, but nothing plays: ${played.reason}`);
  await remove();

  const parts = new Map<string, number>();
  let last = 0;
  for (const [name] of MOMENTS) {
    const at = seen.get(name) ?? last;
    parts.set(name, Math.max(0, at - last));
    last = Math.max(last, at);
  }
  return { total, parts };
}
