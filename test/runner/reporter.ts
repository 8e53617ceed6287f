/** vitest reporter of `npm test`: a line per test with the time since the start, and the sums as JSON for the runner. */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

/** What one vitest run amounts to. */
export interface StepResult {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
  failures: { name: string; message: string }[];
}

const clock = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

const parentFailed = (t: TestCase): boolean => {
  for (let p: TestCase["parent"] | undefined = t.parent; p && p.type === "suite"; p = p.parent) if (p.errors().length > 0) return true;
  return false;
};

/** Environment: HEADEND_TEST_RESULT (file to write), HEADEND_TEST_START (epoch ms), HEADEND_TEST_QUIET (no line per passed test). */
export default class RunnerReporter implements Reporter {
  private readonly result: StepResult = { passed: 0, failed: 0, skipped: [], failures: [] };
  private readonly start = Number(process.env["HEADEND_TEST_START"] ?? Date.now());
  private readonly quiet = process.env["HEADEND_TEST_QUIET"] === "1";

  onTestModuleStart(m: TestModule): void {
    if (!this.quiet) this.say(`  ${this.file(m)}`);
  }

  onTestCaseReady(t: TestCase): void {
    if (!this.quiet && t.options.mode === "run") this.say(`    … ${t.name}`);
  }

  onTestCaseResult(t: TestCase): void {
    const r = t.result(), name = `${this.file(t.module)} > ${t.fullName}`, took = t.diagnostic()?.duration ?? 0;
    if (r.state === "passed") {
      this.result.passed++;
      if (!this.quiet) this.say(`    ✓ ${t.name} (${(took / 1000).toFixed(1)} s)`);
    } else if (r.state === "failed") {
      this.fail(name, r.errors.map((e) => e.stack ?? e.message).join("\n"));
    } else {
      const reason = (r.state === "skipped" ? r.note : undefined) ?? (t.options.mode === "todo" ? "to do" : t.module.errors().length > 0 || parentFailed(t) ? "what it needs could not be set up" : "no reason given");
      this.result.skipped.push({ name, reason });
      this.say(`    - skipped: ${name} (${reason})`);
    }
    this.save();
  }

  onTestSuiteResult(s: TestSuite): void { this.collect(s.errors(), `${this.file(s.module)} > ${s.fullName}`); }

  onTestModuleEnd(m: TestModule): void {
    this.collect(m.errors(), this.file(m));
    if (this.quiet) this.say(`  ${this.file(m)}: ${[...m.children.allTests()].length} tests (${(m.diagnostic().duration / 1000).toFixed(1)} s)`);
    this.save();
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly { name?: string; message: string; stack?: string }[]): void {
    this.collect(errors, "outside any test");
    this.save();
  }

  private collect(errors: readonly { message: string; stack?: string }[], where: string): void {
    for (const e of errors) this.fail(where, e.stack ?? e.message);
  }

  private fail(name: string, message: string): void {
    this.result.failed++;
    this.result.failures.push({ name, message });
    this.say(`    ✗ ${name}\n${message.split("\n").slice(0, 30).map((l) => `        ${l}`).join("\n")}`);
  }

  private file(m: TestModule): string { return relative(process.cwd(), m.moduleId); }
  private say(text: string): void { process.stdout.write(`${clock(Date.now() - this.start).padStart(6)} ${text}\n`); }
  private save(): void {
    const file = process.env["HEADEND_TEST_RESULT"];
    if (file) writeFileSync(file, JSON.stringify(this.result));
  }
}
