import type { Stream, Topology } from "../spec/topology.ts";
import { audioDir, gridFps, type RenditionsOf } from "./ladder.ts";
import type { PublishPath, StreamPlan } from "./model.ts";

/** Plans one stream: renditions, ways in, and the hosts that carry it. */
export function planStream(
  topology: Topology, name: string, stream: Stream, renditionsOf: RenditionsOf,
  hosts: { readonly multiplexers: readonly string[]; readonly transcoders: readonly string[]; readonly distributors: readonly string[] },
): StreamPlan {
  const all = renditionsOf(stream);
  // LL-HLS and WHEP carry one picture: the best of the ladder (knowledge: media 4.7, no engine here packages a low-latency ladder).
  const used = stream.latency === "standard" ? all : all.slice(0, 1);
  const largest = used.reduce((a, b) => (b.height > a.height ? b : a), used[0] ?? { width: 640, height: 360 });
  return {
    name,
    latency: stream.latency,
    segmentSeconds: stream.segmentSeconds,
    source: { width: stream.source.width, height: stream.source.height, fps: stream.source.fps, bitrateKbps: stream.source.bitrateKbps },
    fps: gridFps(stream.source.fps),
    encoder: stream.encoder,
    renditions: used,
    audio: { dir: audioDir(stream), bitrateKbps: stream.audio.bitrateKbps, channels: stream.audio.channels },
    dash: stream.dash && stream.latency === "standard",
    slate: { text: stream.slate.text, picture: stream.slate.image?.picture ?? null, width: largest.width, height: largest.height },
    publish: publishPaths(name, stream, hosts.multiplexers),
    transcoders: hosts.transcoders,
    distributors: hosts.distributors,
    record: stream.record,
    restream: Object.entries(stream.restream).sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([destination, { url, key }]) => ({ name: destination, url, secret: key ? `config/${key.secret}` : null })),
    origins: stream.access.origins,
    locked: lockedToCdn(topology, stream),
    sourceMode: stream.ladder.some((rung) => rung.source) ? "encoded" : "none",
    provenance: { path: ["streams", name], rule: "stream", why: `streams.${name} of ${topology.name}` },
  };
}

/**
 * True for a stream that viewers get through the topology's own CDN alone: because the CDN is where its cookies and countries are looked
 * at, or because no other way is as good. Distributors that only stand in for the CDN (a lower priority) are no way of their own.
 */
export function lockedToCdn({ cdn, delivery }: Pick<Topology, "cdn" | "delivery">, stream: Pick<Stream, "latency" | "access">): boolean {
  if (cdn?.provider !== "cloudfront" || stream.latency !== "standard") return false;
  if (stream.access.token || stream.access.countries.length > 0) return true;
  const priority = delivery["cdn"]?.priority ?? 0;
  return Object.entries(delivery).every(([name, way]) => name === "cdn" || (name === "distributors" && way.priority > priority));
}

/** Primaries before backups; otherwise in the order of the file. */
function publishPaths(stream: string, spec: Stream, multiplexers: readonly string[]): PublishPath[] {
  return Object.entries(spec.publishers)
    .sort(([, a], [, b]) => Number(a.backup) - Number(b.backup))
    .map(([publisher, { via, from, backup, keyRotation }]) => ({
      stream, publisher, path: `${stream}/${publisher}`, via, from, backup, keyRotation, multiplexers,
      provenance: { path: ["streams", stream, "publishers", publisher], rule: "publisher", why: `publisher ${publisher} of ${stream}` },
    }));
}
