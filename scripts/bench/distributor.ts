import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planTopology } from "../../infra/plan/plan.ts";
import { renderPlan } from "../../infra/render/render.ts";
import { parseTopology } from "../../infra/spec/load.ts";
import { makeCa, type KeyPairPem } from "../../test/e2e/lib/ca.ts";
import { cleanUp, containerExec, docker, TEST_IMAGE } from "../live/docker.ts";
import { waitFor } from "../live/wait.ts";
import { run, tail } from "../setup/process.ts";
import type { Bench, Measure } from "./lib/result.ts";
import { digits, median, samples } from "./lib/stats.ts";

/** What headers, maps and safety may cost. */
const ALLOWED = 0.95;
const PAIRS = 12;
const SECONDS = 2;
const CONNECTIONS = 32;
/** Two seconds at 2.5 Mbit/s. */
const SEGMENT_BYTES = 640_000;
const SEGMENTS = 12;
const LABEL = "headend.bench=distributor";
const NAME = "bench-dist";

/** Megabytes a second over TLS from a distributor as headend configures it, against an nginx tuned by hand for the same files. */
export const measureDistributor: Measure = async (bench) => {
  const { folder, remove } = prepare(bench);
  bench.say("distributor: starting both and an origin");
  const paths = writeSegments(join(folder, "origin"));
  const certificate = await (await makeCa()).issue(["localhost", "edge.test"]);
  await docker(["network", "create", "--label", LABEL, `headend-${NAME}`]);
  await start("origin", ["--network-alias", `tx-home-1.${NAME}.internal`], { "/srv/origin": join(folder, "origin"), "/etc/nginx/nginx.conf": template("origin.conf", folder) });
  writePair(folder, certificate);
  const tuned = await start("tuned", ["--tmpfs", "/var/cache/nginx"], {
    "/certs/fullchain.pem": join(folder, "crt.pem"), "/certs/privkey.pem": join(folder, "key.pem"),
    "/etc/nginx/nginx.conf": template("tuned.conf", folder, { ORIGIN: `tx-home-1.${NAME}.internal:8080` }),
  });
  const ours = await startOurs(certificate);
  const script = template("segments.lua", folder, { PATHS: paths.map((path) => JSON.stringify(path)).join(", ") });
  for (const at of [ours, tuned]) await fill(at, paths);

  const rates = { ours: [] as number[], tuned: [] as number[] };
  const cpu = { ours: [] as number[], tuned: [] as number[] };
  for (let i = 0; i < PAIRS; i++) {
    bench.say(`distributor: pair ${i + 1} of ${PAIRS}`);
    // Who goes first changes, so that work which comes or goes meanwhile favours nobody.
    for (const who of i % 2 === 0 ? ["ours", "tuned"] as const : ["tuned", "ours"] as const) {
      const kind = who === "ours" ? "dist" : "tuned";
      const before = await cpuSeconds(kind);
      const { bytes, seconds } = await throughput(who === "ours" ? ours : tuned, script);
      rates[who].push(bytes / 1e6 / seconds);
      cpu[who].push((await cpuSeconds(kind) - before) / (bytes / 1e9));
    }
  }
  await remove();
  const pairs = (of: { ours: number[]; tuned: number[] }): number => median(of.ours.map((value, i) => value / (of.tuned[i] as number)));
  const ratio = pairs(rates);
  const how = `cached segments of ${SEGMENT_BYTES / 1000} kB over TLS to wrk (2 threads, ${CONNECTIONS} connections, on the same machine), from a distributor as headend renders and runs it, against nginx with scripts/bench/distributor/tuned.conf: same image, certificate, network and files; ${PAIRS} pairs of ${SECONDS} s in turns; the ratio is the median of the pairs' ratios`;
  return [
    {
      name: "distributor throughput", value: median(rates.ours), unit: "MB/s", limit: median(rates.tuned) * ALLOWED, atLeast: true, ratio, ok: ratio >= ALLOWED, how,
      details: [`distributor: ${samples(rates.ours, "MB/s")}`, `tuned by hand: ${samples(rates.tuned, "MB/s")}`, `tuned by hand, median: ${digits(median(rates.tuned))} MB/s`],
    },
    {
      name: "its CPU time", value: median(cpu.ours), unit: "CPU s per GB", limit: null, ratio: pairs(cpu), ok: true,
      how: "user and system time of nginx in the same runs; other work on the machine hardly touches it, so it says more than throughput where the machine is busy",
      details: [`tuned by hand, median: ${digits(median(cpu.tuned))} CPU s per GB`],
    },
  ];
};

function prepare(bench: Bench): { folder: string; remove: () => Promise<void> } {
  cleanUp(LABEL);
  const folder = mkdtempSync(join(tmpdir(), "headend-bench-dist-"));
  const remove = bench.onEnd(() => {
    cleanUp(LABEL);
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, remove };
}

/** Segments of the first stream's address; noise, since nobody compresses video. @returns their paths */
function writeSegments(root: string): string[] {
  return Array.from({ length: SEGMENTS }, (_, i) => {
    const path = `/live/main/source-bench/${i}.m4s`;
    mkdirSync(join(root, "live/main/source-bench"), { recursive: true });
    writeFileSync(join(root, path), randomBytes(SEGMENT_BYTES));
    return path;
  });
}

function writePair(folder: string, { cert, key }: KeyPairPem): void {
  writeFileSync(join(folder, "crt.pem"), cert);
  writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
}

/** Copies a file of scripts/bench/distributor with its @NAME@s filled in. @returns the copy's path */
function template(name: string, folder: string, values: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(new URL(`distributor/${name}`, import.meta.url), "utf8");
  const file = join(folder, name);
  writeFileSync(file, text.replace(/@([A-Z]+)@/g, (_, key: string) => values[key] ?? ""));
  return file;
}

/** Starts nginx in the host image. @returns its address on the network */
async function start(kind: string, extra: readonly string[], mounts: Readonly<Record<string, string>>): Promise<string> {
  const volumes = Object.entries(mounts).flatMap(([inside, outside]) => ["-v", `${outside}:${inside}:ro`]);
  await docker(["run", "-d", "--name", `headend-${NAME}-${kind}`, "--label", LABEL, "--network", `headend-${NAME}`, "--init", ...extra, ...volumes, "--entrypoint", "/usr/sbin/nginx", TEST_IMAGE, "-c", "/etc/nginx/nginx.conf"]);
  return address(kind);
}

/** The distributor of a one-stream topology, started and configured as a deployment does it. */
async function startOurs(certificate: KeyPairPem): Promise<string> {
  const name = `headend-${NAME}-dist`;
  await docker(["run", "-d", "--name", name, "--label", LABEL, "--network", `headend-${NAME}`, "--init", "--cap-add", "NET_ADMIN", "--tmpfs", "/run/headend:rw,exec,size=1g,mode=0755", TEST_IMAGE]);
  const { topology } = parseTopology(`headend: 1\nname: ${NAME}\nstreams:\n  main:\n`, "bench.yaml");
  const bundle = renderPlan(planTopology(topology), randomBytes(24).toString("base64url")).find((b) => b.host === "dist-home-1");
  const secrets = { "tls/server.crt": certificate.cert, "tls/server.key": certificate.key };
  await docker(["exec", "-i", name, "headend-host", "apply"], { input: JSON.stringify({ bundle, secrets }) });
  return address("dist");
}

async function address(kind: string): Promise<string> {
  return (await docker(["inspect", "-f", `{{(index .NetworkSettings.Networks "headend-${NAME}").IPAddress}}`, `headend-${NAME}-${kind}`])).trim();
}

/** Asks for every segment once, so that it is in the cache. */
async function fill(at: string, paths: readonly string[]): Promise<void> {
  await waitFor(async () => (await ask(at, paths[0] ?? "")) === 200, { what: `an answer from ${at}`, timeoutMs: 15_000 });
  for (const path of paths) {
    const status = await ask(at, path);
    if (status !== 200) throw new Error(`${path} answers ${status}`);
  }
}

async function ask(at: string, path: string): Promise<number> {
  const { stdout } = await run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", `https://${at}${path}`]);
  const [status, size] = stdout.split(" ").map(Number);
  return status === 200 && size !== SEGMENT_BYTES ? 0 : status ?? 0;
}

/** What wrk receives in one run. @throws Error when an answer was not the file */
async function throughput(at: string, script: string): Promise<{ bytes: number; seconds: number }> {
  const result = await run(["wrk", "-t2", `-c${CONNECTIONS}`, `-d${SECONDS}s`, "-s", script, `https://${at}`]);
  const told = /^bench (\{.*\})$/m.exec(result.stdout)?.[1];
  if (result.code !== 0 || told === undefined) throw new Error(`wrk failed:\n${tail(result)}`);
  const { bytes, microseconds, errors } = JSON.parse(told) as { bytes: number; microseconds: number; errors: number };
  if (errors > 0) throw new Error(`${errors} of wrk's requests failed at ${at}.`);
  return { bytes, seconds: microseconds / 1e6 };
}

/** CPU time so far of every nginx process of a container. */
async function cpuSeconds(kind: string): Promise<number> {
  const { stdout } = await containerExec(`headend-${NAME}-${kind}`, ["sh", "-c", "getconf CLK_TCK; cat /proc/[0-9]*/stat"]);
  const [hertz = "100", ...lines] = stdout.trim().split("\n");
  // proc(5): utime and stime are fields 14 and 15.
  const ticks = lines.filter((line) => line.includes("(nginx)")).map((line) => {
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ").map(Number);
    return (fields[11] ?? 0) + (fields[12] ?? 0);
  });
  return ticks.reduce((a, b) => a + b, 0) / Number(hertz);
}
