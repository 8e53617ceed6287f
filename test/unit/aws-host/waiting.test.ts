import { expect, test } from "vitest";
import { awaitReports, type WaitDeps } from "../../../scripts/aws/waiting.ts";
import { STORE, type Expectation, type Expectations, type Report } from "../../../infra/targets/aws/contract.ts";

const MUX: Expectation = { key: "mux-eu-a", region: "eu-central-1", bundle: "b2", secretsVersion: "v1", programs: "p1", who: { instance: "i-mux" } };
const DIST: Expectation = { key: "dist-eu", region: "eu-central-1", bundle: "b3", secretsVersion: "v1", programs: "p1", who: { group: "festival-dist-eu" } };
const expected = (...hosts: Expectation[]): Expectations => ({ stack: "festival", bucket: "store", bucketRegion: "eu-central-1", timeoutSeconds: 60, hosts });

function report(host: Expectation, instance: string, change: Partial<Report> = {}): Report {
  return { format: 1, host: host.key, instance, bundle: host.bundle, secretsVersion: host.secretsVersion, programs: host.programs, ok: true, message: "applied in 0.3 s", changedFiles: [], time: "", ...change };
}

class Store {
  now = 1_000_000_000;
  members: string[] = [];
  readonly said: string[] = [];
  readonly touched: string[] = [];
  readonly reports = new Map<string, { report: Report; modified: Date }>();
  /** What happens after so many milliseconds. */
  readonly later: { at: number; run: () => void }[] = [];
  pointerAt = this.now;
  down = 0;

  put(key: string, of: Report): void { this.reports.set(key, { report: of, modified: new Date(this.now) }); }
  after(ms: number, run: () => void): void { this.later.push({ at: this.now + ms, run }); }

  readonly deps: WaitDeps = {
    report: (key) => this.down-- > 0 ? Promise.reject(new Error("503")) : Promise.resolve(this.reports.get(key) ?? null),
    modified: () => Promise.resolve(new Date(this.pointerAt)),
    touch: (key) => { this.touched.push(key); this.pointerAt = this.now; return Promise.resolve(new Date(this.now)); },
    members: () => Promise.resolve(this.members),
    now: () => this.now,
    sleep: (ms) => { this.now += ms; for (const l of this.later.splice(0)) if (l.at <= this.now) l.run(); else this.later.push(l); return Promise.resolve(); },
    say: (line) => { this.said.push(line); },
  };
}

test("waits for every host and every member", async () => {
  const s = new Store();
  s.members = ["i-1", "i-2"];
  s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux", { bundle: "b1" }));   // of the configuration before
  s.after(4_000, () => s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux")));
  s.after(6_000, () => s.put(STORE.report("dist-eu", "i-1"), report(DIST, "i-1")));
  s.after(9_000, () => s.put(STORE.report("dist-eu", "i-2"), report(DIST, "i-2")));
  const result = await awaitReports(expected(MUX, DIST), s.deps);
  expect(result.ok).toBe(true);
  expect(result.hosts.map((h) => h.instance)).toEqual(["i-mux", "i-1", "i-2"]);
  expect(s.said[0]).toBe("mux-eu-a (i-mux): applied in 0.3 s");
});

test("fails with the host's own words, without waiting for the time-out", async () => {
  const s = new Store();
  s.after(2_000, () => s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux", { ok: false, message: "nginx: [emerg] unknown directive" })));
  const began = s.now;
  const result = await awaitReports(expected(MUX), s.deps);
  expect(result).toMatchObject({ ok: false, hosts: [{ outcome: "refused", message: "nginx: [emerg] unknown directive" }] });
  expect(s.now - began).toBeLessThan(20_000);
  expect(s.said.join("\n")).toContain("still runs what it had\n    nginx: [emerg] unknown directive");
});

test("a refusal of an earlier run asks the host to try again, once", async () => {
  const s = new Store();
  s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux", { ok: false, message: "no" }));
  s.now += 600_000;
  s.after(4_000, () => s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux")));
  expect((await awaitReports(expected(MUX), s.deps)).ok).toBe(true);
  expect(s.touched).toEqual([STORE.pointer("mux-eu-a")]);
});

test("a silent host is told with what to look at", async () => {
  const s = new Store();
  const result = await awaitReports(expected(MUX), s.deps);
  expect(result).toMatchObject({ ok: false, hosts: [{ outcome: "silent" }] });
  expect(result.hosts[0]?.message).toContain("get-console-output --latest --output text --region eu-central-1 --instance-id i-mux");
  expect(s.said.filter((l) => l.startsWith("waiting for mux-eu-a"))).toHaveLength(2);
});

test("a host whose bootstrap failed says so at once", async () => {
  const s = new Store();
  s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux", { bundle: "", secretsVersion: "", ok: false, message: "The bootstrap failed: programs/p1.tar.gz could not be fetched" }));
  const result = await awaitReports(expected(MUX), s.deps);
  expect(result).toMatchObject({ ok: false, hosts: [{ outcome: "refused" }] });
  expect(s.said[0]).toBe("mux-eu-a (i-mux): not set up\n    The bootstrap failed: programs/p1.tar.gz could not be fetched");
});

test("lost requests do not matter, no access does", async () => {
  const s = new Store();
  s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux"));
  s.down = 3;
  expect((await awaitReports(expected(MUX), s.deps)).ok).toBe(true);
  s.down = 99;
  await expect(awaitReports(expected(MUX), s.deps)).rejects.toThrow("503");
});

test("programs that are not installed yet are waited for", async () => {
  const s = new Store();
  s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux", { programs: "p0" }));
  s.after(10_000, () => s.put(STORE.report("mux-eu-a", "i-mux"), report(MUX, "i-mux")));
  expect((await awaitReports(expected(MUX), s.deps)).ok).toBe(true);
});
