/** The programs of this host, as `headend switch` and `headend steer` ask and tell them where there are containers. */
import { AGENT_PORT, FORWARDER_PORT, STEERING_PORT } from "../../render/paths.ts";
import { ask, tell } from "../loopback.ts";
import { lookAtPaths } from "../watch/look.ts";
import type { Programs } from "./orders.ts";

const PORT = { agent: AGENT_PORT, forwarder: FORWARDER_PORT } as const;

/** @param isMultiplexer a transcoder's relay has paths as well, which nobody outside publishes */
export function localPrograms(isMultiplexer: boolean): Programs {
  return {
    agent: () => ask(AGENT_PORT, "/status"), forwarder: () => ask(FORWARDER_PORT, "/status"), steering: () => ask(STEERING_PORT, "/status"),
    publishers: async () => (isMultiplexer ? (await lookAtPaths())?.filter((p) => p.online).map((p) => p.name).sort() ?? null : null),
    override: (program, stream, to) => tell(PORT[program], `/streams/${encodeURIComponent(stream)}/override`, to),
    weights: (weights) => tell(STEERING_PORT, "/weights", JSON.stringify(weights)),
  };
}
