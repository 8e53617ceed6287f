/**
 * `npm test`: type check, unit, plugins, real streams, browser, simulated AWS, in order. Prints progress with the time since the start;
 * the last line of standard output is always `N passed, N failed[, N skipped]`. Exit code 1 when anything failed.
 *
 * Options: `--only unit|plugins|e2e|browser|aws` (repeatable, or with commas), `--file TEXT` (files whose path contains it),
 * `--quick` (no set-up of tools; for a machine that has them).
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cleanUp, cleanUpAll } from "./live/docker.ts";
import { freePortOffset } from "../test/runner/port-offset.ts";
import type { StepResult } from "../test/runner/reporter.ts";
import { SELECTABLE, type Step, chosen, summary } from "../test/runner/steps.ts";

/** Everything, set-up included, must end within this. */
const LIMIT_MS = Number(process.env["HEADEND_TEST_LIMIT_MINUTES"] ?? 55) * 60_000;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const start = Date.now();
const results: StepResult[] = [];
const scratch = mkdtempSync(join(tmpdir(), "headend-test-run-"));
let child: { pid: number; result: string | null; title: string } | null = null;
let finished = false;

const elapsed = (): string => { const s = Math.floor((Date.now() - start) / 1000); return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`.padStart(6); };
/** Written at once, not queued: the last line must be out before the process ends. */
const say = (text: string): void => {
  const line = Buffer.from(`${text}\n`);
  for (let done = 0; done < line.length;) {
    try { done += writeSync(1, line, done); } catch (e) { if ((e as NodeJS.ErrnoException).code !== "EAGAIN") throw e; }
  }
};
const failure = (name: string, message: string): StepResult => ({ passed: 0, failed: 1, skipped: [], failures: [{ name, message }] });

/** Runs Node in a process group of its own, so that a time-out can end all of it. */
function node(args: readonly string[], env: Record<string, string>, title: string, result: string | null): Promise<number> {
  return new Promise((done) => {
    const p = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], detached: true, env: { ...process.env, ...env } });
    child = p.pid ? { pid: p.pid, result, title } : null;
    p.on("error", () => done(127));
    p.on("close", (code) => { endGroup(); child = null; done(code ?? 137); });
  });
}

function endGroup(): void {
  if (!child) return;
  try { process.kill(-child.pid, "SIGKILL"); } catch { /* all ended */ }
}

function readResult(file: string): StepResult | null {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as StepResult : null;
}

/** A failure's whole message, indented; the middle of a very long one is left out. A log that is cut at its start still says why. */
function inFull(message: string): string {
  const lines = message.split("\n").filter((l) => l.trim() !== "");
  const shown = lines.length <= 60 ? lines : [...lines.slice(0, 20), `[${lines.length - 50} lines left out]`, ...lines.slice(-30)];
  return shown.map((l) => `      ${l.slice(0, 400)}`).join("\n");
}

/** Skipped tests, one a line; a file of which many are skipped for one reason has one line. */
function together(skipped: StepResult["skipped"]): string[] {
  const groups = new Map<string, StepResult["skipped"]>();
  for (const s of skipped) {
    const key = `${s.name.split(" > ")[0]}: ${s.reason}`;
    groups.set(key, [...groups.get(key) ?? [], s]);
  }
  return [...groups].flatMap(([key, g]) => g.length > 4 ? [`${g.length} tests of ${key}`] : g.map((s) => `${s.name}: ${s.reason}`));
}

/** Says what was skipped and what failed, cleans up, prints the closing line and ends the process. */
function finish(): never {
  finished = true;
  const skipped = results.flatMap((r) => r.skipped), failures = results.flatMap((r) => r.failures);
  if (skipped.length) say(`\nSkipped:\n${together(skipped).map((s) => `  - ${s}`).join("\n")}`);
  if (failures.length) say(`\nFailed:\n${failures.map((f) => `  ✗ ${f.name}\n${inFull(f.message)}`).join("\n")}`);
  cleanUp();
  rmSync(scratch, { recursive: true, force: true });
  say(`\nTook ${elapsed().trim()}.`);
  say(summary(results));
  process.exit(results.some((r) => r.failed > 0) ? 1 : 0);
}

/** Ends what runs, counts what it had done so far, and finishes as failed. */
function abort(why: string): void {
  if (finished) return;
  const partial = child?.result ? readResult(child.result) : null, title = child?.title ?? "set-up";
  endGroup();
  if (partial) results.push(partial);
  results.push(failure(title, why));
  finish();
}

const anyFile = (folder: string, re: RegExp): boolean => existsSync(join(root, folder)) && readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).some((f) => re.test(f));

async function step(s: Step, file: readonly string[], named: boolean): Promise<void> {
  if (s.onlyWhenNamed && !named && s.run.kind === "vitest") {
    const { folder, files } = s.run, reason = `a long run: npm test -- --only ${s.name}`;
    const skipped = readdirSync(join(root, folder), { encoding: "utf8" }).filter((f) => files.test(f)).sort().map((f) => ({ name: `${folder}/${f}`, reason }));
    results.push({ passed: 0, failed: 0, skipped, failures: [] });
    return;
  }
  say(`${elapsed()} ── ${s.title}`);
  if (s.run.kind === "tsc") {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    for (const project of s.run.projects) {
      const code = await node([tsc, "--noEmit", "-p", project], {}, s.title, null);
      results.push(code === 0 ? { passed: 1, failed: 0, skipped: [], failures: [] } : failure(`types of ${project}`, "The type check failed; its messages are above."));
    }
    return;
  }
  if (!anyFile(s.run.folder, s.run.files)) { say(`${elapsed()}   nothing in ${s.run.folder}`); return; }
  const out = join(scratch, `${s.name}.json`);
  const filters = file.length ? file : s.run.filters;
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--config", s.run.config, "--reporter", join(root, "test/runner/reporter.ts"), ...(file.length ? ["--passWithNoTests"] : []), ...filters];
  const code = await node(args, { HEADEND_TEST_RESULT: out, HEADEND_TEST_START: String(start), HEADEND_TEST_QUIET: s.name === "unit" ? "1" : "0", FORCE_COLOR: "0" }, s.title, out);
  const r = readResult(out);
  if (r) results.push(r);
  if (!r && !(file.length && code === 0)) results.push(failure(s.title, `vitest ended with code ${code} and no result.`));
  else if (r && code !== 0 && r.failed === 0) results.push(failure(s.title, `vitest ended with code ${code} although no test failed.`));
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: "string", multiple: true }, file: { type: "string", multiple: true }, quick: { type: "boolean" } } });
  const only = (values.only ?? []).flatMap((o) => o.split(",")).filter(Boolean), unknown = only.filter((o) => !(SELECTABLE as readonly string[]).includes(o));
  if (unknown.length) {
    say(`--only ${unknown.join(",")}: not known. Allowed: ${SELECTABLE.join(", ")}.`);
    process.exit(2);
  }
  const guard = setTimeout(() => abort(`Not done after ${LIMIT_MS / 60_000} minutes: ended.`), LIMIT_MS);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort(`Interrupted by ${signal}.`));
  const steps = chosen(only);
  let ready = false;
  for (const s of steps) {
    if (s.needsTools && !ready) {
      ready = true;
      if (!values.quick) {
        say(`${elapsed()} ── set-up`);
        const { ensureToolchain, ensureTestTools } = await import("./setup/index.ts");
        const { hostImage } = await ensureToolchain({ root });
        if (hostImage) process.env["HEADEND_TEST_IMAGE"] ??= hostImage;
        await ensureTestTools({ root });
      }
      // With an offset of its own, this run may have another beside it, whose stacks are in use.
      const left = process.env["HEADEND_TEST_PORT_OFFSET"] ? cleanUp() : cleanUpAll();
      if (left) say(`${elapsed()}   removed ${left} left over from an earlier run`);
      process.env["HEADEND_TEST_PORT_OFFSET"] ??= String(await freePortOffset());
    }
    await step(s, values.file ?? [], only.includes(s.name));
  }
  clearTimeout(guard);
  finish();
}

main().catch((e: unknown) => abort(e instanceof Error ? e.message : String(e)));
