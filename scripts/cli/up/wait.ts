import { setTimeout as sleep } from "node:timers/promises";
import type { StackOutputs } from "../lib/stack.ts";
import { distributorUrls, get, tryToPlay } from "../lib/viewer.ts";

/** What is still awaited: who, and why it is not there yet. */
export type Missing = ReadonlyMap<string, string>;

const EVERY_MS = 500;

/** Waits until every distributor answers and every stream plays from it. @returns what is still missing at the deadline */
export async function waitUntilPlayable(outputs: StackOutputs, deadlineMs: number, tell: (missing: Missing) => void): Promise<Missing> {
  let checks = everyCheck(outputs);
  for (;;) {
    const results = await Promise.all(checks.map(async (check) => ({ check, problem: await check.run() })));
    const failed = results.filter(({ problem }) => problem !== null);
    const missing = new Map(failed.map(({ check, problem }) => [check.name, problem ?? ""]));
    if (missing.size === 0 || Date.now() >= deadlineMs) return missing;
    tell(missing);
    checks = failed.map(({ check }) => check);
    await sleep(EVERY_MS);
  }
}

interface Check { readonly name: string; run(): Promise<string | null> }

function everyCheck(outputs: StackOutputs): Check[] {
  const distributors = distributorUrls(outputs);
  const answers = distributors.map(({ host, url }): Check => ({
    name: host,
    run: async () => {
      const answer = await get(`${url}/healthz`, outputs.ca);
      return "problem" in answer ? answer.problem : answer.status === 200 ? null : `status ${answer.status}`;
    },
  }));
  // Every distributor serves every stream; the first one stands for the others' copies, which come from the same files.
  const plays = Object.entries(outputs.streams).flatMap(([name, { playlist }]) => (playlist === null ? [] : [{
    name,
    run: async () => {
      const played = await tryToPlay(playlist, outputs.ca);
      return played.ok ? null : played.reason;
    },
  } satisfies Check]));
  return [...answers, ...plays];
}
