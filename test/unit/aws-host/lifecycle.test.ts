import { expect, test } from "vitest";
import { Lifecycle } from "../../../infra/host/pull/lifecycle.ts";

const GROUP = { name: "festival-dist-eu", drainSeconds: 300 };

function world(): { target: string | null; ready: boolean; now: number; requests: number; done: string[]; drains: boolean[]; lifecycle: Lifecycle } {
  const w = {
    target: "InService" as string | null, ready: false, now: 0, requests: 0, done: [] as string[], drains: [] as boolean[], lifecycle: null as unknown as Lifecycle,
  };
  w.lifecycle = new Lifecycle({
    metadata: { get: () => Promise.resolve(w.target) }, ready: () => Promise.resolve(w.ready), drain: (on) => { w.drains.push(on); return Promise.resolve(); },
    requests: () => Promise.resolve(w.requests), complete: (_group, hook) => { w.done.push(hook); return Promise.resolve(true); }, now: () => w.now, log: () => undefined,
  });
  return w;
}

test("a member is ready when its services are, once for each time it goes into service", async () => {
  const w = world();
  await w.lifecycle.tick(GROUP);
  expect(w.done).toEqual([]);
  w.ready = true;
  await w.lifecycle.tick(GROUP);
  await w.lifecycle.tick(GROUP);
  expect(w.done).toEqual(["ready"]);
  w.target = "Warmed:Stopped";
  await w.lifecycle.tick(GROUP);
  w.target = "InService";
  await w.lifecycle.tick(GROUP);
  expect(w.done).toEqual(["ready", "ready", "ready"]);
});

test("a member that shall end is drained until its viewers have gone", async () => {
  const w = world();
  w.target = "Terminated";
  for (let i = 0; i < 20 && w.done.length === 0; i++) { await w.lifecycle.tick(GROUP); w.now += 5_000; w.requests += i < 10 ? 400 : 1; }
  expect(w.drains).toEqual([true]);
  expect(w.done).toEqual(["drain"]);
  expect(w.now).toBeGreaterThan(50_000);
  expect(w.now).toBeLessThan(75_000);
});

test("viewers that stay are served until the deadline, and the hook is completed once", async () => {
  const w = world();
  w.target = "Terminated";
  for (let i = 0; i < 80; i++) { await w.lifecycle.tick(GROUP); w.now += 5_000; w.requests += 400; if (w.done.length > 0) break; }
  expect(w.now).toBe(305_000);
  await w.lifecycle.tick(GROUP);
  expect(w.done).toEqual(["drain"]);
});

test("a member that is kept after all takes viewers again", async () => {
  const w = world();
  w.target = "Terminated";
  await w.lifecycle.tick(GROUP);
  w.target = "InService";
  await w.lifecycle.tick(GROUP);
  expect(w.drains).toEqual([true, false]);
});
