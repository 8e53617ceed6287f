import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { parseTopology } from "../../../../infra/spec/load.ts";
import { cdnPlan } from "../../../../infra/targets/aws/cdn-plan.ts";
import { FESTIVAL, MIXED, PLAIN } from "./topologies.ts";

function cdn(text: string): NonNullable<ReturnType<typeof cdnPlan>> {
  const { topology } = parseTopology(text, "test.yaml");
  const plan = cdnPlan(topology, planTopology(topology));
  if (!plan) throw new Error("no CDN");
  return plan;
}

type Answer = { statusCode?: number; uri?: string };
function ask(code: string | null, uri: string, country?: string): number {
  const headers = country ? { "cloudfront-viewer-country": { value: country } } : {};
  const answer = runInNewContext(`${code}; handler(event)`, { event: { request: { uri, headers } } }) as Answer;
  return answer.statusCode ?? 200;
}

describe("behaviours", () => {
  test("playlists before segments; all signed where every stream asks for it", () => {
    expect(cdn(FESTIVAL).behaviours.map((b) => [b.pattern, b.kind, b.signed])).toEqual([
      ["/live/*.m3u8", "playlist", true], ["/live/*.mpd", "playlist", true], ["/live/*.m4s", "segment", true], ["/live/*.mp4", "segment", true],
    ]);
  });

  test("a signed stream among open ones comes first and alone", () => {
    const { behaviours } = cdn(MIXED);
    expect(behaviours.filter((b) => b.signed).map((b) => b.pattern)).toEqual(["/live/ticket/*.m3u8", "/live/ticket/*.mpd", "/live/ticket/*.m4s", "/live/ticket/*.mp4"]);
    expect(behaviours.findIndex((b) => !b.signed)).toBe(4);
    expect(behaviours).toHaveLength(9);
  });

  test("more signed streams among open ones than a distribution has room for", () => {
    const many = Array.from({ length: 20 }, (_, i) => `  t${i}: { access: { token: true } }\n`).join("");
    expect(() => cdn(MIXED.replace("streams:\n", `streams:\n${many}`))).toThrow(/room for 17/);
  });

  test("playlists live half a segment at most, segments a year", () => {
    const { ttl } = cdn(FESTIVAL);
    expect(ttl.playlist).toEqual({ min: 0, fallback: 1, max: 1 });
    expect(ttl.segment.max).toBe(31_536_000);
    expect(cdn(FESTIVAL.replace("redundancy: 2", "redundancy: 2\n    segment: 4 s")).ttl.playlist.max).toBe(2);
  });

  test("failover: two regions, or the same one twice", () => {
    expect(cdn(FESTIVAL).origins).toEqual(["eu", "us"]);
    expect(cdn(MIXED).origins).toEqual(["eu", "eu"]);
  });

  test("players are steered only where there is another way, and each by his own address", () => {
    const steering = (text: string): string[] => cdn(text).behaviours.filter((b) => b.kind === "steering").map((b) => b.pattern);
    expect(steering(FESTIVAL)).toEqual([]);
    expect(steering(MIXED)).toEqual(["/live/*/steering.json"]);
    expect(cdn(MIXED).ttl.steering.max).toBe(1);
    expect(cdn(MIXED).query).toEqual({ playlist: [], segment: [], steering: ["home", "v"], page: [] });
    expect(cdn(MIXED).way).toBe("cdn");
  });

  test("no CDN: no plan", () => {
    const { topology } = parseTopology(PLAIN, "test.yaml");
    expect(cdnPlan(topology, planTopology(topology))).toBeNull();
  });
});

describe("countries and pages", () => {
  test("the same list everywhere is the distribution's own", () => {
    expect(cdn(FESTIVAL).countries).toEqual(["DE", "FR", "US"]);
    expect(cdn(MIXED).countries).toBeNull();
    expect(cdn(MIXED).byOrigin).toBe(true);
    expect(cdn(FESTIVAL).byOrigin).toBe(false);
  });

  test("lists that differ are asked for each stream", () => {
    const { guard } = cdn(MIXED);
    expect(ask(guard, "/live/ticket/index.m3u8", "DE")).toBe(200);
    expect(ask(guard, "/live/ticket/index.m3u8", "FR")).toBe(403);
    expect(ask(guard, "/live/ticket/index.m3u8")).toBe(403);
    expect(ask(guard, "/live/open/index.m3u8", "FR")).toBe(200);
    expect(ask(guard, "/watch/ticket", "FR")).toBe(200);
  });

  test("paths that the origin would read differently do not get around it", () => {
    for (const text of [MIXED, FESTIVAL]) {
      const { guard } = cdn(text);
      for (const uri of ["/live/%74icket/index.m3u8", "//live/ticket/index.m3u8", "/x/../live/ticket/index.m3u8", "/live/./ticket/index.m3u8", "/live\\ticket/index.m3u8"]) {
        expect(ask(guard, uri, "DE"), uri).toBe(400);
      }
    }
  });

  test("nothing restricted, nothing looked at", () => {
    expect(cdn(MIXED.replace("  ticket: { access: { token: true, countries: [DE] } }\n", "")).guard).toBeNull();
  });
});
