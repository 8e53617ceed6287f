import { describe, expect, it } from "vitest";
import { cheaperChanges } from "../../../../infra/plan/cost/changes.ts";
import { estimate } from "../../../../infra/plan/cost/estimate.ts";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { crowd, topologyOf } from "../fixtures.ts";

const of = (body: string, most?: number) => { const topology = topologyOf(body); return cheaperChanges(topology, planTopology(topology), {}, most); };
const EVENT = "event: { doors: 2026-12-05T15:00Z, start: 2026-12-05T18:00Z, end: 2026-12-05T20:00Z }\n";
const AWS = "regions: { eu: { aws: eu-central-1, zones: 2 } }\n";

describe("cheaper changes", () => {
  it("save exactly what planning and estimating the edited file says", () => {
    const body = (ladder: string, more: string) => `streams:\n  m: { source: { resolution: 1920x1080, bitrate: 6 Mbps }, ladder: ${ladder}, viewers: 300 }\n${EVENT}${AWS}${more}`;
    const changes = of(body("[source, 720p]", ""), 9);
    const [first] = changes;
    expect(first).toMatchObject({ what: "leave out the top rung of m", edit: "streams.m.ladder: without source", felt: expect.stringContaining("1280x720 instead of 1920x1080") as string });
    const total = (text: string) => { const topology = topologyOf(text); return estimate(topology, planTopology(topology)).event?.total ?? 0; };
    expect(first?.saving).toBe(total(body("[source, 720p]", "")) - total(body("[720p]", "")));
    const cdn = changes.find(({ edit }) => edit === "cdn: cloudfront");
    expect(cdn?.saving).toBe(total(body("[source, 720p]", "")) - total(body("[source, 720p]", "cdn: cloudfront\n")));
  });

  it("are at most three, the largest first, one of a kind, each with who would notice", () => {
    const changes = of(`streams:\n  a: { viewers: 500 }\n  b: { viewers: 100, redundancy: 2 }\n${EVENT}${AWS}transcoders: { eu: 2 }\n`);
    expect(changes).toHaveLength(3);
    expect(changes.map(({ saving }) => saving)).toEqual(changes.map(({ saving }) => saving).sort((x, y) => y - x));
    expect(changes.filter(({ what }) => what.startsWith("leave out the top rung"))).toHaveLength(1);
    for (const { felt, edit } of changes) expect([felt, edit]).toEqual([expect.stringMatching(/\S.{5,}/), expect.stringMatching(/\S.{3,}/)]);
  });

  it("never leave a host too small that was not", () => {
    const body = (size: string) => `streams:\n  m: { source: { resolution: 1920x1080, bitrate: 6 Mbps }, ladder: [source, 720p, 480p] }\n${AWS}transcoders: { eu: { count: 1, size: ${size} } }\n`;
    expect(of(body("c7g.8xlarge"), 9).map(({ edit }) => edit)).toContain("transcoders.eu.size: c7g.4xlarge");
    expect(of(body("c7g.2xlarge"), 9).map(({ edit }) => edit)).not.toContain("transcoders.eu.size: c7g.xlarge");
  });

  it("know hosts, zones, doors, copies and recordings too", () => {
    const edits = of(`streams:\n  m: { record: { keep: 30 d }, redundancy: 2, restream: { y: { url: "rtmps://live.example.org/x", key: secret:y } } }\n${EVENT}${AWS}multiplexers: { eu: 2 }\ntranscoders: { eu: 2 }\ndistributors: { eu: { min: 3, max: 3 } }\n`, 20).map(({ edit }) => edit);
    expect(edits).toEqual(expect.arrayContaining(["transcoders.eu.count: 1", "regions.eu.zones: 1", "event.doors: 30 minutes before start", "without restream", "multiplexers.eu: 1", "distributors.eu.min: 2", "regions.eu.aws: eu-north-1"]));
  });

  it("are found among a thousand hosts without looking at each stream", () => {
    const topology = topologyOf(crowd({ multiplexers: 10, transcoders: 400, distributors: 590, streams: 500 }));
    const before = process.cpuUsage().user;
    cheaperChanges(topology, planTopology(topology));
    expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(2);
  });
});
