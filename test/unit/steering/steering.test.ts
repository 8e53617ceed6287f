import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BUCKETS, orderWays, type Way } from "../../../infra/steering/assign.ts";
import type { SteeringConfig } from "../../../infra/steering/config.ts";
import { Health, SILENT } from "../../../infra/steering/health.ts";
import { manifests } from "../../../infra/steering/manifest.ts";
import { respond } from "../../../infra/steering/server.ts";
import { Steering } from "../../../infra/steering/steering.ts";

const way = (id: string, o: Partial<Way> = {}): Way => ({ id, priority: 1, weight: 1, alive: true, ...o });
const buckets = [...Array(BUCKETS).keys()];

describe("which way a viewer takes", () => {
  const ways = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 }).chain((ids) => fc.tuple(...ids.map((id) =>
    fc.record({ id: fc.constant(id), priority: fc.integer({ min: 1, max: 2 }), weight: fc.constantFrom(0, 1, 1, 3), alive: fc.boolean() }))));

  it("is never a dead one while another lives, and lists every way once", () => {
    fc.assert(fc.property(ways, fc.constantFrom("a", "b", null), fc.integer({ min: 0, max: BUCKETS - 1 }), (list, home, bucket) => {
      const order = orderWays(list, home, bucket);
      expect([...order].sort()).toEqual(list.map((w) => w.id).sort());
      if (list.some((w) => w.alive)) expect(list.find((w) => w.id === order[0])?.alive).toBe(true);
      if (list.some((w) => w.alive && w.weight > 0)) expect(list.find((w) => w.id === order[0])?.weight).toBeGreaterThan(0);
    }));
  });

  it("is where he came in while weights are equal, also after it was away", () => {
    for (const bucket of buckets) expect(orderWays([way("a"), way("b")], "b", bucket)[0]).toBe("b");
    for (const bucket of buckets) expect(orderWays([way("a"), way("b", { alive: false })], "b", bucket)[0]).toBe("a");
  });

  it("follows weights to 5 %", () => {
    const share = (id: string, list: Way[]): number => buckets.filter((b) => orderWays(list, "a", b)[0] === id).length / BUCKETS;
    expect(share("a", [way("a", { weight: 70 }), way("b", { weight: 30 })])).toBe(0.7);
    expect(share("a", [way("a", { weight: 0 }), way("b", { weight: 30 })])).toBe(0);
    expect(share("b", [way("a", { weight: 3, priority: 2 }), way("b", { weight: 1 })])).toBe(1);
  });

  it("takes nobody from one of several equal ways to another: a CDN's share leaves, the rest stay near", () => {
    const list = [way("cdn", { weight: 2 }), way("eu", { weight: 1 }), way("us", { weight: 1 })];
    const went = (home: string): Record<string, number> => Object.fromEntries(list.map(({ id }) => [id, buckets.filter((b) => orderWays(list, home, b)[0] === id).length / BUCKETS]));
    expect(went("eu")).toEqual({ cdn: 0.5, eu: 0.5, us: 0 });
    expect(went("us")).toEqual({ cdn: 0.5, eu: 0, us: 0.5 });
    expect(went("cdn")).toEqual({ cdn: 0.5, eu: 0.25, us: 0.25 });
  });

  it("a death moves its own viewers only, to all of the others", () => {
    fc.assert(fc.property(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })), ([a, b, c]) => {
      const before = [way("a", { weight: a }), way("b", { weight: b }), way("c", { weight: c })];
      const after = before.map((w) => (w.id === "c" ? { ...w, alive: false } : w));
      for (const bucket of buckets) {
        const was = orderWays(before, "a", bucket)[0];
        if (was !== "c" && !(a === b && b === c)) expect(orderWays(after, "a", bucket)[0]).toBe(a === b ? "a" : was);
      }
    }));
    const moved = new Set(buckets.map((bucket) => orderWays([way("a"), way("b"), way("c", { alive: false })], "c", bucket)[0]));
    expect(moved).toEqual(new Set(["a", "b"]));
  });
});

describe("health of a way", () => {
  it("two failures in a row, also of overlapping probes; an answer in between counts", () => {
    const h = new Health(0);
    expect(h.answer(false, 1, 1.1, "refused")).toBe(false);
    expect(h.answer(true, 1.5, 1.6)).toBe(false);
    expect(h.answer(false, 1.4, 2.4, "late news of an older probe")).toBe(false);
    expect(h.answer(false, 2, 3)).toBe(false);
    expect(h.answer(false, 2.4, 3.4, "does not answer")).toBe(true);
    expect([h.alive, h.reason]).toEqual([false, "does not answer"]);
  });
  it("comes back after 3 s of answers, after 6 s when it went again soon", () => {
    const h = new Health(0);
    const down = (at: number): void => { h.answer(false, at, at); h.answer(false, at + 0.1, at + 0.1); };
    const back = (from: number): number => { for (let t = from; ; t += 0.5) if (h.answer(true, t, t)) return t - from; };
    down(1);
    expect(back(10)).toBe(3);
    down(20);
    expect(back(30)).toBe(6);
    down(400);
    expect(back(500)).toBe(6);
    for (let t = 600; t < 650; t++) h.answer(true, t, t);
    for (let t = 650; t < 700; t++) h.answer(true, t, t);
    down(700);
    expect(back(800)).toBe(3);
  });
});

describe("a way that viewers keep connections to", () => {
  const back = (h: Health, from: number): number => { for (let t = from; ; t += 0.5) if (h.answer(true, t, t)) return t - from; };
  it("that was silent is used again only after as long a time, and a refusing one as before", () => {
    for (const [holds, reason, seconds] of [[true, SILENT, 17], [true, "ECONNREFUSED", 3], [false, SILENT, 3]] as const) {
      const h = new Health(0, holds);
      for (let t = 1; t <= 17; t++) h.answer(false, t, t, reason);
      expect(back(h, 18), reason).toBe(seconds);
    }
  });
  it("but never later than a minute", () => {
    const h = new Health(0, true);
    for (let t = 1; t <= 3600; t++) h.answer(false, t, t, SILENT);
    expect(back(h, 3601)).toBe(60);
  });
});

describe("manifests", () => {
  const ways = [{ ...way("a"), base: "https://a", steers: true }, { ...way("b"), base: "https://b", steers: true }, { ...way("cdn", { priority: 2 }), base: "https://c", steers: false }];
  const of = (list: typeof ways, home: string): { "RELOAD-URI": string; "PATHWAY-PRIORITY": string[] } => JSON.parse(manifests(list, 2).get(`${home}/3.json`) ?? "") as never;

  it("ask next where the viewer does not load from", () => {
    expect(of(ways, "a")).toEqual({ VERSION: 1, TTL: 2, "RELOAD-URI": "https://b@path@?home=a&v=@viewer@", "PATHWAY-PRIORITY": ["a", "b", "cdn"] });
    expect(of(ways, "b")["RELOAD-URI"]).toMatch(/^https:\/\/a@/);
  });
  it("never at a dead distributor or a CDN", () => {
    const one = ways.map((w) => (w.id === "b" ? { ...w, alive: false } : w));
    expect(of(one, "a")).toMatchObject({ "RELOAD-URI": "https://a@path@?home=a&v=@viewer@", "PATHWAY-PRIORITY": ["a", "cdn", "b"] });
    expect(of(ways.map((w) => ({ ...w, alive: false })), "a")["PATHWAY-PRIORITY"]).toHaveLength(3);
  });
});

describe("the program", () => {
  const dir = mkdtempSync(join(tmpdir(), "steering-"));
  afterEach(() => { vi.useRealTimers(); });
  const config: SteeringConfig = {
    self: "a", port: 1, outDir: join(dir, "out"), stateFile: join(dir, "state", "weights.json"), drainingFile: join(dir, "draining"), ttl: 2,
    ways: [{ id: "a", kind: "distributor", base: "https://a", probe: "", priority: 1, weight: 1 }, { id: "b", kind: "distributor", base: "https://b", probe: "https://b.internal/healthz", priority: 1, weight: 1 }],
    origins: ["http://tx-1/healthz", "http://tx-2/healthz"],
  };
  const first = (home: string): string => (JSON.parse(readFileSync(join(config.outDir, home, "0.json"), "utf8")) as { "PATHWAY-PRIORITY": string[] })["PATHWAY-PRIORITY"][0] ?? "";

  it("moves viewers within two probes of a silent way, back after it answered for a while, and away from itself without transcoders", async () => {
    let now = 0;
    const down = new Set<string>();
    const steering = new Steering(config, { wall: () => now, mono: () => now }, (url) => Promise.resolve([...down].some((d) => url.includes(d)) ? "does not answer" : null), () => undefined);
    const run = async (seconds: number): Promise<void> => { for (const end = now + seconds; now < end;) { now += 0.4; steering.tick(); await Promise.resolve(); await Promise.resolve(); } };
    steering.start();
    steering.stop();
    await run(2);
    expect([first("a"), first("b")]).toEqual(["a", "b"]);
    down.add("b.internal");
    await run(0.8);
    expect([first("a"), first("b")]).toEqual(["a", "a"]);
    down.clear();
    await run(2);
    expect(first("b")).toBe("a");
    await run(2);
    expect(first("b")).toBe("b");
    down.add("tx-1");
    await run(2);
    expect(steering.problem).toBeNull();
    down.add("tx-2");
    await run(2);
    expect([steering.problem, first("a")]).toEqual(["reaches no transcoder", "b"]);
    expect(respond(steering, "GET", "/healthz", "").code).toBe(503);
    down.clear();
    await run(8);
    expect(first("a")).toBe("a");

    writeFileSync(config.drainingFile, "");
    await run(0.4);
    expect([steering.problem, first("a")]).toEqual(["draining", "b"]);
    rmSync(config.drainingFile);
    await run(0.4);

    expect(respond(steering, "POST", "/weights", '{"c":1}')).toMatchObject({ code: 400, text: "there is no way named c; there are: a, b\n" });
    expect(respond(steering, "POST", "/weights", '{"a":0}').code).toBe(200);
    expect([first("a"), first("b")]).toEqual(["b", "b"]);
    const again = new Steering(config, { wall: () => now, mono: () => now }, () => Promise.resolve(null), () => undefined);
    expect(again.status()).toMatchObject({ override: { a: 0 }, ways: [{ id: "a", weight: 0, declaredWeight: 1 }, { id: "b", weight: 1 }] });
    rmSync(dir, { recursive: true });
  });

  it("writes what it could not write as soon as it can", () => {
    let now = 0;
    const outDir = join(dir, "full"), said: string[] = [];
    mkdirSync(dir, { recursive: true });
    writeFileSync(outDir, "a file where the folder belongs");
    const steering = new Steering({ ...config, outDir }, { wall: () => now, mono: () => now }, () => Promise.resolve(null), (_level, text) => said.push(text));
    steering.start();
    steering.stop();
    steering.tick();
    rmSync(outDir);
    now += 0.4;
    steering.tick();
    expect(existsSync(join(outDir, "a", "0.json"))).toBe(true);
    expect(said.filter((text) => text.startsWith("cannot write manifests"))).toHaveLength(1);
    rmSync(dir, { recursive: true, force: true });
  });

  it("blames nobody when it stood still itself", async () => {
    let now = 0;
    const waiting: ((r: string | null) => void)[] = [];
    const steering = new Steering({ ...config, outDir: join(dir, "still") }, { wall: () => now, mono: () => now }, () => new Promise((done) => waiting.push(done)), () => undefined);
    for (; now < 2; now += 0.4) steering.tick();
    now += 5;
    for (const done of waiting) done("does not answer");
    await Promise.resolve(); await Promise.resolve();
    expect(steering.status().ways.every((w) => w.alive)).toBe(true);
    rmSync(dir, { recursive: true, force: true });
  });
});
