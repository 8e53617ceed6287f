import { RUNG_NAMES } from "../../spec/presets.ts";
import { cpuSource, streamCpu } from "../capacity/cpu.ts";
import { ladderMbps, viewerKbps, behindCdn } from "../capacity/demand.ts";
import { latencySeconds } from "../lint/latency.ts";
import type { PublishPath, Rendition, SecretNeed, StreamPlan } from "../model.ts";
import type { Context } from "./context.ts";
import { figure, type Answer, type Cause } from "./explanation.ts";

/** Where a stream goes, and how late and how big it is for a viewer. */
export function explainStream(context: Context, stream: StreamPlan): Answer {
  const spec = context.topology.streams[stream.name]!;
  const at = (...steps: (string | number)[]): Cause["path"] => ["streams", stream.name, ...steps];
  const { cpu } = context.machineFor(stream);
  const cores = streamCpu(stream, cpu);
  const away = Object.entries(spec.viewers).filter(([, count]) => count > 0).map(([region, count]) => `${figure(count, 0)} in ${region}`);
  return {
    thing: `stream ${stream.name}`,
    is: `${stream.name}: ${stream.source.width}x${stream.source.height} at ${stream.source.fps} fps from ${stream.publish.length} ${stream.publish.length === 1 ? "publisher" : "publishers"}, ${stream.renditions.length} ${stream.renditions.length === 1 ? "rendition" : "renditions"} made on ${stream.transcoders.join(" and ")}, latency ${stream.latency}.`,
    causes: [
      { path: at(), why: "declares it" },
      { path: at("source"), why: `publishers send ${figure(stream.source.bitrateKbps / 1000)} Mbps` },
      { path: at("ladder"), why: `asks for ${stream.renditions.map((r) => r.name).join(", ")}` },
      { path: at("latency"), why: `is why it is delivered as ${stream.latency === "standard" ? "HLS" : stream.latency === "low" ? "LL-HLS of one rendition" : "WebRTC"}` },
      { path: at("redundancy"), why: `is why ${spec.redundancy === 1 ? "one transcoder carries it in each region" : "two transcoders carry it in each region"}` },
      ...(away.length === 0 ? [] : [{ path: at("viewers"), why: `expects ${away.join(" and ")}; a region with viewers and transcoders makes its own copy` }]),
    ],
    rule: { name: stream.provenance.rule, in: "infra/plan/streams.ts, infra/plan/placement.ts", says: "home regions (with a multiplexer) carry every stream; another region carries it where viewers are expected and it has transcoders" },
    formulas: [
      ...(stream.latency === "standard" ? [{ what: "latency", formula: "L = N·D + T: three buffered segments, the one being made, transmission", numbers: `3 × ${stream.segmentSeconds} + ${stream.segmentSeconds} + 0.9 s`, result: `${figure(latencySeconds(stream.segmentSeconds), 1)} s`, source: "requirements 12; measured 8.9 s at 2 s segments (knowledge: continuity 5)" }] : []),
      { what: "processor of one copy", formula: `stream ${figure(cpu.stream, 3)} + ${figure(cpu.decodePerMpx, 4)} × Mpx/s of the source; each rung (${figure(cpu.encodePerMpx, 4)} × Mpx/s + ${figure(cpu.perPicture, 4)} × fps) × preset`, numbers: [cores.decode, ...cores.rungs.map((r) => r.cores)].map((c) => figure(c)).join(" + "), result: `${figure(cores.cores)} cores`, source: cpuSource(cpu) },
      { what: "all renditions", formula: "sum of video bitrates + one audio", numbers: `${stream.renditions.map((r) => figure(r.bitrateKbps, 0)).join(" + ")} + ${stream.audio.bitrateKbps} kbps`, result: `${figure(ladderMbps(stream))} Mbps`, source: "infra/plan/capacity/demand.ts" },
      { what: "one viewer at the most", formula: "(best video + audio) × 1.05 for containers", numbers: `${figure(viewerKbps(stream) / 1.05, 0)} kbps × 1.05`, result: `${figure(viewerKbps(stream), 0)} kbps`, source: "infra/plan/ladder.ts" },
    ],
    facts: [
      ["multiplexers", [...new Set(stream.publish.flatMap((p) => p.multiplexers))].join(", ")], ["transcoders", stream.transcoders.join(", ")],
      ["distributors", stream.distributors.length <= 6 ? stream.distributors.join(", ") : `${stream.distributors.length}`],
      ["CDN", behindCdn(context.topology, stream) ? "yes" : "no"],
    ],
    see: [...stream.renditions.slice(0, 3).map((r) => `rung ${r.name}@${stream.name}`), ...stream.publish.slice(0, 2).map((p) => `publisher ${p.publisher}@${stream.name}`)],
  };
}

/** Where a rendition's numbers come from. */
export function explainRung(context: Context, stream: StreamPlan, rung: Rendition): Answer {
  const spec = context.topology.streams[stream.name]!;
  const index = spec.ladder.findIndex((one) => one.name === rung.name);
  const { scale } = context.plan;
  const declared = spec.ladder[index]!;
  const { cpu: model } = context.machineFor(stream);
  const cpu = streamCpu(stream, model).rungs.find((one) => one.name === rung.name)!;
  const named = (RUNG_NAMES as readonly string[]).includes(rung.name);
  const scaled = scale === 1 ? "" : `, × ${scale} by headend:scale`;
  return {
    thing: `rung ${rung.name}@${stream.name}`,
    is: `${rung.name} of ${stream.name} is ${rung.width}x${rung.height} at ${stream.fps} fps, ${figure(rung.bitrateKbps, 0)} kbps, H.264 High level ${rung.level}, under ${rung.dir}/.`,
    causes: [
      { path: ["streams", stream.name, "ladder", index], why: declared.source ? "asks for the publisher's own picture, encoded again" : named ? "names a rung whose size and bitrate headend knows" : "describes it" },
      { path: ["streams", stream.name, "source"], why: "gives its shape, its frame rate and the most it can be" },
      { path: ["streams", stream.name, "segment"], why: "is part of its address, since it sets the distance of keyframes" },
      { path: ["streams", stream.name, "encoder"], why: `is how it is encoded: ${stream.encoder.kind} ${stream.encoder.preset}` },
    ],
    rule: { name: "rendition", in: "infra/plan/ladder.ts, infra/spec/presets.ts", says: "a named rung takes the shape of the source; latency other than standard keeps the best rung only" },
    formulas: [
      { what: "picture", formula: declared.source ? "as the source" : named ? "lines on the short side, the long side in the source's shape, even" : "as written", numbers: `${declared.width}x${declared.height}${scaled}`, result: `${rung.width}x${rung.height}`, source: "infra/spec/presets.ts; 4:2:0 needs even sides" },
      { what: "bitrate", formula: declared.source ? "as the source" : named ? "of the named rung" : "as written", numbers: `${figure(declared.bitrateKbps, 0)} kbps${scale === 1 ? "" : ` × ${scale}^1.5`}`, result: `${figure(rung.bitrateKbps, 0)} kbps`, source: "requirements 2 (s2: 1080p 5 Mbps, 720p 2.5, 480p 1, 360p 0.5)" },
      { what: "most bitrate", formula: "bitrate × 1.07, buffer of one second", numbers: `${figure(rung.bitrateKbps, 0)} × 1.07`, result: `${figure(rung.maxrateKbps, 0)} kbps`, source: "knowledge: media 4.1" },
      { what: "BANDWIDTH", formula: "(most + buffer ÷ segment + audio) × 1.05", numbers: `(${rung.maxrateKbps} + ${rung.bufsizeKbit} ÷ ${stream.segmentSeconds} + ${stream.audio.bitrateKbps}) × 1.05 kbps`, result: `${figure(rung.peakBps / 1000, 0)} kbps`, source: "RFC 8216 4.3.4.2: an upper bound for every segment" },
      { what: "level", formula: "the lowest that holds size, macroblocks a second and bitrate", numbers: `${Math.ceil(rung.width / 16) * Math.ceil(rung.height / 16)} macroblocks × ${stream.fps}`, result: rung.level, source: "ITU-T H.264 table A-1" },
      { what: "processor", formula: `(${figure(model.encodePerMpx, 4)} × Mpx/s + ${figure(model.perPicture, 4)} × fps) × preset ${stream.encoder.preset}`, numbers: `${figure(cpu.megapixels)} Mpx/s, ${stream.fps} fps`, result: `${figure(cpu.cores)} cores`, source: cpuSource(model) },
    ],
    facts: [["made on", stream.transcoders.join(", ")]],
    see: [`stream ${stream.name}`, ...stream.transcoders.slice(0, 2).map((tx) => `capacity ${tx}`)],
  };
}

/** How a publisher comes in, in which order, and what it needs. */
export function explainPublisher(stream: StreamPlan, path: PublishPath): Answer {
  const at = (...steps: (string | number)[]): Cause["path"] => ["streams", stream.name, "publishers", path.publisher, ...steps];
  const ways = path.multiplexers.flatMap((mux) => path.via.map((via) => `${via} to ${mux}`));
  return {
    thing: `publisher ${path.publisher}@${stream.name}`,
    is: `${path.publisher} publishes ${stream.name}${path.backup ? " as a backup, used while no other publisher is there" : ""}: first by ${ways[0]}${ways.length > 1 ? `, then ${ways.slice(1, 4).join(", ")}${ways.length > 4 ? " and so on" : ""}` : ""}.`,
    causes: [
      { path: at(), why: "declares it" }, { path: at("via"), why: `is the order of protocols: ${path.via.join(", ")}` },
      { path: at("from"), why: path.from.length === 0 ? "would limit its addresses; any address may come, with the key" : `lets it in from ${path.from.join(", ")} only` },
      { path: at("keyRotation"), why: `is the number of its key: ${path.keyRotation}` },
    ],
    rule: { name: path.provenance.rule, in: "infra/plan/streams.ts", says: "primaries before backups; every multiplexer takes every publisher, so that each can stand in for the other" },
    formulas: [
      { what: "upload needed", formula: "source bitrate × 1.5", numbers: `${figure(stream.source.bitrateKbps, 0)} kbps × 1.5`, result: `${figure(stream.source.bitrateKbps * 1.5, 0)} kbps`, source: "requirements 2 and 12 (s2: upload at least 1.5 × bitrate)" },
      { what: "key", formula: "HKDF-SHA256(stack secret, name and rotation), 192 bits", numbers: `publish/${stream.name}/${path.publisher}#${path.keyRotation}`, result: "32 characters (not shown)", source: "RFC 5869, infra/plan/keys.ts" },
    ],
    facts: [["path", path.path], ["multiplexers", path.multiplexers.join(", ")]],
    see: [`stream ${stream.name}`, ...path.multiplexers.slice(0, 2).flatMap((mux) => path.via.slice(0, 2).map((via) => `port ${via}@${mux}`))],
  };
}

const SECRET = {
  derived: "derived from the stack secret; raising the rotation number gives a new one", config: "stored in the stack's encrypted config by `headend secret set`", certificate: "made by the target: the local authority, a public one, or your own",
} as const;

/** Who needs a secret and where it comes from; never its value. */
export function explainSecret(secret: SecretNeed): Answer {
  const { name, hosts, source, rotation, provenance } = secret;
  return {
    thing: `secret ${name}`,
    is: `${name} is ${SECRET[source]}. ${hosts.length <= 4 ? hosts.join(", ") : `${hosts.length} hosts`} ${hosts.length === 1 ? "needs" : "need"} its value at run time.`,
    causes: [{ path: provenance.path, why: provenance.why }],
    rule: { name: `secret-${source}`, in: "infra/plan/secrets.ts", says: "a host gets the secrets that its own files name and no others; rendered text holds markers or hashes" },
    formulas: source === "derived" ? [{ what: "value", formula: "HKDF-SHA256(stack secret, name and rotation), 192 bits", numbers: `${name}#${rotation}`, result: "32 characters (not shown)", source: "RFC 5869, infra/plan/keys.ts" }] : [],
    facts: [], see: hosts.slice(0, 3).map((host) => `host ${host}`),
  };
}
