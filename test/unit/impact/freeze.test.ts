import { describe, expect, test } from "vitest";
import { nowMs } from "../../../infra/clock.ts";
import { compare, FIRST } from "../../../infra/plan/impact/compare.ts";
import { countdown, eventNow, localTime, refusal } from "../../../infra/plan/impact/freeze.ts";
import { between, side } from "./fixtures.ts";
import { topologyOf } from "../plan/fixtures.ts";

const event = (zone: string | null, doors: string, start: string, end: string): string =>
  `event: { ${zone ? `timeZone: ${zone}, ` : ""}doors: ${doors}, start: ${start}, end: ${end} }\nstreams:\n  main:\n`;
const at = (text: string): number => Date.parse(text);
const frozen = (body: string, now: string): boolean => eventNow([topologyOf(body)], at(now)) !== null;

describe("the window", () => {
  const zoned = event("Europe/Berlin", "2026-12-05T17:30", "2026-12-05T18:00", "2026-12-05T23:00");
  const written = event(null, "2026-12-05T17:30+01:00", "2026-12-05T18:00+01:00", "2026-12-05T23:00+01:00");
  test.each([zoned, written])("begins with doors and ends before end", (body) => {
    expect(["2026-12-05T16:29:59.999Z", "2026-12-05T16:30:00Z", "2026-12-05T21:59:59.999Z", "2026-12-05T22:00:00Z"].map((now) => frozen(body, now))).toEqual([false, true, true, false]);
  });

  test("does not depend on the zone of the machine", () => {
    const before = process.env["TZ"];
    try {
      for (const zone of ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"]) {
        process.env["TZ"] = zone;
        expect(frozen(zoned, "2026-12-05T16:30:00Z"), zone).toBe(true);
        expect(frozen(zoned, "2026-12-05T16:29:00Z"), zone).toBe(false);
        expect(localTime(at("2026-12-05T22:00:00Z"), "Europe/Berlin")).toBe("2026-12-05 23:00 (Europe/Berlin)");
      }
    } finally { if (before === undefined) delete process.env["TZ"]; else process.env["TZ"] = before; }
  });

  test("across the night the clocks go back, an hour longer than the wall clock says", () => {
    const night = event("Europe/Berlin", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T04:00");
    expect(frozen(night, "2026-10-24T23:00:00Z")).toBe(true);      // 01:00 summer time
    expect(frozen(night, "2026-10-25T02:59:59Z")).toBe(true);      // 03:59:59 winter time: four hours later, not three
    expect(frozen(night, "2026-10-25T03:00:00Z")).toBe(false);
  });

  test("across the night the clocks go forward, an hour shorter", () => {
    const night = event("America/New_York", "2027-03-14T01:00", "2027-03-14T01:30", "2027-03-14T04:00");
    expect(frozen(night, "2027-03-14T06:00:00Z")).toBe(true);      // 01:00 EST
    expect(frozen(night, "2027-03-14T07:59:59Z")).toBe(true);      // 03:59:59 EDT
    expect(frozen(night, "2027-03-14T08:00:00Z")).toBe(false);
  });

  test("a zone that moves by half an hour", () => {
    const night = event("Australia/Lord_Howe", "2026-10-04T01:00", "2026-10-04T01:30", "2026-10-04T03:00");
    expect(frozen(night, "2026-10-03T14:30:00Z")).toBe(true);      // 01:00 at +10:30
    expect(frozen(night, "2026-10-03T15:59:59Z")).toBe(true);      // 02:59:59 at +11:00
    expect(frozen(night, "2026-10-03T16:00:00Z")).toBe(false);
  });

  test("the same clock time that comes twice is told apart by its offset", () => {
    const late = event("Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-25T03:00", "2026-10-25T04:00");
    expect(frozen(late, "2026-10-25T00:30:00Z")).toBe(false);      // the first half past two
    expect(frozen(late, "2026-10-25T01:30:00Z")).toBe(true);       // the second
  });

  test("moving the event in the new file does not lift the freeze of the one that runs, nor the other way round", () => {
    const moved = event(null, "2026-12-06T17:30Z", "2026-12-06T18:00Z", "2026-12-06T23:00Z");
    const none = "streams:\n  main:\n";
    for (const pair of [[zoned, moved], [moved, zoned], [zoned, none], [none, zoned]] as const) {
      expect(eventNow(pair.map((body) => topologyOf(body)), at("2026-12-05T20:00:00Z"))).not.toBeNull();
    }
    expect(eventNow([topologyOf(none), topologyOf(moved)], at("2026-12-05T20:00:00Z"))).toBeNull();
  });
});

describe("refusal", () => {
  const head = "event: { doors: 2026-12-05T17:30+01:00, start: 2026-12-05T18:00+01:00, end: 2026-12-05T23:00+01:00, timeZone: Europe/Berlin }\n";
  const body = `${head}streams:\n  main: { viewers: 40 }\n  side:\n`;
  const key = body.replace("main: {", "main: { publishers: { studio: { keyRotation: 2 } },");
  const ask = (after: string, accepted: string | null, now = "2026-12-05T20:00:00Z") => refusal({
    impact: between(body, after), before: side(body).topology, after: side(after).topology, nowMs: at(now), accepted, stack: "live",
  });

  test("names what it would do, whom it hits, until when, and how to accept exactly that", () => {
    expect(ask(key, null)?.replace(/\/[0-9a-f]{8} /, "/ID ")).toMatchInlineSnapshot(`
      "The event is on until 2026-12-05 23:00 (Europe/Berlin), and this would be worse than a hot reload (publishers drop), so nothing was changed.
      It would do:
        mux-home-a mediamtx/mediamtx.yml: publishers drop
      Felt by:
        main: its publisher drops until given the new key; viewers see the slate meanwhile, nobody re-buffers
      Wait for the end, take the edit back, or accept exactly this: pulumi config set headend:duringEvent publishers-drop/ID --stack live"
    `);
  });

  test("a hot reload passes, and so does anything before doors and from the end on", () => {
    expect(ask(body.replace("side:", "side: { record: true }"), null)).toBeNull();
    expect(ask(key, null, "2026-12-05T16:29:59Z")).toBeNull();
    expect(ask(key, null, "2026-12-05T22:00:00Z")).toBeNull();
  });

  test("accepts exactly one impact: not its class, not a worse one, not the same on another stream", () => {
    const { id } = between(body, key);
    expect(ask(key, id)).toBeNull();
    expect(ask(key, "publishers-drop")).not.toBeNull();
    const other = body.replace("side:", "side: { publishers: { studio: { keyRotation: 2 } } }");
    expect(ask(other, id)).toContain(`headend:duringEvent accepts ${id}, which is another impact.`);
    expect(ask(key.replace("side:", "side: { segment: 4 s }"), id)).not.toBeNull();
  });

  test("a hot reload beside it does not change what was accepted", () => {
    expect(between(body, key.replace("side:", "side: { record: true }")).id).toBe(between(body, key).id);
  });

  test("the first deployment passes: nobody is there yet", () => {
    expect(refusal({ impact: FIRST, before: null, after: side(body).topology, nowMs: at("2026-12-05T20:00:00Z"), accepted: null, stack: "live" })).toBeNull();
  });

  test("another image replaces hosts, which is refused", () => {
    const facts = (image: string) => ({ facts: { "mux-home-a": { image } } });
    const impact = compare(side(body, facts("a")), side(body, facts("b")));
    expect(refusal({ impact, before: side(body).topology, after: side(body).topology, nowMs: at("2026-12-05T20:00:00Z"), accepted: null, stack: "live" })).toContain("mux-home-a: host replaced");
  });
});

test("what was accepted once does not let the same through again", () => {
  const body = (ladder: string): string => event("Europe/Berlin", "2026-12-05T17:30", "2026-12-05T18:00", "2026-12-05T23:00").replace("  main:\n", `  main: { ladder: [${ladder}] }\n`);
  const [first, again, second] = [between(body("480p"), body("480p, 360p")), between(body("480p"), body("480p, 360p")), between(body("480p, 360p"), body("480p, 360p, 240p"))];
  expect(first.id).toBe(again.id);
  expect([first.class, first.sentence]).toEqual([second.class, second.sentence]);
  expect(second.id).not.toBe(first.id);
});

test("times are shown as the place's clock shows them, also where only an offset is written", () => {
  const shown = (body: string): string | null => countdown(topologyOf(body).event, at("2026-12-05T17:00:00Z"));
  const dates = (offset: string, end = offset): string => `event: { doors: 2026-12-05T17:30${offset}, start: 2026-12-05T18:00${offset}, end: 2026-12-05T23:00${end} }\nstreams: { main: {} }\n`;
  expect(shown(dates("+01:00"))).toBe("frozen until 2026-12-05 23:00 (UTC+01:00)");
  expect(shown(dates("Z"))).toBe("doors in 30 min");
  expect(shown(dates("+01:00", "Z"))).toBe("frozen until 2026-12-05 23:00 (UTC)");
});

test("countdown", () => {
  const topology = topologyOf(event("Europe/Berlin", "2026-12-05T17:30", "2026-12-05T18:00", "2026-12-05T23:00"));
  const say = (now: string): string | null => countdown(topology.event, at(now));
  expect(["2026-11-01T00:00:00Z", "2026-12-04T14:16:00Z", "2026-12-05T16:20:00Z", "2026-12-05T18:00:00Z", "2026-12-06T00:00:00Z"].map(say))
    .toEqual(["doors in 34 days", "doors in 26 h 14 min", "doors in 10 min", "frozen until 2026-12-05 23:00 (Europe/Berlin)", null]);
});

test("HEADEND_NOW stands for the machine's clock, and must say its offset", () => {
  expect(nowMs({ HEADEND_NOW: "2026-12-05T18:00+01:00" })).toBe(at("2026-12-05T17:00:00Z"));
  expect(Math.abs(nowMs({}) - Date.now())).toBeLessThan(1000);
  expect(() => nowMs({ HEADEND_NOW: "2026-12-05T18:00" })).toThrow(/HEADEND_NOW is "2026-12-05T18:00"\. Allowed: a date and time with its offset/);
});
