import type { Viewer } from "../../../scripts/live/browser.ts";
import { waitFor } from "../../../scripts/live/wait.ts";

const PATIENCE_MS = 60_000;

/** Notes from which host a player page loads its segments. The result waits until `seconds` were played from one of `hosts`, and says which. */
export function sources({ page, stats }: Viewer, seconds: number): (hosts: readonly string[]) => Promise<string> {
  let last = "";
  page.on("response", (r) => { if (r.ok() && r.url().endsWith(".m4s")) last = new URL(r.url()).hostname; });
  return async (hosts) => {
    const { host, from } = await waitFor(async () => (hosts.includes(last) ? { host: last, from: (await stats()).currentTime } : null), { what: `segments from ${hosts.join(" or ")}`, timeoutMs: PATIENCE_MS });
    await waitFor(async () => last === host && (await stats()).currentTime > from + seconds, { what: `${seconds} s played from ${host}`, timeoutMs: PATIENCE_MS });
    return host;
  };
}
