import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const HEADEND = resolve(import.meta.dirname, "../../../scripts/headend.mjs");
let dir = "";

function headend(...args: string[]) {
  const { NO_COLOR: _n, FORCE_COLOR: _f, HEADEND_DEBUG: _d, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEADEND, ...args], { cwd: dir, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "headend-cli-"));
  writeFileSync(join(dir, "good.yaml"), "headend: 1\nname: talk\nstreams:\n  main: { ladder: [360p] }\n");
  writeFileSync(join(dir, "warned.yaml"), "headend: 1\nname: talk\nstreams:\n  main: { ladder: [360p], access: { token: true } }\n");
  writeFileSync(join(dir, "bad.yaml"), "headend: 1\nname: talk\nstreams:\n  main: { laddr: [360p] }\n");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("exit codes and messages", () => {
  it("check: 0 clean, 1 warnings with --strict, 2 errors", { timeout: 60_000 }, () => {
    expect(headend("check", "--strict", "good.yaml").status).toBe(0);
    expect(headend("check", "warned.yaml").status).toBe(0);
    const strict = headend("check", "--strict", "warned.yaml");
    expect(strict.status).toBe(1);
    expect(strict.stdout).toMatch(/^warned\.yaml:4:\d+ {2}warning HE003: /m);
    expect(strict.stdout).toContain("   4 |   main:");
    const bad = headend("check", "bad.yaml");
    expect(bad.status).toBe(2);
    expect(bad.stdout).toContain("bad.yaml:4:11");
    expect(bad.stdout).not.toContain("\x1b[");
  });

  it("check --json says the same as data", { timeout: 60_000 }, () => {
    const { status, stdout } = headend("check", "--json", "bad.yaml");
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, diagnostics: [{ severity: "error", line: 4, column: 11 }] });
  });

  it("check --sarif is a SARIF log, for findings and for mistakes", { timeout: 60_000 }, () => {
    const [warned, bad] = ["warned.yaml", "bad.yaml"].map((file) => headend("check", "--sarif", file)) as [ReturnType<typeof headend>, ReturnType<typeof headend>];
    expect([warned.status, bad.status]).toEqual([0, 2]);
    const [log, badLog] = [JSON.parse(warned.stdout), JSON.parse(bad.stdout)];
    expect(log).toMatchObject({ version: "2.1.0", runs: [{ tool: { driver: { name: "headend" } } }] });
    for (const { ruleId, ruleIndex } of log.runs[0].results) expect(log.runs[0].tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(log.runs[0].results).toContainEqual(expect.objectContaining({
      ruleId: "HE003", level: "warning",
      locations: [{ physicalLocation: { artifactLocation: { uri: "warned.yaml" }, region: { startLine: 4, startColumn: expect.any(Number) } } }],
    }));
    expect(badLog.runs[0].results[0]).toMatchObject({ ruleId: "schema", level: "error", locations: [{ physicalLocation: { region: { startLine: 4, startColumn: 11 } } }] });
    expect(headend("check", "--sarif", "--json", "bad.yaml").status).toBe(2);
  });

  it("check takes several files, compares them, and a certificate", { timeout: 60_000 }, () => {
    const event = (day: number): string => `event: { start: 2030-12-0${day}T18:00Z, end: 2030-12-0${day}T23:00Z }\n`;
    for (const [name, day] of [["one", 5], ["two", 5], ["three", 6]] as const) writeFileSync(join(dir, `${name}.yaml`), `headend: 1\nname: ${name}\ndomain: live.example.org\n${event(day)}streams:\n  main: { ladder: [360p] }\n`);
    const all = JSON.parse(headend("check", "--json", "one.yaml", "two.yaml", "three.yaml", "bad.yaml").stdout) as { file: string; ok: boolean; diagnostics: { id: string; message: string }[] }[];
    expect(all.map(({ file, ok }) => [file, ok])).toEqual([["one.yaml", true], ["two.yaml", true], ["three.yaml", true], ["bad.yaml", false]]);
    expect(all.map(({ diagnostics }) => diagnostics.filter(({ id }) => id === "HE706").length)).toEqual([1, 1, 0, 0]);
    expect(headend("check", "one.yaml", "bad.yaml").status).toBe(2);
    writeFileSync(join(dir, "none.pem"), "not a certificate");
    expect(headend("check", "--certificate", "none.pem", "one.yaml")).toMatchObject({ status: 2, stderr: expect.stringContaining("none.pem holds no certificate") as string });
  });

  it("check keeps accepted findings and lines with keys to itself", { timeout: 60_000 }, () => {
    writeFileSync(join(dir, "accepted.yaml"), "headend: 1\nname: talk\nstreams:\n  main:\n    ladder: [360p]\n    segment: 1 s # headend-ignore HE202: a rehearsal\n"
      + "    restream: { other: { url: \"rtmps://live.example.org/app#abcd-efgh-ijkl\" } }\n");
    const text = headend("check", "--strict", "accepted.yaml");
    expect(text.status).toBe(1);
    expect(text.stdout).toContain("0 errors, 1 warning, 1 suppressed");
    expect(text.stdout).toContain("warning HE604");
    expect(text.stdout).not.toContain("abcd-efgh");
    expect(JSON.parse(headend("check", "--json", "accepted.yaml").stdout)).toMatchObject({ ok: true, diagnostics: [{ id: "HE604" }], suppressed: [{ id: "HE202", because: "a rehearsal" }] });
    expect(JSON.parse(headend("check", "--sarif", "accepted.yaml").stdout).runs[0].results).toContainEqual(
      expect.objectContaining({ ruleId: "HE202", suppressions: [{ kind: "inSource", justification: "a rehearsal" }] }));
  });

  it("bad command lines end with 2 and without a stack", { timeout: 60_000 }, () => {
    for (const args of [["nonsense"], ["check"], ["check", "missing.yaml"], ["plan", "good.yaml", "--scale", "2"], ["up", "--scale", "x"], ["down", "--stack", "../x"], ["kit", "good.yaml", "--show-secrets"]]) {
      const { status, stdout, stderr } = headend(...args);
      expect([args, status]).toEqual([args, 2]);
      expect(stdout + stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
      expect((stdout + stderr).trim()).not.toBe("");
    }
  });

  it("kit of a file names another address for each way in, as a stack will", { timeout: 60_000 }, () => {
    writeFileSync(join(dir, "two.yaml"), "headend: 1\nname: talk\nstreams: { main: { publishers: { cam: { via: [srt, rtmps] } } } }\nmultiplexers: 2\n");
    writeFileSync(join(dir, "named.yaml"), readFileSync(join(dir, "two.yaml"), "utf8").replace("name: talk", "name: talk\ndomain: live.example.org"));
    const urls = (file: string): string[] => (JSON.parse(headend("kit", "--json", file).stdout) as { publishers: { ways: { url: string }[] }[] }).publishers[0]!.ways.map(({ url }) => url.replace(/(?<=:\d+)[/?].*/, ""));
    expect(urls("two.yaml")).toEqual(["srt://localhost:8890", "rtmps://localhost:1936", "srt://localhost:8990", "rtmps://localhost:2036"]);
    expect(urls("named.yaml")).toEqual(["srt://ingest-a.live.example.org:8890", "rtmps://ingest-a.live.example.org:1936", "srt://ingest-b.live.example.org:8890", "rtmps://ingest-b.live.example.org:1936"]);
  });

  it("help exits with 0 and has examples", { timeout: 60_000 }, () => {
    const { status, stdout } = headend("up", "--help");
    expect(status).toBe(0);
    expect(stdout).toContain("Examples:");
  });
});

describe("cost and plan", () => {
  it("say what it costs and holds, as text and as data", { timeout: 60_000 }, () => {
    const { status, stdout } = headend("cost", "good.yaml");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^talk: \$\d+\.\d\d a live hour\n[^]*a month idle[^]*Not counted/);
    expect(JSON.parse(headend("cost", "good.yaml", "--json").stdout)).toMatchObject({ currency: "USD", unit: "micro", prices: { region: "us-east-1" } });
    expect(JSON.parse(headend("plan", "good.yaml", "--json").stdout)).toMatchObject({ name: "talk", capacity: { hosts: [{ host: "mux-home-a" }, {}, {}] } });
    expect(headend("plan", "good.yaml").stdout).toContain("Capacity");
    expect(headend("cost", "bad.yaml").status).toBe(2);
  });

  it("cost ends with 1 above the budget", { timeout: 60_000 }, () => {
    writeFileSync(join(dir, "dear.yaml"), "headend: 1\nname: talk\nevent: { doors: 2026-12-05T17:30Z, start: 2026-12-05T18:00Z, end: 2026-12-05T20:00Z }\nstreams:\n  main: { ladder: [360p], viewers: 100000 }\nobserve: { budget: 1 USD }\n");
    const { status, stdout } = headend("cost", "dear.yaml");
    expect(status).toBe(1);
    expect(stdout).toContain("Above the budget of $1.00");
  });
});

describe("render", () => {
  it("writes every host's files, whole, and replaces only its own folders", { timeout: 60_000 }, () => {
    const out = join(dir, "out");
    expect(headend("render", "good.yaml", "--out", "out").status).toBe(0);
    expect(readdirSync(out).filter((name) => !name.startsWith("."))).toHaveLength(3);
    const before = readFileSync(join(out, "mux-home-a/mediamtx/mediamtx.yml"), "utf8");
    expect(headend("render", "good.yaml", "--out", "out").status).toBe(2);
    expect(headend("render", "good.yaml", "--out", "out", "--force").status).toBe(0);
    expect(readFileSync(join(out, "mux-home-a/mediamtx/mediamtx.yml"), "utf8")).toBe(before);
    expect(readdirSync(dir).filter((name) => name.startsWith(".out"))).toEqual([]);

    const foreign = join(dir, "foreign");
    mkdirSync(foreign);
    writeFileSync(join(foreign, "thesis.txt"), "");
    expect(headend("render", "good.yaml", "--out", "foreign", "--force").status).toBe(2);
    expect(existsSync(join(foreign, "thesis.txt"))).toBe(true);
  });
});

describe("init", () => {
  it("writes a file that check accepts, and refuses to overwrite", { timeout: 60_000 }, () => {
    expect(headend("init", "new.yaml", "--yes", "--name", "fest", "--stream", "a", "b", "--redundant", "--record", "30 d").status).toBe(0);
    expect(headend("check", "new.yaml").status).toBe(0);
    expect(headend("init", "new.yaml", "--yes").status).toBe(2);
    const bad = headend("init", "other.yaml", "--yes", "--bitrate", "6");
    expect(bad.status).toBe(2);
    expect(bad.stderr).toContain("has no unit");
    expect(existsSync(join(dir, "other.yaml"))).toBe(false);
  });
});
