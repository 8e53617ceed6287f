import type { ForwarderConfig } from "../forwarder/config.ts";
import type { PublishPath, StreamPlan } from "../plan/model.ts";
import type { RenderedFile, Service } from "./bundle.ts";
import { secretMarker } from "./markers.ts";
import { ETC, FORWARDER_PORT, LIB, RELAY_API_PORT, RUN } from "./paths.ts";

const FORWARDER_FILE = "forwarder/forwarder.json";
const WORK = `${RUN}/forwarder`;

/** Addresses of a stream's other platforms, with markers for their keys. */
export function platformsOf(stream: StreamPlan): string[] {
  return stream.restream.map(({ url, secret }) => (secret ? `${url}#${secretMarker(secret)}` : url));
}

/**
 * Publishers that a multiplexer may send to other platforms, in order of preference. Backups only where publishers come in first: a
 * backup at another multiplexer cannot know there that the primary is gone, and a platform takes a key only once.
 */
function candidates(stream: StreamPlan, host: string): PublishPath[] {
  return stream.publish.filter((path) => path.multiplexers.includes(host) && (!path.backup || path.multiplexers[0] === host));
}

/** True for the publisher that goes to other platforms while nobody has chosen another. */
export function isSentFirst(stream: StreamPlan, path: PublishPath): boolean {
  return path === stream.publish[0];
}

/** The program that keeps the forwards of a multiplexer's publishers: by which hop, and which one to other platforms. */
export function renderForwarder(host: string, streams: readonly StreamPlan[]): { files: RenderedFile[]; services: Service[] } {
  const choices = streams.filter((stream) => stream.restream.length > 0 && candidates(stream, host).length > 0);
  const config: ForwarderConfig = {
    api: `http://127.0.0.1:${RELAY_API_PORT}`, port: FORWARDER_PORT, workDir: WORK,
    streams: choices.map((stream) => ({
      name: stream.name, platforms: platformsOf(stream),
      publishers: candidates(stream, host).map(({ path, publisher }) => ({ path, publisher })),
    })),
  };
  return {
    files: [{ path: FORWARDER_FILE, content: JSON.stringify(config, null, 2) + "\n", mode: "0600", reload: "hot-reload" }],
    services: [{
      name: "forwarder", argv: ["/usr/bin/node", `${LIB}/forwarder.js`, `${ETC}/${FORWARDER_FILE}`], env: {}, user: "agent",
      reads: [FORWARDER_FILE], reload: { kind: "self" }, prepare: [{ argv: ["install", "-d", "-o", "agent", "-g", "agent", WORK], creates: `${WORK}/.` }], check: null, checkEnv: {}, checkAliveMs: null, ready: { kind: "none" }, after: ["mediamtx"],
    }],
  };
}
