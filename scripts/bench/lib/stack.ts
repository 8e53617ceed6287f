import type { ChildProcess } from "node:child_process";
import { type StackOptions, TestStack } from "../../../test/e2e/lib/stack.ts";
import type { Bench } from "./result.ts";

/** Ports of measured stacks: away from a person's own stack and from those of the tests. */
export const PORT_OFFSET = "24000";

/** How long an interrupted Pulumi gets to write its state, in ms. */
const GRACE_MS = 15_000;

/** Lines of a topology that two cores carry easily: one stream, 640x360, two renditions. */
export const SMALL = `streams:
  main: { source: { resolution: 640x360, fps: 30, bitrate: 1000 kbps }, ladder: [source, 180p], record: { keep: 2 d } }
`;

/** A stack that goes with the run, also when it is interrupted in the middle of an `up`. */
export class BenchStack extends TestStack {
  private readonly running = new Set<ChildProcess>();
  readonly remove: () => Promise<void>;

  constructor(bench: Bench, options: StackOptions) {
    super({ ...options, config: { portOffset: PORT_OFFSET, ...options.config } });
    this.remove = bench.onEnd(async () => {
      await Promise.all([...this.running].map(ended));
      await this.destroy();
    });
  }

  override start(args: readonly string[]): ReturnType<TestStack["start"]> {
    const child = super.start(args);
    this.running.add(child);
    child.once("close", () => this.running.delete(child));
    return child;
  }
}

/** Ends a process: Ctrl-C first, force later. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    const force = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    child.once("close", () => { clearTimeout(force); done(); });
    child.kill("SIGINT");
  });
}
