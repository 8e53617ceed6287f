import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** Frees what {@link acquireLock} took. */
export type Release = () => void;

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when another process has it, with what that process wrote about itself. */
  readonly onWait?: (holder: string) => void;
}

/**
 * Waits until this process alone holds `file`. The kernel keeps the lock (flock) for a child that lives exactly as long as
 * a pipe from this process, so however this process ends the lock is free at once and can never be stale. The file itself
 * stays, and means nothing. @throws Error named AbortError when `signal` fires first
 */
export async function acquireLock(file: string, options: LockOptions = {}): Promise<Release> {
  const quick = await tryLock(file, ["-n"], options.signal);
  if (quick) return quick;
  options.onWait?.(holderOf(file));
  const slow = await tryLock(file, [], options.signal);
  if (!slow) throw Object.assign(new Error("Interrupted while waiting for another set-up."), { name: "AbortError" });
  return slow;
}

function holderOf(file: string): string {
  try { return readFileSync(file, "utf8").trim(); } catch { return ""; }
}

function tryLock(file: string, flags: readonly string[], signal: AbortSignal | undefined): Promise<Release | null> {
  return new Promise((done, fail) => {
    // Its own process group: Ctrl-C must not free the lock before the work it guards has been cleaned up.
    const child = spawn("flock", [...flags, "--close", file, "sh", "-c", "echo locked; cat >/dev/null"], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
    const onAbort = (): void => { child.kill("SIGKILL"); };
    signal?.addEventListener("abort", onAbort);
    child.stdin.on("error", () => { /* it ended first */ });
    child.on("error", (error) => fail(new Error(`flock could not be started (${error.message}); it is part of util-linux.`)));
    child.on("close", () => { signal?.removeEventListener("abort", onAbort); done(null); });
    child.stdout.once("data", () => {
      signal?.removeEventListener("abort", onAbort);
      writeFileSync(file, `process ${process.pid}, since ${new Date().toISOString()}\n`);
      child.unref();
      done(() => { child.stdin.end(); });
    });
  });
}
