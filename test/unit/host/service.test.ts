import { describe, expect, it } from "vitest";
import { ServiceRunner } from "../../../infra/host/service.ts";
import { startOrder, Supervisor } from "../../../infra/host/supervisor.ts";
import { FakeClock, FakePrograms } from "./fakes.ts";

function setUp(answers: () => boolean | "silent" = () => true, kind: "none" | "tcp" = "none") {
  const clock = new FakeClock();
  const programs = new FakePrograms(clock);
  const deps = { clock, spawn: programs.spawn, probe: () => Promise.resolve(answers() === "silent" ? "silent" as const : answers() ? "ready" as const : "unready" as const), redact: (t: string) => t, log: () => {}, changed: () => {} };
  const runnable = { name: "web", launch: { argv: ["/bin/web"], env: {}, ids: null }, ready: kind === "none" ? { kind } as const : { kind, host: "127.0.0.1", port: 1 } as const };
  return { clock, programs, deps, runnable, runner: new ServiceRunner(runnable, deps) };
}

describe("a supervised service", () => {
  it("is started again after 100 ms, growing to 5 s, also after exit code 0", async () => {
    const { clock, programs, runner } = setUp();
    runner.start();
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      programs.started.at(-1)?.end("exit code 0");
      const count = programs.started.length;
      const ended = clock.now();
      while (programs.started.length === count) await clock.advance(50);
      delays.push(clock.now() - ended);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(runner.restarts).toBe(8);
  });

  it("begins with the short delay again after 10 s up", async () => {
    const { clock, programs, runner } = setUp();
    runner.start();
    for (let i = 0; i < 4; i++) { programs.started.at(-1)?.end("exit code 1"); await clock.advance(2000); }
    await clock.advance(10_000);
    programs.started.at(-1)?.end("exit code 1");
    await clock.advance(100);
    expect(programs.alive("/bin/web")).toHaveLength(1);
  });

  it("is ready when it answers, and not when it stops answering", async () => {
    let answers = false;
    const { clock, runner } = setUp(() => answers, "tcp");
    runner.start();
    await clock.advance(1000);
    expect(runner.state).toBe("starting");
    answers = true;
    await clock.advance(100);
    expect(runner.state).toBe("ready");
    answers = false;
    await clock.advance(7000);
    expect(runner.state).toBe("unready");
    answers = true;
    await clock.advance(1000);
    expect(runner.state).toBe("ready");
  });

  it("is killed when it stands still, but not for being silent a while or while it starts", async () => {
    let answers: boolean | "silent" = "silent";
    const { clock, programs, runner } = setUp(() => answers, "tcp");
    runner.start();
    await clock.advance(20_000);
    expect(programs.started[0]?.signals).toEqual([]);
    answers = true;
    await clock.advance(1000);
    answers = "silent";
    await clock.advance(9000);
    answers = true;
    await clock.advance(6000);
    expect(runner.state).toBe("ready");
    expect(programs.started[0]?.signals).toEqual([]);
    answers = "silent";
    await clock.advance(17_000);
    expect(programs.started[0]?.signals).toEqual(["SIGKILL"]);
    answers = true;
    await clock.advance(6000);
    expect([programs.started.length, runner.state]).toEqual([2, "ready"]);
  });

  it("is killed with all it started when SIGTERM is not enough", async () => {
    const { clock, programs, runner } = setUp();
    programs.behaviour = () => ({ ignoresTerm: true });
    runner.start();
    const began = clock.now();
    await clock.until(runner.stop());
    expect(clock.now() - began).toBe(5000);
    expect(programs.started[0]?.signals).toEqual(["SIGTERM", "SIGKILL"]);
    await clock.advance(60_000);
    expect(programs.started).toHaveLength(1);
  });

  it("tells why it did not become ready", async () => {
    const { clock, runner } = setUp(() => false, "tcp");
    runner.start();
    expect(await clock.until(runner.waitReady())).toMatch(/not ready after 30 s/);
  });
});

describe("the supervisor", () => {
  it("stops the last started first, within 8 s", async () => {
    const { clock, programs, deps, runnable } = setUp();
    const supervisor = new Supervisor(deps);
    for (const name of ["a", "b", "c"]) await supervisor.run({ ...runnable, name, launch: { ...runnable.launch, argv: [`/bin/${name}`] } });
    const order: string[] = [];
    for (const p of programs.started) { const end = p.end; p.end = (r) => { order.push(p.launch.argv[0] ?? ""); end(r); }; }
    await clock.until(supervisor.close());
    expect(order).toEqual(["/bin/c", "/bin/b", "/bin/a"]);
    await expect(supervisor.run(runnable)).rejects.toThrow(/shutting down/);
  });

  it("stops stubborn services in time too", async () => {
    const { clock, programs, deps, runnable } = setUp();
    programs.behaviour = () => ({ ignoresTerm: true });
    const supervisor = new Supervisor(deps);
    for (const name of ["a", "b", "c", "d"]) await supervisor.run({ ...runnable, name });
    const began = clock.now();
    await clock.until(supervisor.close());
    expect(clock.now() - began).toBeLessThanOrEqual(8000);
    expect(programs.alive("/bin/web")).toEqual([]);
  });

  it("orders by need and names a cycle", () => {
    expect(startOrder([{ name: "a", after: ["c"] }, { name: "b", after: [] }, { name: "c", after: ["b"] }])).toEqual(["b", "c", "a"]);
    expect(() => startOrder([{ name: "a", after: ["b"] }, { name: "b", after: ["a"] }])).toThrow("a → b → a");
    expect(() => startOrder([{ name: "a", after: ["x"] }])).toThrow(/"x"/);
  });
});
