import type { RestreamConfig } from "../restream/config.ts";
import type { PublishPath, StreamPlan } from "../plan/model.ts";
import type { RenderedFile, Service } from "./bundle.ts";
import { secretMarker } from "./markers.ts";
import { ETC, LIB, RELAY_API_PORT } from "./paths.ts";

const RESTREAM_FILE = "restream/restream.json";

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

/** The program that sends whoever is on air; only where there is a choice. */
export function renderRestream(host: string, streams: readonly StreamPlan[], pushesOf: (stream: StreamPlan, path: PublishPath) => readonly string[]): { files: RenderedFile[]; services: Service[] } {
  const choices = streams.filter((stream) => stream.restream.length > 0 && candidates(stream, host).length > 1);
  if (choices.length === 0) return { files: [], services: [] };
  const config: RestreamConfig = {
    api: `http://127.0.0.1:${RELAY_API_PORT}`,
    streams: choices.map((stream) => ({
      name: stream.name, platforms: platformsOf(stream),
      publishers: candidates(stream, host).map((path) => ({ path: path.path, publisher: path.publisher, pushes: [...pushesOf(stream, path)] })),
    })),
  };
  return {
    files: [{ path: RESTREAM_FILE, content: JSON.stringify(config, null, 2) + "\n", mode: "0600", reload: "hot-reload" }],
    services: [{
      name: "restream", argv: ["/usr/bin/node", `${LIB}/restream.js`, `${ETC}/${RESTREAM_FILE}`], env: {}, user: "agent",
      reads: [RESTREAM_FILE], reload: { kind: "self" }, prepare: [], check: null, checkEnv: {}, checkAliveMs: null, ready: { kind: "none" }, after: ["mediamtx"],
    }],
  };
}
