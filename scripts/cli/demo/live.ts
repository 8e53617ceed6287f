import { RELAY_API_PORT } from "../../../infra/render/paths.ts";
import { execJson } from "../lib/docker.ts";

/** True when a publisher is on the multiplexer's path. */
export async function pushedInto(container: string, path: string): Promise<boolean> {
  const state = await execJson<{ readonly online?: boolean; readonly ready?: boolean }>(container, ["curl", "-s", "--max-time", "3", `http://127.0.0.1:${RELAY_API_PORT}/v3/paths/get/${path}`]);
  return state?.online ?? state?.ready ?? false;
}
