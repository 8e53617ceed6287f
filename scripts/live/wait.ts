/** Waiting for something to become true, with a message that says what never did. */

export interface WaitOptions {
  readonly what: string;
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

export const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));

/**
 * Calls `cond` until it gives a truthy value and returns that value; an exception counts as "not yet".
 * @throws after `timeoutMs` (30 s), naming `what` and the last exception or value.
 */
export async function waitFor<T>(cond: () => T | Promise<T>, o: WaitOptions): Promise<NonNullable<T>> {
  const limit = o.timeoutMs ?? 30_000, start = performance.now();
  let last = "";
  for (;;) {
    try {
      const value = await cond();
      if (value) return value;
      last = `last value: ${String(value)}`;
    } catch (e) {
      last = e instanceof Error ? e.message : String(e);
    }
    if (performance.now() - start > limit) throw new Error(`Waited ${(limit / 1000).toFixed(0)} s for ${o.what}, in vain (${last.slice(0, 400)})`);
    await sleep(o.everyMs ?? 100);
  }
}
