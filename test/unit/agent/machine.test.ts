import { describe, expect, it } from "vitest";
import { type Action, backoff, type Event, initialState, limitsFor, type State, step } from "../../../infra/agent/machine.ts";

const LIMITS = limitsFor(2, true);

/** Drives the machine with a fake clock; `at` is monotonic seconds. */
class Driver {
  state: State = initialState(0);
  actions: Action[] = [];
  send(event: Event): this { const next = step(this.state, event, LIMITS); this.state = next.state; this.actions.push(...next.actions); return this; }
  tick(mono: number, mark: number | null = null, lag: number | null = null, relayUp = true): this { return this.send({ kind: "tick", mono, mark, lag, relayUp }); }
  exit(mono: number, code: number | null): this { return this.send({ kind: "exited", mono, code }); }
  take(): Action[] { const taken = this.actions; this.actions = []; return taken; }
}

const running = (): Driver => { const d = new Driver().tick(0).tick(2, 100, 0.1); d.take(); return d; };

describe("supervisor state machine", () => {
  it("starts when the relay answers, and after 5 s in any case", () => {
    expect(new Driver().tick(0, null, null, false).tick(4.9, null, null, false).take()).toEqual([]);
    expect(new Driver().tick(0, null, null, false).tick(5, null, null, false).take()).toEqual([{ kind: "spawn" }]);
    expect(new Driver().tick(0).take()).toEqual([{ kind: "spawn" }]);
  });

  it("restarts 0.1 s after a run that produced segments", () => {
    const d = running().exit(10, null);
    expect(d.tick(10.05).take()).toEqual([]);
    expect(d.tick(10.1).take()).toEqual([{ kind: "spawn" }]);
  });

  it("backs off, up to 5 s, while runs produce nothing", () => {
    expect([1, 2, 3, 6, 50].map(backoff)).toEqual([0.2, 0.4, 0.8, 5, 5]);
    const d = new Driver().tick(0).exit(1, 1);
    expect(d.state).toMatchObject({ kind: "waiting", at: 1.2 });
    d.tick(1.2).exit(2, 1);
    expect(d.state).toMatchObject({ kind: "waiting", at: 2.4 });
  });

  it("looks again quickly when the relay refuses, but not for ever", () => {
    const d = new Driver();
    let mono = 0;
    for (let i = 0; i < 30; i++) { d.tick(mono).exit(mono, 145); expect(d.state).toMatchObject({ at: mono + 0.1 }); mono += 0.1; }
    d.tick(mono).exit(mono, 145);
    expect(d.state).toMatchObject({ at: mono + 1 });
  });

  it("kills a run without a first segment after the grace period, not before", () => {
    const d = new Driver().tick(0);
    d.take();
    expect(d.tick(8).take()).toEqual([]);
    expect(d.tick(8.1).take()).toMatchObject([{ kind: "kill" }]);
    expect(d.state.kind).toBe("ending");
  });

  it("kills a run that stops producing after a segment and 1.5 s", () => {
    const d = running();
    expect(d.tick(5.5, 100, 3).take()).toEqual([]);
    expect(d.tick(5.6, 100, 3).take()).toMatchObject([{ kind: "kill", reason: expect.stringContaining("no new output") }]);
    expect(d.exit(5.7, null).tick(5.8).take()).toEqual([{ kind: "spawn" }]);
  });

  it("lets a run catch up, and kills one that stays behind or runs ahead", () => {
    const catchingUp = running();
    for (let i = 0; i < 20; i++) catchingUp.tick(9 + i, 101 + i, 8 - i * 0.3);
    expect(catchingUp.take()).toEqual([]);
    const behind = running();
    for (let i = 0; i < 20; i++) behind.tick(9 + i, 101 + i, 6);
    expect(behind.take()).toMatchObject([{ kind: "kill", reason: expect.stringContaining("behind") }]);
    expect(running().tick(9, 101, -0.4).take()).toMatchObject([{ kind: "kill", reason: expect.stringContaining("ahead") }]);
  });

  it("replaces a run at once and skips the back-off when settings change", () => {
    const d = running().send({ kind: "replace", mono: 20, reason: "its settings changed" });
    expect(d.take()).toEqual([{ kind: "kill", reason: "its settings changed" }]);
    expect(d.exit(20.01, null).tick(20.2).take()).toEqual([{ kind: "spawn" }]);
    const waiting = new Driver().tick(0).exit(1, 1).exit(1, 1);
    waiting.take();
    expect(waiting.send({ kind: "replace", mono: 1.01, reason: "x" }).tick(1.01).take()).toEqual([{ kind: "spawn" }]);
  });

  it("stays stopped", () => {
    const d = running().send({ kind: "stop" });
    expect(d.take()).toMatchObject([{ kind: "kill" }]);
    expect(d.exit(3, null).tick(100).take()).toEqual([]);
  });
});
