import { planTopology } from "../../../infra/plan/plan.ts";
import type { StreamPlan } from "../../../infra/plan/model.ts";
import { parseTopology } from "../../../infra/spec/load.ts";

/** A stream as it would be in a topology file: the body after `main:`, in flow style. */
export function streamOf(body: string): StreamPlan {
  const [stream] = planTopology(parseTopology(`headend: 1\nname: calibrate\nstreams:\n  main: { ${body} }\n`, "calibrate.yaml").topology).streams;
  if (stream === undefined) throw new Error("a topology without a stream");
  return stream;
}

const S360 = "resolution: 640x360, bitrate: 1 Mbps";
const S540 = "resolution: 960x540, bitrate: 2 Mbps";
const S720 = "resolution: 1280x720, bitrate: 3 Mbps";

/** Streams that tell the terms of the formula apart: sizes of source and rung, picture rates, number of rungs. None takes much more than half a core. */
export const CASES: readonly StreamPlan[] = [
  `source: { ${S360}, fps: 30 }, ladder: [source]`,
  `source: { ${S360}, fps: 60 }, ladder: [source, 180p]`,
  `source: { ${S720}, fps: 30 }, ladder: [360p]`,
  `source: { ${S720}, fps: 30 }, ladder: [720p]`,
  `source: { ${S720}, fps: 15 }, ladder: [480p, 180p]`,
  `source: { ${S720}, fps: 30 }, ladder: [480p, 360p, 180p]`,
  // Without these three, one odd window decided a coefficient: ladders of another shape were 10 % too low on average.
  `source: { ${S540}, fps: 50 }, ladder: [source]`,
  `source: { ${S720}, fps: 24 }, ladder: [source, 180p]`,
  `source: { ${S540}, fps: 30 }, ladder: [360p, 240p]`,
].map(streamOf);

export const PRESETS = ["ultrafast", "superfast", "faster", "fast", "medium"] as const;
/** The same stream with each preset beside veryfast. */
export const presetCase = (preset: string): StreamPlan => streamOf(`source: { ${S360}, fps: 30 }, ladder: [source], encoder: { preset: ${preset} }`);

/** Ladders to hold the formula against: none is among those it was made from. */
export const PROOFS: readonly { readonly name: string; readonly stream: StreamPlan }[] = [
  { name: "640x360 at 30, source and 240p", stream: streamOf(`source: { ${S360}, fps: 30 }, ladder: [source, 240p]`) },
  { name: "1280x720 at 25, 480p and 240p", stream: streamOf(`source: { ${S720}, fps: 25 }, ladder: [480p, 240p]`) },
  { name: "1280x720 at 30, source and 360p", stream: streamOf(`source: { ${S720}, fps: 30 }, ladder: [source, 360p]`) },
  { name: "854x480 at 50, source", stream: streamOf("source: { resolution: 854x480, bitrate: 2 Mbps, fps: 50 }, ladder: [source]") },
];
