/** `headend rehearse` in short: a small topology with every role twice, a handful of faults, and Ctrl-C in the middle of one. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../scripts/rehearse/model.ts";
import { cleanUp, docker } from "../../scripts/live/docker.ts";
import { waitFor } from "../../scripts/live/wait.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const OFFSET = process.env["HEADEND_TEST_PORT_OFFSET"] ?? "20000";
const STACK = "e2e-rehearse";
const dir = mkdtempSync(join(tmpdir(), "headend-rehearse-"));
const small = "source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }, ladder: [180p], encoder: { kind: x264, preset: ultrafast }";
const TWICE = `headend: 1
name: twice
streams:
  main: { ${small}, redundancy: 2, record: { keep: 1 d }, publishers: { truck: { via: [srt, rtmp] }, laptop: { via: [rtmp], backup: true } } }
multiplexers: { home: 2 }
transcoders: { home: 2 }
distributors: { home: { min: 2, max: 2 } }
`;
const ONCE = `headend: 1\nname: once\nstreams:\n  main: { ${small} }\n`;

interface Ran { readonly code: number; readonly stdout: string; readonly stderr: string }
function headend(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ran>; readonly told: () => string } {
  const child = spawn(process.execPath, [join(ROOT, "scripts/headend.mjs"), "rehearse", ...args, "--stack", STACK, "--port-offset", OFFSET], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "", stderr = "";
  child.stdout.on("data", (b: Buffer) => { stdout += b.toString(); });
  child.stderr.on("data", (b: Buffer) => { stderr += b.toString(); });
  return { child, told: () => stderr, ended: new Promise((done) => child.on("close", (code) => done({ code: code ?? 137, stdout, stderr }))) };
}
const file = (name: string, text: string): string => { const path = join(dir, name); writeFileSync(path, text); return path; };
async function nothingLeft(): Promise<void> {
  for (const kind of [["ps", "-aq"], ["network", "ls", "-q"], ["volume", "ls", "-q"]]) expect((await docker([...kind, "--filter", `label=headend.stack=${STACK}`])).trim()).toBe("");
  expect(existsSync(join(ROOT, ".headend/rehearse", STACK))).toBe(false);
  expect(existsSync(join(ROOT, "stacks", `Pulumi.${STACK}.yaml`))).toBe(false);
  expect(readFileSync("/proc/mounts", "utf8")).not.toContain(`rehearse/${STACK}`);
}

beforeAll(() => { cleanUp(`headend.stack=${STACK}`); });
afterAll(() => { cleanUp(`headend.stack=${STACK}`); rmSync(dir, { recursive: true, force: true }); });

describe("a topology with every role twice", () => {
  let report: Report, ran: Ran;
  const html = join(dir, "report.html");
  const script = file("short.yaml", `rehearsal: 1
steps:
  - { publisher: main/truck, does: close, for: 6 s }
  - { kill: mediamtx, host: mux-home-a }
  - { kill: ffmpeg, host: tx-home-1 }
  - { freeze: host, host: tx-home-2, for: 6 s }
  - { kill: host, host: dist-home-1, for: 8 s }
  - { freeze: forwarder, host: mux-home-a, for: 6 s }
  - { kill: forwarder, host: mux-home-a }
  - { disk: memory, host: tx-home-1, for: 6 s }
  - { clock: 5 s, host: tx-home-1 }
  - { between: [viewers, dist-home-1], delay: 80 ms, for: 5 s }
`);
  beforeAll(async () => {
    ran = await headend([file("twice.yaml", TWICE), "--script", script, "--json", "--report", html, "--browsers", "1"]).ended;
    expect(ran.stdout, ran.stderr).toContain("outcomes");
    report = JSON.parse(ran.stdout) as Report;
  }, 420_000);

  test("every fault is played but what cannot be, and no player stalls", () => {
    expect(report.outcomes.map((o) => o.id)).toEqual(["publisher:close:main/truck", "kill:mediamtx@mux-home-a", "kill:ffmpeg@tx-home-1/main", "freeze:host@tx-home-2", "kill:host@dist-home-1", "freeze:forwarder@mux-home-a", "kill:forwarder@mux-home-a", "disk:memory@tx-home-1", "clock:tx-home-1", "delay:viewers->dist-home-1"]);
    for (const o of report.outcomes.slice(0, -1)) {
      expect(o.readings, `${o.title}: ${o.skip}`).not.toBeNull();
      expect(o.promises.filter((p) => p.name === "stalls").map((p) => p.measured), `${o.title}\n${o.readings?.notes.join("\n")}`).toEqual(["0"]);
      expect(o.readings?.redundantAt, `${o.title}: ${o.readings?.missing.join("; ")}`).not.toBeNull();
    }
    expect(report.outcomes.at(-1)).toMatchObject({ verdict: "skipped", readings: null });
  });
  test("what the instruments saw makes sense", () => {
    const [close, mux] = report.outcomes;
    expect(close?.readings?.air.filter((c) => c.to.includes("/laptop/")).length).toBeGreaterThanOrEqual(2);
    expect(close?.readings?.recordingLost).not.toBeNull();
    // Both publishers clapped, and viewers got sound and picture together across the switches.
    expect(close?.readings?.sound?.claps).toBeGreaterThan(3);
    expect(Math.abs(close?.readings?.sound?.worstMs ?? 99)).toBeLessThanOrEqual(40);
    expect(mux?.readings?.publishersAway).toHaveProperty("main/truck");
    expect(Object.values(close?.samples ?? {})[0]?.length).toBeGreaterThan(30);
  });
  test("exit code and closing line agree with the report", () => {
    expect(ran.code).toBe(report.outcomes.some((o) => o.verdict === "broken") ? 1 : 0);
    expect(readFileSync(html, "utf8")).toContain("Rehearsal of twice");
    expect(ran.stderr).toMatch(/5\/10 +\S+ +dist-home-1 gone for 8 s/);
  });
  test("nothing is left", nothingLeft);
});

test("Ctrl-C in the middle of a fault takes everything back", async () => {
  const { child, ended, told } = headend([file("once.yaml", ONCE), "--script", file("freeze.yaml", "rehearsal: 1\nsteps:\n  - { freeze: host, host: tx-home-1, for: 5 min }\n"), "--browsers", "0"]);
  await waitFor(async () => (await docker(["ps", "--filter", `name=headend-${STACK}-tx-home-1`, "--format", "{{.Status}}"])).includes("Paused"), { what: "the frozen host", timeoutMs: 120_000, everyMs: 500 })
    .catch((e: Error) => { throw new Error(`${e.message}\n${told()}`); });
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect(stderr).toContain("undoing what was done");
  expect(stderr).not.toContain("could not undo");
  expect(code).toBe(130);
  await nothingLeft();
}, 240_000);
