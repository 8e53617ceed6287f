/** A topology with every role twice, one with every role once, and readings to change. */
import { planTopology } from "../../../infra/plan/plan.ts";
import type { Plan } from "../../../infra/plan/model.ts";
import { renderPlan } from "../../../infra/render/render.ts";
import { parseTopology } from "../../../infra/spec/load.ts";
import type { Readings, ViewerOutcome } from "../../../scripts/rehearse/model.ts";

export const TWICE = `headend: 1
name: twice
streams:
  main:
    publishers: { truck: { via: [srt, rtmps] }, laptop: { via: [rtmp], backup: true } }
    redundancy: 2
    record: { keep: 2 d }
    restream: { tube: { url: "rtmps://tube.example/live", key: secret:tube } }
multiplexers: { home: 2 }
transcoders: { home: 2 }
distributors: { home: { min: 2, max: 2 } }
`;
export const ONCE = "headend: 1\nname: once\nstreams:\n  main:\n";

export const planOf = (text: string): Plan => planTopology(parseTopology(text, "t.yaml").topology, { scale: 0.5 });
export const bundlesOf = (plan: Plan) => renderPlan(plan, "0".repeat(43));

export const player = (more: Partial<ViewerOutcome> = {}): ViewerOutcome => ({ name: "player 1", kind: "hls.js", stream: "main", stalls: 0, stallSeconds: 0, minBuffer: 4, ...more });

export const readings = (more: Partial<Readings> = {}): Readings => ({
  injectedAt: 10_000, restoredAt: 10_000, endedAt: 30_000, redundantAt: 14_000, missing: [], viewers: [player()], playlistGap: 2.1, missedSegments: 0, air: [],
  slateSeconds: 0, publishersAway: {}, recordingLost: 0.4, sound: { worstMs: -12, claps: 18 }, cpu: 0.5, notes: [], ...more,
});
