/** Removal of a thing that containers may still hold for a moment. */
import { PluginError } from "../resource.ts";
import type { Context } from "../resource.ts";
import { DockerError } from "./client.ts";

/** How long a network or volume may stay in use before its removal fails, in ms; upstream's 30 s. */
const PATIENCE_MS = 30_000;
const POLL_MS = 100;

/** Calls `remove` until it succeeds, the thing is gone, or it stayed `busy` for too long. */
export async function removeWhenFree(remove: () => Promise<unknown>, busy: RegExp, what: string, hint: string, context: Context): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await remove();
      return;
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      if (error.status === 404) return;
      if (!busy.test(error.message)) throw new PluginError(`${what} could not be removed: ${error.message}`);
      if (context.signal.aborted) throw new PluginError(`cancelled: ${what} is still in use; run again to remove it`);
      if (Date.now() >= end) throw new PluginError(`${what} is still in use: ${error.message}. ${hint}`);
    }
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}
