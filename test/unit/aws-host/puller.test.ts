import { describe, expect, test } from "vitest";
import { HostFailure } from "../../../infra/host/failure.ts";
import { Puller, type Applied } from "../../../infra/host/pull/puller.ts";
import type { SeenPointer } from "../../../infra/host/pull/store.ts";
import type { HostPointer, Report } from "../../../infra/targets/aws/contract.ts";

const POINTER: HostPointer = {
  format: 1, host: "mux-eu-a", bundle: "b1", programs: "p1", secrets: { path: "/headend/s/mux-eu-a", version: "v1" }, publicAddress: null, recordings: null,
  watch: { logGroup: "/headend/s/multiplexer", namespace: "headend/s" }, group: null, acme: null,
};

/** A pull mode in which everything outside does what the test says. */
class World {
  seen: SeenPointer | null = { pointer: POINTER, version: "1" };
  outage: Error | null = null;
  reportOutage = false;
  bundle: string | HostFailure = JSON.stringify({ version: 1, host: "mux-eu-a", secrets: ["link/a/b"] });
  answer: Applied = { ok: true, lines: ["~ mediamtx/mediamtx.yml", "applied"] };
  configured = true;
  installed = "p1";
  problem: string | null = null;
  address: string | null = "203.0.113.9";
  readonly reports: Report[] = [];
  readonly applied: unknown[] = [];
  readonly wanted: string[] = [];
  readonly said: string[] = [];
  readonly asked: string[][] = [];
  readonly puller = new Puller({
    store: {
      pointer: () => this.outage ? Promise.reject(this.outage) : Promise.resolve(this.seen),
      bundle: () => typeof this.bundle === "string" ? Promise.resolve(this.bundle) : Promise.reject(this.bundle),
      secrets: (_path, names) => { this.asked.push([...names]); return Promise.resolve(Object.fromEntries(names.map((n) => [n, `value of ${n}`]))); },
      report: (report) => { if (this.reportOutage) return Promise.reject(new Error("503")); this.reports.push(report); return Promise.resolve(); },
    },
    hostd: { apply: (input) => { this.applied.push(input); return Promise.resolve(this.answer); }, configured: () => Promise.resolve(this.configured) },
    programs: { installed: () => this.installed, want: (sha256) => { this.wanted.push(sha256); }, problem: () => this.problem },
    host: "mux-eu-a", instance: "i-1", publicAddress: () => Promise.resolve(this.address),
    acme: () => Promise.resolve({ certificate: "CRT", key: "KEY" }), adopted: () => undefined,
    now: () => new Date("2026-01-01T00:00:00Z"), random: () => 0.5, log: (line) => { this.said.push(line); },
  });

  point(change: Partial<HostPointer>, version: string): void { this.seen = { pointer: { ...POINTER, ...change }, version }; }
}

describe("pull mode", () => {
  test("applies once, reports, and then only looks", async () => {
    const w = new World();
    expect(await w.puller.tick()).toBe(3000);
    await w.puller.tick();
    expect(w.applied).toEqual([{ bundle: JSON.parse(w.bundle as string) as unknown, secrets: { "link/a/b": "value of link/a/b" }, public: "203.0.113.9" }]);
    expect(w.reports).toEqual([{
      format: 1, host: "mux-eu-a", instance: "i-1", bundle: "b1", secretsVersion: "v1", programs: "p1", ok: true,
      message: "~ mediamtx/mediamtx.yml\napplied", changedFiles: ["mediamtx/mediamtx.yml"], time: "2026-01-01T00:00:00.000Z",
    }]);
  });

  test("what was refused is not tried again, until the pointer is written again", async () => {
    const w = new World();
    w.answer = { ok: false, lines: ["mediamtx: its new configuration is not valid."] };
    await w.puller.tick();
    await w.puller.tick();
    expect(w.applied).toHaveLength(1);
    expect(w.reports).toMatchObject([{ ok: false }]);
    w.point({}, "2");   // the same text
    await w.puller.tick();
    expect(w.applied).toHaveLength(2);
  });

  test("what was refused while nothing is in force is tried again, later and later", async () => {
    const w = new World();
    w.answer = { ok: false, lines: ["no"] };
    w.configured = false;
    const waits = [await w.puller.tick(), await w.puller.tick(), await w.puller.tick()];
    expect(w.applied).toHaveLength(3);
    expect(waits).toEqual([6000, 12_000, 24_000]);
  });

  test("an outage changes nothing, is told once, and ends by itself", async () => {
    const w = new World();
    await w.puller.tick();
    w.outage = new Error("connect ECONNREFUSED");
    for (let i = 0; i < 8; i++) expect(await w.puller.tick()).toBeLessThanOrEqual(30_000);
    expect(w.said.filter((l) => l.includes("ECONNREFUSED"))).toHaveLength(1);
    expect(w.applied).toHaveLength(1);
    w.outage = null;
    w.point({ bundle: "b2" }, "2");
    expect(await w.puller.tick()).toBe(3000);
    expect(w.reports.at(-1)).toMatchObject({ bundle: "b2", ok: true });
  });

  test("a report that could not be written is written later", async () => {
    const w = new World();
    w.reportOutage = true;
    await w.puller.tick();
    w.reportOutage = false;
    await w.puller.tick();
    expect(w.reports).toHaveLength(1);
    expect(w.applied).toHaveLength(1);
  });

  test("a bundle that is not what its name says is reported and never applied", async () => {
    const w = new World();
    w.bundle = new HostFailure("not what its name says");
    await w.puller.tick();
    expect(w.applied).toHaveLength(0);
    expect(w.reports).toMatchObject([{ ok: false, message: "not what its name says" }]);
  });

  test("other programs are installed first; a failure of that is reported", async () => {
    const w = new World();
    w.point({ programs: "p2", bundle: "b2" }, "2");
    await w.puller.tick();
    expect([w.wanted, w.applied]).toEqual([["p2"], []]);
    w.problem = "Programs p2 could not be installed:\nno such archive";
    await w.puller.tick();
    expect(w.reports).toMatchObject([{ ok: false, bundle: "b2", programs: "p1", message: w.problem }]);
    w.installed = "p2";
    await w.puller.tick();
    expect(w.reports.at(-1)).toMatchObject({ ok: true, programs: "p2" });
  });

  test("a new public address and new secrets are applied", async () => {
    const w = new World();
    await w.puller.tick();
    w.address = "203.0.113.10";
    await w.puller.tick();
    w.point({ secrets: { path: "/headend/s/mux-eu-a", version: "v2" } }, "2");
    await w.puller.tick();
    w.point({ secrets: { path: "/headend/s/mux-eu-a", version: "v2" }, publicAddress: "198.51.100.1" }, "3");
    await w.puller.tick();
    expect(w.applied).toMatchObject([{ public: "203.0.113.9" }, { public: "203.0.113.10" }, { public: "203.0.113.10" }, { public: "198.51.100.1" }]);
    expect(w.reports.at(-1)).toMatchObject({ secretsVersion: "v2" });
  });

  test("with an ACME order the certificate does not come from the store", async () => {
    const w = new World();
    w.bundle = JSON.stringify({ secrets: ["link/a/b", "tls/server.crt", "tls/server.key"] });
    w.point({ acme: { directory: "https://acme.test", email: null, names: ["live.test"], zoneId: "Z" } }, "2");
    await w.puller.tick();
    expect(w.asked).toEqual([["link/a/b"]]);
    expect(w.applied).toMatchObject([{ secrets: { "tls/server.crt": "CRT", "tls/server.key": "KEY" } }]);
  });

  test("hosts do not look at the same moment", async () => {
    const w = new World();
    const waits = new Set<number>();
    for (const random of [0, 0.3, 1]) {
      (w.puller as unknown as { deps: { random: () => number } }).deps.random = () => random;
      waits.add(await w.puller.tick());
    }
    expect([...waits]).toEqual([2400, 2760, 3600]);
  });
});
