/** The programs of this host over loopback, as `headend switch` and `headend steer` ask them elsewhere. */
import { AGENT_PORT, FORWARDER_PORT, RELAY_API_PORT, STEERING_PORT } from "../../render/paths.ts";
import type { Programs } from "./orders.ts";

const TIMEOUT_MS = 2_000;
const PORT = { agent: AGENT_PORT, forwarder: FORWARDER_PORT, steering: STEERING_PORT } as const;
const PAGE = 1000;

async function status<T>(port: number, path = "/status"): Promise<T | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.json() as T : null;
  } catch { return null; }
}

async function tell(port: number, path: string, body: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error((await response.text()).trim().slice(0, 300));
}

/** @param isMultiplexer a transcoder's relay has paths as well, which nobody outside publishes */
export function localPrograms(isMultiplexer: boolean): Programs {
  return {
    agent: () => status(PORT.agent), forwarder: () => status(PORT.forwarder), steering: () => status(PORT.steering),
    async publishers() {
      if (!isMultiplexer) return null;
      const list = await status<{ readonly items: readonly { readonly name: string; readonly online: boolean }[] }>(RELAY_API_PORT, `/v3/paths/list?itemsPerPage=${PAGE}`);
      return list?.items.filter((p) => p.online).map((p) => p.name).sort() ?? null;
    },
    override: (program, stream, to) => tell(PORT[program], `/streams/${encodeURIComponent(stream)}/override`, to),
    weights: (weights) => tell(PORT.steering, "/weights", JSON.stringify(weights)),
  };
}
