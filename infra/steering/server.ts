import { parseWeights, type Weights } from "./state.ts";
import type { SteeringStatus } from "./status.ts";

export interface Steerable {
  readonly problem: string | null;
  readonly ids: readonly string[];
  status(): SteeringStatus;
  setWeights(weights: Weights): void;
}

export interface Reply { readonly code: number; readonly type: string; readonly text: string }

const plain = (code: number, text: string): Reply => ({ code, type: "text/plain; charset=utf-8", text: `${text}\n` });

/** /healthz for everybody (through nginx); /status and /weights on loopback only. */
export function respond(steering: Steerable, method: string, url: string, body: string): Reply {
  const path = url.split("?")[0];
  if (path === "/healthz") return steering.problem === null ? plain(200, "ok") : plain(503, steering.problem);
  if (path === "/status") return { code: 200, type: "application/json", text: JSON.stringify(steering.status(), null, 2) + "\n" };
  if (path !== "/weights") return plain(404, "not here");
  if (method !== "POST") return plain(405, "POST {\"NAME\": WEIGHT, …}");
  try {
    steering.setWeights(parseWeights(body, steering.ids));
    return plain(200, "ok");
  } catch (error) { return plain(400, (error as Error).message); }
}
