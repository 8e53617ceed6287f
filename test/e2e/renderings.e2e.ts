/** What we render is what nginx, nft, MediaMTX and FFmpeg of the image accept: example stacks and topologies as people write them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchOf } from "../../infra/host/changes.ts";
import { fillMarkers, type MarkerValues } from "../../infra/host/markers.ts";
import { materialise, writeStaged } from "../../infra/host/stage.ts";
import { deriveKey } from "../../infra/plan/keys.ts";
import type { Plan } from "../../infra/plan/model.ts";
import { planTopology } from "../../infra/plan/plan.ts";
import type { Bundle } from "../../infra/render/bundle.ts";
import { CACHE, ETC, ORIGIN_PORT, RUN, SLATES, VAR } from "../../infra/render/paths.ts";
import { renderPlan } from "../../infra/render/render.ts";
import { loadTopology } from "../../infra/spec/load.ts";
import { toYaml, topologyArb } from "../unit/spec/arbitrary.ts";
import { makeCa, type KeyPairPem } from "./lib/ca.ts";
import { whitePng } from "./lib/picture.ts";
import { containerExec, docker, runArgs, testName } from "../../scripts/live/docker.ts";
import { waitFor } from "../../scripts/live/wait.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const STACK_SECRET = "a-stack-secret-for-renderings-0123456789";
/** Always the same topologies; raise it to see others. */
const SEED = 20_261_121;
const SAMPLES = 40;

interface Case { readonly name: string; readonly plan: Plan; readonly bundles: readonly Bundle[] }
/** One thing to run in the container. */
interface Check { readonly what: string; readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly input?: string; readonly aliveMs: number | null }

let dir: string;
let certificate: KeyPairPem;
const cases: Case[] = [];

/** Things of every kind at once, more of them than a sample has. */
const MANY = `headend: 1
name: many
domain: live.example.org
streams:
${Array.from({ length: 60 }, (_, i) => `  hall-${i}: { latency: ${["standard", "low", "ultra"][i % 3]}, source: { resolution: 640x360, fps: 30, bitrate: 900 kbps }${i % 3 ? "" : ", ladder: [source, 180p], dash: true"}, slate: ${JSON.stringify(["It's 5:00, 100% 'soon'", "a\\b; c, [d] = {e} $f @{g}", "Übertragung – 字幕 🎥"][i % 3])},
    access: { origins: [${i % 2 ? '"https://*.example.org", "https://a-b.example.com:8443"' : ""}] }, record: { keep: ${i % 4 + 1} h }, restream: { peer: { url: "rtmps://a.example.org/live?x=1&y=2", key: secret:youtube } },
    publishers: { one: { via: [srt, rtmp, rtmps, whip], from: [${i % 2 ? '"203.0.113.0/24", "2001:db8::/32"' : '"2001:db8::1"'}] }, two: { via: [srt], backup: true, keyRotation: 3 } } }`).join("\n")}
multiplexers: { home: 2 }
transcoders: { home: 3 }
distributors: { home: { min: 3, max: 3 } }
`;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "headend-test-renderings-"));
  certificate = await (await makeCa()).issue(["localhost"]);
  const add = (name: string, file: string): void => {
    const plan = planTopology(loadTopology(file).topology, { scale: 1 });
    cases.push({ name, plan, bundles: renderPlan(plan, STACK_SECRET) });
  };
  const written = (name: string, text: string): void => {
    const file = join(dir, `${name}.yaml`);
    writeFileSync(file, text);
    add(name, file);
  };
  writeFileSync(join(dir, "slate.png"), whitePng(64, 36));
  for (const file of readdirSync(join(ROOT, "stacks")).filter((f) => f.endsWith(".yaml") && !f.startsWith("Pulumi."))) add(file, join(ROOT, "stacks", file));
  written("many", MANY);
  fc.sample(topologyArb, { numRuns: SAMPLES, seed: SEED }).forEach((topology, i) => written(`sample-${i}`, toYaml(topology)));
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What markers become on a host of ours. */
function values(bundle: Bundle): MarkerValues {
  const special: Record<string, string> = { "tls/server.crt": certificate.cert, "tls/server.key": certificate.key };
  return { secrets: Object.fromEntries(bundle.secrets.map((name) => [name, special[name] ?? deriveKey(STACK_SECRET, name)])), gateway: "172.31.0.1", uplink: "eth0", public: "203.0.113.5" };
}

/** Writes a host's files as hostd stages them, and gives the tests that hostd would make of them. */
function stage(of: Case, bundle: Bundle, number: number): Check[] {
  const what = `${of.name} ${bundle.host}`, folder = join(dir, "hosts", String(number)), inside = `/hosts/${number}`;
  const filled = values(bundle);
  const files = materialise(bundle, filled, () => ({ uid: 0, gid: 0 }));
  writeStaged(folder, files.map((f) => ({ ...f, content: f.content.replaceAll(`${ETC}/`, `${inside}/`) })), false);
  const checks = bundle.services.filter((s) => s.check !== null).map((s): Check => {
    const { argv, env } = launchOf(s.check ?? [], { ...s.env, ...s.checkEnv }, null, { etc: ETC, var: VAR, run: RUN, staged: inside }, filled, s.name);
    return { what: `${what} ${s.name}`, argv, env, aliveMs: s.checkAliveMs };
  });
  const firewall: Check = { what: `${what} firewall`, argv: ["nft", "-c", "-f", "-"], env: {}, input: fillMarkers(bundle.firewall ?? "", filled, "firewall"), aliveMs: null };
  return bundle.firewall === null ? checks : [...checks, firewall];
}

/** Runs in the container: prepares what services expect, runs every check, prints those that fail. */
const RUNNER = `
const { spawn, execFileSync } = require("node:child_process"), fs = require("node:fs");
const { names, slates, checks } = JSON.parse(fs.readFileSync("/hosts/checks.json", "utf8"));
fs.appendFileSync("/etc/hosts", names.map((n, i) => "10." + (i >> 16) + "." + ((i >> 8) & 255) + "." + (i & 255) + " " + n + "\\n").join(""));
for (const d of ["${RUN}/nginx/tmp", "${CACHE}", "${SLATES}"]) fs.mkdirSync(d, { recursive: true });
const tiny = "/tmp/slate.mp4";
execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "color=s=64x64:r=25:d=1", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "1", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", tiny]);
for (const s of slates) fs.linkSync(tiny, s);
// Sources of a distributor are dialled at once, and here nobody is there.
const complaint = /ERR (?!\\[path \\S+\\] \\[RTMP source\\] dial)/;
const run = (c) => new Promise((done) => {
  const child = spawn(c.argv[0], c.argv.slice(1), { env: { ...process.env, ...c.env }, stdio: ["pipe", "pipe", "pipe"] });
  let text = "", alive = false;
  const timer = setTimeout(() => { alive = true; child.kill("SIGKILL"); }, c.aliveMs ?? 20000);
  child.stdout.on("data", (b) => { text += b; }); child.stderr.on("data", (b) => { text += b; }); child.stdin.on("error", () => {});
  child.on("close", (code) => { clearTimeout(timer); done({ ok: c.aliveMs === null ? code === 0 && !/warn/.test(text) : alive && !complaint.test(text), text }); });
  child.stdin.end(c.input ?? "");
});
(async () => {
  const failures = [], queue = [...checks].reverse();
  await Promise.all(Array.from({ length: 12 }, async () => { for (let c; (c = queue.pop()); ) { const r = await run(c); if (!r.ok) failures.push(c.what + ": " + r.text.trim().slice(-600)); } }));
  console.log(JSON.stringify(failures.sort()));
})();`;

describe("the programs of the image accept every rendering", () => {
  test("the samples hold what is worth trying", () => {
    const streams = cases.flatMap(({ plan }) => plan.streams), samples = cases.filter((c) => c.name.startsWith("sample-")).flatMap(({ plan }) => plan.streams);
    expect(cases.filter((c) => c.name.startsWith("sample-"))).toHaveLength(SAMPLES);
    for (const tier of ["standard", "low", "ultra"]) expect(samples.filter((s) => s.latency === tier).length, tier).toBeGreaterThan(3);
    expect(samples.some((s) => s.origins.some((o) => o.includes("*")))).toBe(true);
    expect(samples.some((s) => s.restream.length > 0)).toBe(true);
    expect(samples.some((s) => s.publish.some((p) => p.from.some((a) => a.includes(":")) && p.from.some((a) => !a.includes(":"))))).toBe(true);
    expect(streams.length).toBeGreaterThan(100);
  });

  test("nginx -t, nft -c and MediaMTX", async () => {
    const hosts = cases.flatMap((of) => of.bundles.map((bundle) => ({ of, bundle })));
    mkdirSync(join(dir, "hosts"));
    const checks = hosts.flatMap(({ of, bundle }, number) => stage(of, bundle, number));
    // The same test of the same text need not be made twice: hosts of a group mostly share theirs.
    const seen = new Map(checks.map((c) => [JSON.stringify([textOf(c), c.input]), c]));
    const names = [...new Set(hosts.flatMap(({ bundle }) => bundle.peers.map((p) => p.address)))];
    const slates = [...new Set(hosts.flatMap(({ bundle }) => bundle.services.flatMap((s) => s.prepare.map((p) => p.creates))))].filter((p) => p.startsWith(`${SLATES}/`));
    writeFileSync(join(dir, "hosts", "checks.json"), JSON.stringify({ names, slates, checks: [...seen.values(), ...broken()] }));
    const started = performance.now();
    const container = runArgs(testName("renderings"), { network: "none" }, ["-i", "--init", "--cap-add", "NET_ADMIN", "--tmpfs", "/run:exec", "-v", `${join(dir, "hosts")}:/hosts:ro`, "--entrypoint", "node"]);
    const failures = JSON.parse(await docker([...container, "-"], { input: RUNNER, timeoutMs: 170_000 })) as string[];
    console.log(`${hosts.length} hosts of ${cases.length} topologies, ${checks.length} checks, ${seen.size} different, ${((performance.now() - started) / 1000).toFixed(1)} s`);
    const caught = (f: string): boolean => f.startsWith("broken ");
    expect(failures.filter((f) => !caught(f))).toEqual([]);
    expect(failures.filter(caught)).toHaveLength(broken().length);
  }, 180_000);

  /** What must be noticed, or the test proves nothing. */
  function broken(): Check[] {
    const folder = join(dir, "hosts", "broken");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "nginx.conf"), "events {}\nhttp { server { listen 80; proxy_cache nowhere; } }\n");
    writeFileSync(join(folder, "mediamtx.yml"), "paths: { a: { alwaysAvailabel: true } }\n");
    return [
      { what: "broken nginx", argv: ["/usr/sbin/nginx", "-t", "-q", "-e", "stderr", "-c", "/hosts/broken/nginx.conf"], env: {}, aliveMs: null },
      { what: "broken firewall", argv: ["nft", "-c", "-f", "-"], env: {}, input: "table inet a { chain b { type filter hook input priority filter; ip saddr { 2001:db8::1 } accept; } }\n", aliveMs: null },
      { what: "broken MediaMTX", argv: ["/usr/local/bin/mediamtx", "/hosts/broken/mediamtx.yml"], env: {}, aliveMs: 700 },
    ];
  }

  /** Text that a check is about: the files of its host that its program reads, without the number of the folder. */
  function textOf(check: Check): string {
    const folder = check.argv.map((a) => /^\/hosts\/(\d+)\//.exec(a)?.[1]).find((n) => n !== undefined);
    if (folder === undefined) return check.argv.join(" ");
    const program = check.argv[0]?.includes("nginx") ? "nginx" : "mediamtx";
    const files = readdirSync(join(dir, "hosts", folder, program)).sort();
    return program + files.map((f) => readFileSync(join(dir, "hosts", folder, program, f), "utf8").replaceAll(`/hosts/${folder}/`, "")).join("\0");
  }
});

test("FFmpeg takes every shape of its arguments: one rung, four rungs, mono, low, ultra", async () => {
  const head = "encoder: { kind: x264, preset: ultrafast }, source: { resolution: 320x180, fps: 15, bitrate: 200 kbps }";
  const rung = (lines: number): string => `{ name: ${lines}p, resolution: ${lines * 2}x${lines}, bitrate: 80 kbps }`;
  const file = join(dir, "shapes.yaml");
  writeFileSync(file, `headend: 1
name: shapes
streams:
  one: { ${head}, ladder: [source], dash: true }
  four: { ${head}, ladder: [source, ${rung(120)}, ${rung(90)}, ${rung(64)}], slate: "It's 5:00, 100% 'soon'" }
  mono: { ${head}, ladder: [${rung(90)}], audio: { channels: 1 }, segment: 1 s, slate: "" }
  low: { ${head}, ladder: [source], latency: low }
  ultra: { ${head}, ladder: [source], latency: ultra }
`);
  const [bundle] = renderPlan(planTopology(loadTopology(file).topology, { scale: 1 }), STACK_SECRET).filter((b) => b.host.startsWith("tx-"));
  if (!bundle) throw new Error("no transcoder");
  const name = testName("shapes");
  await docker(runArgs(name, { network: "none" }, ["-d", "--init", "--cap-add", "NET_ADMIN", "--tmpfs", "/run/headend:exec"]));
  try {
    const applied = await containerExec(name, ["headend-host", "apply"], { input: JSON.stringify({ bundle, secrets: values(bundle).secrets }), timeoutMs: 60_000 });
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const get = async (url: string): Promise<string> => (await containerExec(name, ["curl", "-fsS", "-m", "3", url])).stdout;
    for (const [stream, rungs] of [["one", 1], ["four", 4], ["mono", 1]] as const) {
      const text = await waitFor(() => get(`http://127.0.0.1:${ORIGIN_PORT}/live/${stream}/index.m3u8`), { what: `a playlist of ${stream}`, timeoutMs: 40_000, everyMs: 500 });
      expect(text.match(/#EXT-X-STREAM-INF/g)).toHaveLength(rungs);
      if (stream === "mono") expect(text).toContain('CHANNELS="1"');
    }
    for (const stream of ["low", "ultra"]) {
      await waitFor(async () => (await get("http://127.0.0.1:9997/v3/paths/get/out/" + stream)).includes('"ready":true'), { what: `${stream} in the relay`, timeoutMs: 20_000, everyMs: 500 });
    }
    const log = await docker(["logs", name]);
    expect(log.split("\n").filter((l) => /Error|Invalid|Unrecognized|not found|deprecated/i.test(l))).toEqual([]);
  } finally { await docker(["rm", "-f", name]); }
}, 120_000);
