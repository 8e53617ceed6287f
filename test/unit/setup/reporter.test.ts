import { describe, expect, it } from "vitest";
import { createReporter, elapsed, type Screen } from "../../../scripts/setup/reporter.ts";

function screen(change: Partial<Screen>): Screen & { text: string } {
  const self = { text: "", isTTY: false, columns: 80, write: (chunk: string | Uint8Array) => { self.text += String(chunk); return true; }, ...change };
  return self as Screen & { text: string };
}

describe("elapsed", () => {
  it.each([[400, "0.4 s"], [12_400, "12 s"], [59_600, "1 min 0 s"], [182_000, "3 min 2 s"]])("%d ms: %s", (ms, text) => expect(elapsed(ms)).toBe(text));
});

describe("createReporter", () => {
  it("writes a line for each phase into a log, none for waiting, and no control codes", () => {
    const out = screen({});
    const step = createReporter(out).step("Go 1.26");
    step.waiting("waiting for a friend");
    step.phase("fetching");
    step.detail("3 MB");
    step.done("installed");
    expect(out.text).toBe("  · Go 1.26: fetching\n  ✓ Go 1.26: installed (0.0 s)\n");
  });

  it.each([0, 40, 200])("keeps to one line of a terminal that says it is %d wide, and leaves it empty", (columns) => {
    const out = screen({ isTTY: true, columns });
    const reporter = createReporter(out);
    reporter.step("A").phase("x".repeat(300));
    reporter.step("B").phase("y".repeat(300));
    for (const drawn of out.text.split("\r\x1b[2K")) expect(drawn.length).toBeLessThan(columns || 80);
    expect(out.text).not.toContain("\n");
    reporter.close();
    expect(out.text.endsWith("\r\x1b[2K")).toBe(true);
  });

  it("prints what is done above the live line", () => {
    const out = screen({ isTTY: true });
    const reporter = createReporter(out);
    const a = reporter.step("A");
    reporter.step("B").phase("working");
    a.done("installed");
    expect(out.text).toMatch(/\r\x1b\[2K {2}✓ A: installed \(0\.0 s\)\n\r\x1b\[2K. B: working/u);
    reporter.close();
  });
});
