/** What is said by hand reaches hosts on AWS: the host's side, and the command's. */
import { beforeEach, describe, expect, test } from "vitest";
import type { AgentStatus, StreamStatus } from "../../../infra/agent/status.ts";
import type { Override } from "../../../infra/agent/selection.ts";
import { OrderTaker } from "../../../infra/host/pull/orders.ts";
import type { SteeringStatus } from "../../../infra/steering/status.ts";
import { LIVE_SECONDS, type Live, type Orders, STORE } from "../../../infra/targets/aws/contract.ts";
import { deskAt, type OrderStore } from "../../../scripts/cli/desk/aws.ts";

/** A host whose programs do as they are told. */
class Host {
  orders: Orders | null = null;
  outage = false;
  refuses = "";
  time = Date.parse("2026-12-05T18:00:00Z");
  readonly overrides: Record<string, Override> = { main: "auto", side: "auto" };
  weights: Readonly<Record<string, number>> = {};
  publishers: readonly string[] | null = ["main/truck"];
  readonly lives: Live[] = [];
  readonly did: string[] = [];
  readonly said: string[] = [];
  readonly taker: OrderTaker;

  constructor(readonly has: { readonly agent?: boolean; readonly steering?: boolean } = { agent: true, steering: true }) {
    this.taker = new OrderTaker({
      store: { orders: () => (this.outage ? Promise.reject(new Error("503")) : Promise.resolve(this.orders)), live: (live) => { this.lives.push(live); return Promise.resolve(); } },
      programs: {
        agent: () => Promise.resolve(this.has.agent ? { host: "tx-eu-1", streams: Object.entries(this.overrides).map(([name, override]) => ({ name, override, active: override === "slate" ? "slate" : "in/x", healthy: true, inputs: [] }) as unknown as StreamStatus) } as unknown as AgentStatus : null),
        forwarder: () => Promise.resolve(null),
        steering: () => Promise.resolve(this.has.steering ? { self: "dist-eu", problem: null, override: this.weights, ways: ["cdn", "dist-eu"].map((id) => ({ id, alive: true, weight: this.weights[id] ?? 1 })) } as unknown as SteeringStatus : null),
        publishers: () => Promise.resolve(this.publishers),
        override: (program, stream, to) => { if (this.refuses) return Promise.reject(new Error(this.refuses)); this.did.push(`${program} ${stream} ${to}`); this.overrides[stream] = to; return Promise.resolve(); },
        weights: (weights) => { this.did.push(`weights ${JSON.stringify(weights)}`); this.weights = weights; return Promise.resolve(); },
      },
      host: "tx-eu-1", instance: "i-1", now: () => new Date(this.time), settle: () => Promise.resolve(), log: (line) => { this.said.push(line); },
    });
  }

  order(change: Partial<Orders>): void { this.orders = { format: 1, id: `order ${change.id ?? "1"}`, overrides: {}, weights: {}, ...change }; }
}

describe("on the host", () => {
  let host: Host;
  beforeEach(() => { host = new Host(); });

  test("without orders nothing is touched, and what runs is told once a minute", async () => {
    host.overrides["main"] = "backup";
    for (let s = 0; s < LIVE_SECONDS * 2; s += 3) { await host.taker.tick(); host.time += 3000; }
    expect(host.did).toEqual([]);
    expect(host.lives.map((l) => [l.orders, l.publishers?.join(), l.agent?.streams.length])).toEqual([["", "main/truck", 2], ["", "main/truck", 2]]);
  });

  test("orders are carried out once, told at once with what came of them, and again after a restart", async () => {
    host.order({ id: "a", overrides: { main: "slate", gone: "slate" }, weights: { cdn: 0, "dist-us": 3 } });
    await host.taker.tick();
    await host.taker.tick();
    expect(host.did).toEqual(["agent main slate", 'weights {"cdn":0}']);
    expect(host.lives).toMatchObject([{ orders: "a", problem: null, agent: { streams: [{ name: "main", active: "slate" }, {}] }, steering: { override: { cdn: 0 } } }]);
    host.overrides["main"] = "auto";
    await host.taker.tick();
    expect(host.did).toHaveLength(3);
    host.order({ id: "b" });
    await host.taker.tick();
    expect(host.did.slice(3)).toEqual(["agent main auto", "weights {}"]);
    expect(host.lives.at(-1)?.orders).toBe("b");
  });

  test("who comes and goes at a multiplexer is told at once", async () => {
    await host.taker.tick();
    host.publishers = [];
    await host.taker.tick();
    expect(host.lives.map((l) => l.publishers)).toEqual([["main/truck"], []]);
  });

  test("what a program refuses is told in its words and tried again; an outage changes nothing", async () => {
    host.refuses = 'no stream "main" here';
    host.order({ overrides: { main: "slate" } });
    await host.taker.tick();
    expect(host.lives.at(-1)?.problem).toBe('agent has main on slate: no stream "main" here');
    host.refuses = "";
    host.outage = true;
    await host.taker.tick();
    await host.taker.tick();
    expect(host.said.filter((l) => l.includes("503"))).toHaveLength(1);
    host.outage = false;
    await host.taker.tick();
    expect([host.did, host.lives.at(-1)?.problem]).toEqual([["agent main slate"], null]);
  });
});

describe("the command's side", () => {
  const hosts = { "mux-eu-a": { role: "multiplexer", region: "eu-central-1", ports: {} }, "tx-eu-1": { role: "transcoder", region: "eu-central-1", ports: {} }, "dist-eu": { role: "distributor", region: "eu-central-1", ports: {} } };
  const objects = new Map<string, string>();
  let now: number, answering: readonly string[];
  const live = (host: string, instance: string, more: Partial<Live> = {}): void => void objects.set(STORE.live(host, instance), JSON.stringify({ format: 1, host, instance, orders: "", problem: null, publishers: null, agent: null, forwarder: null, steering: null, time: new Date(now).toISOString(), ...more } satisfies Live));
  const store: OrderStore = {
    text: (key) => Promise.resolve(objects.get(key) ?? null), list: (prefix) => Promise.resolve([...objects.keys()].filter((k) => k.startsWith(prefix))),
    put: (key, text) => { objects.set(key, text); return Promise.resolve(); }, members: () => Promise.resolve(["i-1", "i-2"]),
  };
  const desk = deskAt(store, hosts, { now: () => now, sleep: (ms) => {
    now += ms;
    for (const who of answering) { const [host = "", instance = ""] = who.split("/"); const orders = JSON.parse(objects.get(STORE.orders(host)) ?? "null") as Orders | null; if (orders) live(host, instance, { orders: orders.id }); }
    return Promise.resolve();
  } });
  const ordersOf = (host: string): Partial<Orders> => { const { overrides, weights } = JSON.parse(objects.get(STORE.orders(host)) ?? "{}") as Orders; return { overrides, weights }; };

  beforeEach(() => {
    objects.clear();
    now = Date.parse("2026-12-05T18:00:00Z");
    for (const host of Object.keys(hosts)) objects.set(STORE.pointer(host), JSON.stringify({ group: host.startsWith("dist") ? { name: "g", drainSeconds: 60 } : null }));
    live("mux-eu-a", "i-m"); live("tx-eu-1", "i-t"); live("dist-eu", "i-1"); live("dist-eu", "i-2"); live("dist-eu", "i-gone");
    answering = ["mux-eu-a/i-m", "tx-eu-1/i-t", "dist-eu/i-1", "dist-eu/i-2"];
  });

  test("an override goes to transcoders and multiplexers beside what is set already, and auto takes it back", async () => {
    expect(await desk.override("main", "backup")).toEqual([]);
    expect(await desk.override("side", "slate")).toEqual([]);
    expect([ordersOf("tx-eu-1"), ordersOf("mux-eu-a"), objects.has(STORE.orders("dist-eu"))]).toEqual([{ overrides: { main: "backup", side: "slate" }, weights: {} }, { overrides: { main: "backup", side: "slate" }, weights: {} }, false]);
    await desk.override("main", "auto");
    expect(ordersOf("tx-eu-1").overrides).toEqual({ side: "slate" });
  });

  test("weights go to every member of a group, and null takes them back", async () => {
    expect(await desk.weights(new Map([["cdn", 0]]))).toEqual([]);
    expect(await desk.weights(new Map([["dist-eu", 3]]))).toEqual([]);
    expect(ordersOf("dist-eu").weights).toEqual({ cdn: 0, "dist-eu": 3 });
    await desk.weights(null);
    expect(ordersOf("dist-eu").weights).toEqual({});
    expect((await desk.hosts()).map((h) => h.host)).toEqual(["mux-eu-a", "tx-eu-1", "dist-eu i-1", "dist-eu i-2"]);
  });

  test("who does not answer is named; who has been silent for long is not waited for", async () => {
    answering = ["mux-eu-a/i-m"];
    expect(await desk.override("main", "slate")).toEqual([expect.stringMatching(/^tx-eu-1 \(i-t\): no answer within 25 s/)]);
    now += 10 * 60_000;
    live("mux-eu-a", "i-m");
    expect(await desk.override("main", "auto")).toEqual([]);
    expect((await desk.hosts()).map((h) => h.host)).toEqual(["mux-eu-a"]);
  });
});
