/** Which faults a topology is rehearsed with, and what is predicted of them. */
import { describe, expect, test } from "vitest";
import { bridgeRules } from "../../../scripts/rehearse/delay.ts";
import { faultOf, NO_LIMITS, onlyFaults, onStage, selectFaults } from "../../../scripts/rehearse/faults.ts";
import { bundlesOf, ONCE, planOf, TWICE } from "./fakes.ts";

const twice = planOf(TWICE), once = planOf(ONCE);
const all = selectFaults(twice, bundlesOf(twice));
const ids = all.map((f) => f.id);

describe("selection", () => {
  test("every process of every role is killed and frozen, on every host that carries something", () => {
    for (const how of ["kill", "freeze"]) {
      for (const what of ["mediamtx@mux-home-a", "mediamtx@mux-home-b", "ffmpeg@tx-home-1/main", "ffmpeg@tx-home-2/main", "agent@tx-home-1", "nginx@tx-home-2", "mediamtx@tx-home-1", "nginx@dist-home-1", "nginx@dist-home-2", "hostd@tx-home-1", "host@mux-home-a", "host@dist-home-2"]) {
        expect(ids).toContain(`${how}:${what}`);
      }
    }
  });
  test("publishers leave in every way, and come back on another protocol where they have one", () => {
    expect(ids.filter((id) => id.startsWith("publisher:"))).toEqual([
      "publisher:close:main/truck", "publisher:silent:main/truck", "publisher:close:main/truck:other-protocol", "publisher:close:main/laptop", "publisher:silent:main/laptop",
    ]);
  });
  test("lines, disks and planned changes are among them", () => {
    for (const id of ["blackhole:publishers->mux-home-a", "loss:mux-home-a->tx-home-1", "blackhole:viewers->dist-home-2", "disk:recordings@mux-home-b", "disk:memory@dist-home-1", "edit:add-stream", "rotate:main/truck"]) expect(ids.map((i) => i.replace(/tx-home-2/, "tx-home-1"))).toContain(id);
  });
  test("names are unique and always the same", () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(selectFaults(planOf(TWICE), bundlesOf(planOf(TWICE))).map((f) => f.id)).toEqual(ids);
  });
  test("quick takes one host of each role", () => {
    const hosts = new Set(selectFaults(twice, bundlesOf(twice), { quick: true }).flatMap((f) => ("host" in f.action ? [f.action.host] : [])));
    expect([...hosts].sort()).toEqual(["dist-home-1", "mux-home-a", "tx-home-1"]);
  });
  test("what cannot be made is skipped with its reason", () => {
    const limits = { ...NO_LIMITS, smallDisk: "no root here", publishers: "not ours", clock: "no library" };
    const skipped = selectFaults(twice, bundlesOf(twice), { limits }).filter((f) => f.skip !== null);
    expect(skipped.find((f) => f.id === "disk:recordings@mux-home-a")?.skip).toBe("no root here");
    expect(skipped.find((f) => f.id.startsWith("publisher:"))?.skip).toBe("not ours");
    expect(skipped.map((f) => f.action.kind)).toContain("clock");
    expect(all.filter((f) => f.skip !== null).map((f) => f.action.kind).sort()).toEqual([]);
  });
  test("--only chooses by name", () => {
    expect(onlyFaults(all, ["kill:ffmpeg", "rotate"]).map((f) => f.id)).toEqual(["kill:ffmpeg@tx-home-1/main", "kill:ffmpeg@tx-home-2/main", "rotate:main/truck"].sort((a, b) => ids.indexOf(a) - ids.indexOf(b)));
    expect(onlyFaults(all, [])).toHaveLength(all.length);
  });
});

test("a CDN is a host on stage, with the distributors behind it to take over", () => {
  const planned = planOf(`${TWICE}cdn: cloudfront\n`), { plan, bundles } = onStage(planned, bundlesOf(planned));
  const faults = selectFaults(plan, bundles, { quick: true });
  expect(faults.filter((f) => "host" in f.action && f.action.host === "cdn").map((f) => f.id)).toEqual(["kill:nginx@cdn", "freeze:nginx@cdn", "kill:hostd@cdn", "freeze:hostd@cdn", "kill:host@cdn", "freeze:host@cdn", "disk:memory@cdn"]);
  expect(faults.find((f) => f.id === "kill:host@cdn")?.prediction).toMatchObject({ says: "nobody notices: players go to the distributors until it is back", promises: { stalls: 0 } });
  expect(onStage(twice, bundlesOf(twice)).plan).toBe(twice);
});

test("a slow line leads new connections into the bridge and cuts old ones, but not the bridge's own", () => {
  const rules = bridgeRules([{ port: 39_200, address: "10.0.0.2", target: 8554 }]);
  expect(rules).toContain("ip daddr 10.0.0.2 tcp dport 8554 redirect to :39200");
  expect(rules).toContain("ip daddr 10.0.0.2 tcp dport 8554 reject with tcp reset");
  expect(rules.match(/meta skuid 65533 return/g)).toHaveLength(2);
});

describe("prediction", () => {
  const of = (plan: typeof twice, id: string) => selectFaults(plan, bundlesOf(plan)).find((f) => f.id === id)?.prediction;
  test("sound stays with the picture, to half a picture where there are few a second", () => {
    const soundAt = (fps: number) => faultOf({ ...twice, streams: twice.streams.map((s) => ({ ...s, fps })) }, { kind: "wait", seconds: 1 }).prediction.promises.soundMs;
    expect([50, 25, 10].map(soundAt)).toEqual([40, 40, 50]);
  });
  test("where another host can take over nobody notices, and that is a promise", () => {
    expect(of(twice, "kill:ffmpeg@tx-home-1/main")).toMatchObject({ says: "nobody notices: tx-home-2 carries on", singlePoint: null, promises: { stalls: 0, publishersStay: true, recordingSeconds: 1 } });
    expect(of(twice, "freeze:host@dist-home-2")).toMatchObject({ says: "nobody notices: dist-home-1 carries on", promises: { stalls: 0 } });
  });
  test("a single point of failure is named, and no stall is promised away", () => {
    expect(of(once, "kill:host@tx-home-1")).toMatchObject({ singlePoint: "tx-home-1 is the only transcoder of main", promises: { stalls: null } });
    expect(of(once, "kill:host@dist-home-1")).toMatchObject({ singlePoint: "dist-home-1 is the only distributor of main", promises: { stalls: null } });
  });
  test("latency low comes from the first transcoder alone, however many make it", () => {
    const low = planOf(TWICE.replace("redundancy: 2", "redundancy: 2\n    latency: low"));
    const [first, second] = low.streams[0]?.transcoders ?? [];
    expect(of(low, `kill:host@${first}`)).toMatchObject({ singlePoint: `${first} is the only transcoder of main`, promises: { stalls: null } });
    expect(of(low, `kill:host@${second}`)).toMatchObject({ singlePoint: null, promises: { stalls: 0 } });
  });
  test("a lone multiplexer costs the picture, not the stream: the slate covers it", () => {
    expect(of(once, "kill:mediamtx@mux-home-a")).toMatchObject({ singlePoint: "mux-home-a is the only way in for main", promises: { stalls: 0, onAirSeconds: 1 } });
  });
  test("a closed connection is replaced within a second, a silent one within five", () => {
    expect(of(twice, "publisher:close:main/truck")).toMatchObject({ says: "laptop goes on air within 1 s", promises: { onAirSeconds: 1 } });
    expect(of(twice, "publisher:silent:main/truck")).toMatchObject({ promises: { onAirSeconds: 5 } });
    expect(of(twice, "publisher:close:main/laptop")).toMatchObject({ says: "nobody notices: truck is on air" });
    expect(of(once, "publisher:close:main/studio")).toMatchObject({ says: "the slate is on air within 1 s" });
  });
  test("a full disk of recordings costs recordings only", () => {
    expect(faultOf(twice, { kind: "disk", host: "mux-home-a", what: "recordings", seconds: 5 }).prediction.promises).toMatchObject({ recordingSeconds: null, stalls: 0 });
  });
});
