/** Certificates by ACME on AWS hosts, against a real authority (Pebble) with its own name server. */
import { axios } from "acme-client";
import { X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AcmeKeeper } from "../../infra/host/pull/acme.ts";
import type { HostPointer } from "../../infra/targets/aws/contract.ts";
import { ensurePebble, startPebble, type Pebble } from "../aws-sim/lib/pebble.ts";

let pebble: Pebble | null = null;
let reason = "";
const NAMES = ["live.example.test", "*.live.example.test", "ingest.example.test"];
const parameters = new Map<string, string>();
const records: string[] = [];

beforeAll(async () => {
  try { ensurePebble(); } catch (error) { reason = error instanceof Error ? error.message : String(error); return; }
  pebble = await startPebble();
  axios.defaults.httpsAgent = new Agent({ ca: pebble.serverCertificate });
}, 300_000);

afterAll(() => { pebble?.stop(); });

function keeper(now: () => Date, log: string[] = []): AcmeKeeper {
  return new AcmeKeeper({
    read: (name) => Promise.resolve(parameters.get(name) ?? null),
    write: (name, value) => { parameters.set(name, value); return Promise.resolve(); },
    setTxt: async (_zone, name, values) => { records.push(`${name} ${values.length}`); await pebble?.setTxt(name, values); },
    now, random: () => 0, sleep: () => Promise.resolve(), log: (line) => { log.push(line); },
  });
}

function pointer(names: readonly string[] = NAMES): HostPointer {
  return {
    format: 1, host: "dist-eu", bundle: "", programs: "", secrets: { path: "/headend/s/dist-eu", version: "1" }, publicAddress: null, recordings: null,
    watch: { logGroup: "", namespace: "" }, group: null, acme: { directory: pebble?.directory ?? "", email: "ops@example.test", names, zoneId: "Z1" },
  };
}

async function got(of: AcmeKeeper, p: HostPointer, log: readonly string[]): Promise<{ certificate: string; key: string }> {
  for (let i = 0; i < 300; i++) {
    const found = await of.current(p);
    if (found !== null) return found;
    await new Promise((r) => { setTimeout(r, 100); });
  }
  throw new Error(`no certificate within 30 s:\n${log.join("\n")}`);
}

test("a host orders one certificate for its names, wildcard included, and shares it", async (context) => {
  if (pebble === null) return context.skip(`Pebble is not to be had: ${reason}`);
  const log: string[] = [];
  const first = await got(keeper(() => new Date(), log), pointer(), log);
  const leaf = new X509Certificate(first.certificate);
  expect(leaf.subjectAltName?.split(", ").map((n) => n.replace("DNS:", "")).sort()).toEqual([...NAMES].sort());
  expect([...parameters.keys()].sort()).toEqual(["/headend/s/dist-eu/acme/account.key", "/headend/s/dist-eu/acme/server.crt", "/headend/s/dist-eu/acme/server.key"]);
  expect(records.filter((r) => r.startsWith("_acme-challenge.live.example.test"))).toContain("_acme-challenge.live.example.test 2");
  expect(records.at(-1)).toMatch(/ 0$/);

  // Another member finds it and orders nothing.
  const orders = records.length;
  const second = await got(keeper(() => new Date()), pointer(), []);
  expect(second.certificate).toBe(first.certificate);
  expect(records.length).toBe(orders);
}, 90_000);

test("it is renewed a month before its end, and served meanwhile", async (context) => {
  if (pebble === null) return context.skip(`Pebble is not to be had: ${reason}`);
  const before = parameters.get("/headend/s/dist-eu/acme/server.crt") ?? "";
  let now = new Date();
  const log: string[] = [];
  const one = keeper(() => now, log);
  expect((await got(one, pointer(), log)).certificate).toBe(before);
  now = new Date(new Date(new X509Certificate(before).validTo).getTime() - 20 * 86_400_000);
  expect((await one.current(pointer()))?.certificate).toBe(before);
  for (let i = 0; i < 300 && parameters.get("/headend/s/dist-eu/acme/server.crt") === before; i++) await new Promise((r) => { setTimeout(r, 100); });
  now = new Date(now.getTime() + 3_700_000);
  expect((await one.current(pointer()))?.certificate, log.join("\n")).not.toBe(before);
}, 90_000);

test("other names are ordered anew; an authority that does not answer is no catastrophe", async (context) => {
  if (pebble === null) return context.skip(`Pebble is not to be had: ${reason}`);
  const log: string[] = [];
  const leaf = new X509Certificate((await got(keeper(() => new Date(), log), pointer([...NAMES, "extra.example.test"]), log)).certificate);
  expect(leaf.subjectAltName).toContain("extra.example.test");
  const p = pointer(["third.example.test"]);
  const silent = keeper(() => new Date(), log);
  expect(await silent.current({ ...p, acme: { ...(p.acme as NonNullable<HostPointer["acme"]>), directory: "https://127.0.0.1:9/dir" } })).toBeNull();
  for (let i = 0; i < 200 && !log.some((l) => l.includes("trying again in 15 min")); i++) await new Promise((r) => { setTimeout(r, 100); });
  expect(log.at(-1)).toContain("third.example.test");
}, 90_000);
