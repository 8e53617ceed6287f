import type { Ora } from "ora";

/** One named piece of work and how far it is. */
export interface Step {
  /** What is being done now; a new phase is shown at once, the counters inside a phase only now and then. */
  phase(text: string): void;
  /** Nothing to do until another part is there; said once, since that part tells how far it is. */
  waiting(text: string): void;
  detail(text: string): void;
  done(text: string): void;
  failed(): void;
}

export interface Reporter {
  step(name: string): Step;
  note(text: string): void;
  close(): void;
}

/** "0.4 s", "12 s", "3 min 2 s". */
export function elapsed(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Shows nothing: for callers that only want the result. */
export const silentReporter: Reporter = {
  step: () => ({ phase() {}, waiting() {}, detail() {}, done() {}, failed() {} }),
  note() {},
  close() {},
};

interface Running { readonly name: string; readonly began: number; phase: string; detail: string; told: number; idle: boolean }

/**
 * Reports on standard error: a live line where a person watches a terminal, else a line for every phase and one every half
 * minute while a phase lasts, so that a log shows that work goes on.
 */
export function createReporter(stream: NodeJS.WriteStream = process.stderr, everyMs = 30_000): Reporter {
  const running = new Set<Running>();
  const live = stream.isTTY === true;
  let spinner: Ora | null = null;
  const describe = (r: Running): string => `${r.name}: ${[r.phase, r.detail].filter(Boolean).join(", ")}`;
  const print = (line: string): void => { spinner?.clear(); stream.write(`${line}\n`); };
  const draw = (): void => {
    if (!spinner) return;
    const shown = [...running].some((r) => !r.idle) ? [...running].filter((r) => !r.idle) : [...running];
    const text = shown.map((r) => `${describe(r)} (${elapsed(Date.now() - r.began)})`).join("  ·  ");
    spinner.text = text.slice(0, Math.max(20, (stream.columns ?? 100) - 4));
    if (running.size === 0) { spinner.stop(); spinner = null; }
  };
  // Loaded when first wanted: most runs have nothing to show.
  const wake = async (): Promise<void> => {
    const { default: ora } = await import("ora");
    if (running.size > 0) spinner ??= ora({ stream, discardStdin: false, hideCursor: false }).start();
    draw();
  };
  const tick = (): void => {
    if (live) { draw(); return; }
    for (const r of running) {
      if (r.idle || Date.now() - r.told < everyMs) continue;
      r.told = Date.now();
      print(`    ${describe(r)} (${elapsed(Date.now() - r.began)})`);
    }
  };
  let timer: NodeJS.Timeout | null = null;
  const settle = (r: Running, line: string | null): void => {
    running.delete(r);
    if (line !== null) print(line);
    draw();
    if (running.size === 0 && timer) { clearInterval(timer); timer = null; }
  };
  return {
    step(name) {
      const r: Running = { name, began: Date.now(), phase: "", detail: "", told: Date.now(), idle: false };
      running.add(r);
      timer ??= setInterval(tick, live ? 250 : 1000);
      timer.unref();
      if (live) void wake();
      const turn = (text: string, idle: boolean): void => {
        Object.assign(r, { phase: text, detail: "", told: Date.now(), idle });
        if (live) draw();
        else if (!idle) print(`  · ${name}: ${text}`);
      };
      return {
        phase: (text) => turn(text, false),
        waiting: (text) => turn(text, true),
        detail(text) { r.detail = text; },
        done: (text) => settle(r, `  ✓ ${name}: ${text} (${elapsed(Date.now() - r.began)})`),
        failed: () => settle(r, null),
      };
    },
    note: print,
    close() {
      for (const r of [...running]) settle(r, null);
    },
  };
}
