import { describe, expect, test } from "vitest";
import { AirWatch, type Standing } from "../../../infra/agent/air-watch.ts";
import type { RelayPath } from "../../../infra/agent/relay.ts";

const air = (online: boolean, bytes: number): RelayPath => ({ name: "air", online, bytes, tracks: [], source: online ? "c" : null, since: "t" });
const set = (since: number, more: Partial<Standing> = {}): Standing => ({ path: "main/cam", key: "main/cam direct", direct: true, since, ...more });

describe("the watch over the air path", () => {
  test("an input on air that sends is left alone", () => {
    const watch = new AirWatch();
    for (let t = 0; t < 10; t += 0.5) expect(watch.look(air(true, t * 1000), set(0), t)).toBe("nothing");
    expect(watch.isOff(10)).toBe(false);
  });
  test("a forward that does not get on air is looked at, then diagnosed; a normaliser gets longer", () => {
    const direct = new AirWatch(), normalised = new AirWatch();
    const asked = (t: number) => [direct.look(air(false, 0), set(0), t), normalised.look(air(false, 0), set(0, { direct: false }), t)];
    expect(asked(0.1)).toEqual(["nothing", "nothing"]);
    expect(asked(0.5)).toEqual(["confirm", "nothing"]);
    expect(asked(2.2)).toEqual(["diagnose", "nothing"]);
    expect(asked(10.2)).toEqual(["diagnose", "diagnose"]);
  });
  test("a connected path without a byte starves FFmpeg", () => {
    const watch = new AirWatch();
    watch.look(air(true, 100), set(0), 1);
    expect(watch.look(air(true, 100), set(0), 2)).toBe("nothing");
    expect(watch.look(air(true, 100), set(0), 2.6)).toBe("diagnose");
  });
  test("the slate is no fault", () => {
    const watch = new AirWatch();
    for (const t of [0, 5, 50]) expect(watch.look(air(false, 0), null, t)).toBe("nothing");
    expect(watch.isOff(50)).toBe(false);
  });
  test("a glimpse of the slate between two inputs is not told", () => {
    const watch = new AirWatch();
    watch.look(air(false, 0), set(0), 0.1);
    expect([watch.isOff(0.9), watch.isOff(1.2)]).toEqual([false, true]);
  });
  test("what ended is set anew once, and again only after it was well", () => {
    const watch = new AirWatch(), input = set(0);
    expect([watch.mayRetry(input, 5), watch.mayRetry(input, 6)]).toEqual([true, false]);
    watch.look(air(true, 1), input, 6.5);
    expect(watch.mayRetry(input, 6.6)).toBe(false);
    watch.look(air(true, 2), input, 7.5);
    expect(watch.mayRetry(input, 8)).toBe(true);
  });
  test("a retry has its own time to get on air", () => {
    const watch = new AirWatch(), input = set(0);
    watch.look(air(false, 0), input, 3);
    watch.mayRetry(input, 10);
    expect([watch.look(air(false, 0), input, 11.5), watch.look(air(false, 0), input, 12.1)]).toEqual(["confirm", "diagnose"]);
  });
  test("time in which the relay did not answer does not count", () => {
    const watch = new AirWatch(), input = set(0);
    watch.look(air(false, 0), input, 1);
    watch.blind(9);
    expect(watch.look(air(false, 0), input, 9.1)).toBe("nothing");
    watch.blind(20);
    expect(watch.look(air(true, 0), input, 20.5)).toBe("nothing");
  });
});
