/** A container's first moments: waiting for health or exit, and the daemon's errors in words that say what to do. */
import { PluginError } from "../resource.ts";
import type { Context } from "../resource.ts";
import type { Properties } from "../wire/values.ts";
import { DockerError } from "./client.ts";
import type { DockerClient } from "./client.ts";
import { object, text } from "./props.ts";

/** How often the health state is looked at, in ms; the daemon has no call that waits for it. */
const HEALTH_POLL_MS = 100;

/** Waits until the healthcheck says healthy. Throws on timeout, exit, a missing healthcheck and Ctrl-C. */
export async function awaitHealthy(inspect: () => Promise<Properties | undefined>, name: string, timeoutSeconds: number, context: Context): Promise<void> {
  const end = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const state = object(await inspect(), "State");
    const health = object(state, "Health");
    if (text(health, "Status") === "healthy") return;
    if (Object.keys(health).length === 0) throw new PluginError(`the container ${name} has "wait" but no healthcheck: give it one, or take "wait" away`);
    if (state["Running"] !== true) throw new PluginError(`the container ${name} ended with code ${String(state["ExitCode"])} before it was healthy; see: docker logs ${name}`);
    if (context.signal.aborted) throw new PluginError(`cancelled while waiting for the container ${name} to be healthy; it is left running`);
    if (Date.now() >= end) throw new PluginError(`the container ${name} was not healthy after ${timeoutSeconds} s (it is ${text(health, "Status") ?? "unknown"}); see: docker inspect ${name}, docker logs ${name}`);
    await new Promise((resolve) => { setTimeout(resolve, HEALTH_POLL_MS); });
  }
}

/** Waits until the container has ended; Ctrl-C leaves it running. */
export async function awaitExit(docker: DockerClient, id: string, name: string, context: Context): Promise<void> {
  try {
    await docker.call("POST", `/containers/${id}/wait`, { query: { condition: "not-running" }, signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) throw new PluginError(`cancelled while waiting for the container ${name} to end; it is left running`);
    if (!(error instanceof DockerError) || error.status !== 404) throw error;
  }
}

/** Everything the container wrote to stdout and stderr. */
export async function logsOf(docker: DockerClient, id: string, tty: boolean): Promise<string> {
  const raw = await docker.bytes(`/containers/${id}/logs`, { query: { stdout: true, stderr: true } });
  if (tty) return raw.toString("utf8");
  // Without a terminal each piece has an 8-byte header: stream, three zeros, length.
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length;) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Why a container could not be made. */
export function explainCreate(error: unknown, name: string, image: string): unknown {
  if (!(error instanceof DockerError)) return error;
  if (error.status === 404 && /no such image/i.test(error.message)) {
    return new PluginError(`No such image ${image}: run \`npx headend setup\` to build it. (The container ${name} needs it; headend's stand-in for the docker plugin does not pull images.)`);
  }
  if (error.status === 409 && /already in use/.test(error.message)) {
    const holder = /by container "?([0-9a-f]{12,64})/.exec(error.message)?.[1]?.slice(0, 12);
    return new PluginError(`a container named "${name}" already exists${holder === undefined ? "" : ` (${holder})`} and is not part of this stack: made by hand, by another stack, or left by a run that was killed. ` +
      `Look at it with \`docker inspect ${name}\` and, if nobody needs it, remove it with \`docker rm -f ${name}\`; then run again.`);
  }
  return new PluginError(`the container ${name} could not be created: ${error.message}`);
}

/** Why a container could not be prepared or started. */
export function explainStart(error: unknown, name: string): unknown {
  if (!(error instanceof DockerError)) return error;
  const port = /(?:Bind for|listen (?:tcp|udp)[46]?) ([0-9.:[\]a-f]*):(\d+)[^\d].*(?:already allocated|already in use)/.exec(error.message);
  if (port !== null) {
    return new PluginError(`port ${String(port[2])} on ${String(port[1])} is already taken by another program or container, so the container ${name} was not started. ` +
      `Find it with \`docker ps --filter publish=${String(port[2])}\` or \`ss -lntup | grep :${String(port[2])}\`, stop it or choose another port, and run again.`);
  }
  if (error.status === 404 && /network/i.test(error.message)) return new PluginError(`the container ${name} was not started: ${error.message}. Use the name of a docker.Network of this program, so that it exists first.`);
  return new PluginError(`the container ${name} was not started: ${error.message}`);
}
