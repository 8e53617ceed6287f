/** The topology that is really brought up: as written, but for what must not leave this machine. Pure. */
import { stringify } from "yaml";
import { readYaml } from "../../infra/spec/yaml-file.ts";

type Plain = Record<string, unknown>;
/** Name of the stream that the planned edit adds. */
export const EXTRA_STREAM = "rehearsal-extra";

export interface Rehearsed { readonly text: string; /** What was left out, for the user. */ readonly notes: readonly string[] }

/**
 * Text of a checked topology for a rehearsal: `restream` is left out: nothing
 * may go to other platforms.
 */
export function rehearsedTopology(text: string): Rehearsed {
  const data = structuredClone(readYaml(text).data) as Plain;
  const notes: string[] = [];
  for (const [name, stream] of Object.entries((data["streams"] ?? {}) as Record<string, Plain | null>)) {
    if (stream === null) continue;
    if (stream["restream"] !== undefined) notes.push(`${name}: nothing is sent to ${Object.keys(stream["restream"] as Plain).join(", ")} in a rehearsal`);
    delete stream["restream"];
  }
  return { text: stringify(data), notes };
}

/** The same with one more stream, small and without publishers' history: the planned edit. */
export function withExtraStream(text: string): string {
  const data = readYaml(text).data as Plain;
  const streams = { ...(data["streams"] as Plain), [EXTRA_STREAM]: { source: { resolution: "640x360", fps: 30, bitrate: "800 kbps" }, ladder: ["360p"], encoder: { kind: "x264", preset: "ultrafast" } } };
  return stringify({ ...data, streams });
}

/** The same with another key of a publisher: the one of that rotation. */
export function withNextKey(text: string, stream: string, publisher: string, rotation: number): string {
  const data = structuredClone(readYaml(text).data) as Plain;
  const streams = data["streams"] as Record<string, Plain | null>;
  const spec = (streams[stream] ??= {}) as Plain;
  const publishers = ((spec["publishers"] ??= { [publisher]: {} }) as Record<string, Plain | null>);
  publishers[publisher] = { ...publishers[publisher], keyRotation: rotation };
  return stringify(data);
}
