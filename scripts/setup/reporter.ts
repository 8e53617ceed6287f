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

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const CLEAR = "\r\x1b[2K";

/** What a reporter writes to. */
export type Screen = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

/**
 * Reports on standard error: one live line where a person watches a terminal, else a line for every phase and one every half
 * minute while a phase lasts, so that a log shows that work goes on.
 */
export function createReporter(screen: Screen = process.stderr, everyMs = 30_000): Reporter {
  const running = new Set<Running>();
  const live = screen.isTTY === true;
  let timer: NodeJS.Timeout | null = null;
  let frame = 0;
  const describe = (r: Running): string => `${r.name}: ${[r.phase, r.detail].filter(Boolean).join(", ")} (${elapsed(Date.now() - r.began)})`;
  const draw = (): void => {
    if (!live || running.size === 0) return;
    const busy = [...running].filter((r) => !r.idle);
    const text = (busy.length > 0 ? busy : [...running]).map(describe).join("  ·  ");
    // Some terminals (a container's, a test's) say that they are 0 wide.
    screen.write(`${CLEAR}${FRAMES[frame++ % FRAMES.length]} ${text.slice(0, Math.max(20, (screen.columns || 80) - 3))}`);
  };
  const print = (line: string): void => {
    screen.write(`${live ? CLEAR : ""}${line}\n`);
    draw();
  };
  const tick = (): void => {
    if (live) { draw(); return; }
    for (const r of running) {
      if (r.idle || Date.now() - r.told < everyMs) continue;
      r.told = Date.now();
      print(`    ${describe(r)}`);
    }
  };
  const settle = (r: Running, line: string | null): void => {
    if (!running.delete(r)) return;
    if (line !== null) print(line);
    if (running.size > 0 || !timer) return;
    clearInterval(timer);
    timer = null;
    if (live) screen.write(CLEAR);
  };
  return {
    step(name) {
      const r: Running = { name, began: Date.now(), phase: "", detail: "", told: Date.now(), idle: false };
      running.add(r);
      timer ??= setInterval(tick, live ? 120 : 1000).unref();
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
    close() { for (const r of [...running]) settle(r, null); },
  };
}
