import { expect, test } from "vitest";
import { groupKey, STORE, type HostPointer, type Report } from "../../../infra/targets/aws/contract.ts";
import { awsHosts, type StoreReader } from "../../../scripts/cli/status/aws-hosts.ts";

const pointer = (host: string, group: string | null = null): HostPointer => ({
  format: 1, host, bundle: "new", programs: "p2", secrets: { path: `/headend/show/${host}`, version: "s1" }, publicAddress: null, recordings: null,
  watch: { logGroup: "g", namespace: "n" }, group: group === null ? null : { name: group, drainSeconds: 120 }, acme: null,
});
const report = (host: string, instance: string, more: Partial<Report> = {}): Report => ({
  format: 1, host, instance, bundle: "new", secretsVersion: "s1", programs: "p2", ok: true, message: "ok", changedFiles: [], time: "2030-01-01T00:00:00Z", ...more,
});

function store(pointers: readonly HostPointer[], reports: readonly Report[], members: readonly string[] = []): StoreReader {
  const all = new Map<string, string>([...pointers.map((p) => [STORE.pointer(p.host), JSON.stringify(p)] as const), ...reports.map((r) => [STORE.report(r.host, r.instance), JSON.stringify(r)] as const)]);
  return { text: async (key) => all.get(key) ?? null, list: async (prefix) => [...all.keys()].filter((k) => k.startsWith(prefix)), members: async () => members };
}
const host = (role: string): { role: string; region: string; ports: Record<string, number> } => ({ role, region: "eu-central-1", ports: {} });
const states = async (hosts: Parameters<typeof awsHosts>[0], s: StoreReader): Promise<string[]> => (await awsHosts(hosts, s)).map((h) => `${h.host} ${h.instance ?? "-"} ${h.state}`);

test("a host is as its newest report says, and a predecessor's counts no more", async () => {
  const hosts = { "mux-eu-a": host("multiplexer") }, all = [pointer("mux-eu-a")];
  const old = report("mux-eu-a", "i-old", { ok: false });
  expect(await states(hosts, store(all, [old, report("mux-eu-a", "i-new", { time: "2030-01-02T00:00:00Z" })]))).toEqual(["mux-eu-a i-new in force"]);
  expect(await states(hosts, store(all, [old]))).toEqual(["mux-eu-a i-old refused"]);
  expect(await states(hosts, store(all, [report("mux-eu-a", "i", { bundle: "older" })]))).toEqual(["mux-eu-a i behind"]);
  expect(await states(hosts, store(all, [report("mux-eu-a", "i", { programs: "p1" })]))).toEqual(["mux-eu-a i behind"]);
  expect(await states(hosts, store(all, [report("mux-eu-a", "i", { bundle: "", ok: false, message: "The bootstrap failed" })]))).toEqual(["mux-eu-a i refused"]);
  expect(await states(hosts, store(all, []))).toEqual(["mux-eu-a - silent"]);
  expect(await states(hosts, store([], []))).toEqual(["mux-eu-a - silent"]);
});

test("of a group every member counts, and none that is gone", async () => {
  const key = groupKey("eu"), hosts = { [key]: host("distributor") }, all = [pointer(key, "headend-show-dist-eu")];
  const reports = [report(key, "i-1"), report(key, "i-gone", { ok: false })];
  expect(await states(hosts, store(all, reports, ["i-1", "i-2"]))).toEqual([`${key} i-1 in force`, `${key} i-2 silent`]);
  expect(await states(hosts, store(all, reports))).toEqual([`${key} - silent`]);
});
