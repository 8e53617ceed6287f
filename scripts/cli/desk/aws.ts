import { randomUUID } from "node:crypto";
import { isSilent, NO_ORDERS, type HostPointer, type Live, type Orders, STORE } from "../../../infra/targets/aws/contract.ts";
import { CliError } from "../lib/errors.ts";
import { openStack, type StackOutputs } from "../lib/stack.ts";
import type { StoreReader } from "../status/aws-hosts.ts";
import { CREDENTIALS, storeAt } from "../status/aws-store.ts";
import type { Desk, Desked } from "./desk.ts";

/** The store to read and to write. */
export interface OrderStore extends StoreReader { put(key: string, text: string): Promise<void> }

/** Hosts look every three seconds, and settle for another. */
const WITHIN_MS = 25_000, EVERY_MS = 700;

/** @throws CliError when the stack is not deployed */
export async function awsDesk(stack: string): Promise<Desk> {
  const outputs = await (await openStack(stack)).outputs();
  if (outputs === null) throw new CliError(`The stack ${stack} is not deployed.`, `Deploy it: npx headend up --stack ${stack}`);
  if (outputs.store === undefined) throw new CliError(`What is deployed of ${stack} does not say where its store is.`, `The next up tells: npx headend up --stack ${stack}`);
  const where = outputs.store.bucket, desk = worded(deskAt(storeAt(outputs.store), outputs.hosts), (error) => new CliError(`The store of ${stack}, s3://${where}, does not answer: ${error instanceof Error ? error.message || error.name : String(error)}`, `${CREDENTIALS} To switch or steer they must be able to write there.`));
  return {
    ...desk,
    async hosts() {
      const hosts = await desk.hosts();
      if (hosts.length === 0) throw new CliError(`No host of ${stack} has told anything in the last minutes.`, `See what is wrong: npx headend doctor --stack ${stack}\nHosts that an older headend deployed tell it after the next up: npx headend up --stack ${stack}`);
      return hosts;
    },
  };
}

/** The desk over a store: orders go in, what hosts tell comes out. */
export function deskAt(store: OrderStore, hosts: StackOutputs["hosts"], clock: { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> } = { now: Date.now, sleep: (ms) => new Promise((done) => { setTimeout(done, ms); }) }): Desk {
  const all = async (roles: readonly string[]): Promise<Live[]> => (await Promise.all(Object.entries(hosts).filter(([, { role }]) => roles.includes(role)).map(([host, { region }]) => livesOf(store, host, region, clock.now())))).flat();

  const tell = async (roles: readonly string[], change: (orders: Orders) => Pick<Orders, "overrides" | "weights">): Promise<readonly string[]> => {
    const listening = await all(roles), id = randomUUID();
    await Promise.all(Object.entries(hosts).filter(([, { role }]) => roles.includes(role)).map(async ([host]) => {
      const before = JSON.parse(await store.text(STORE.orders(host)) ?? "null") as Orders | null;
      await store.put(STORE.orders(host), JSON.stringify({ format: 1, id, ...change(before ?? NO_ORDERS) } satisfies Orders));
    }));
    const waiting = new Map(listening.map((live) => [`${live.host}/${live.instance}`, live])), failed: string[] = [];
    for (const end = clock.now() + WITHIN_MS; waiting.size > 0 && clock.now() < end;) {
      await clock.sleep(EVERY_MS);
      for (const [key, { host, instance }] of waiting) {
        const live = JSON.parse(await store.text(STORE.live(host, instance)) ?? "null") as Live | null;
        if (live?.orders !== id) continue;
        waiting.delete(key);
        if (live.problem !== null) failed.push(`${host}: ${live.problem}`);
      }
    }
    return [...failed, ...[...waiting.values()].map(({ host, instance }) => `${host} (${instance}): no answer within ${WITHIN_MS / 1000} s; it follows when it looks into the store again`)];
  };

  return {
    hosts: async () => (await all(["multiplexer", "transcoder", "distributor"])).map(({ host, instance, agent, forwarder, steering }): Desked => ({ host: hosts[host]?.role === "distributor" ? `${host} ${instance}` : host, agent, forwarder, steering })),
    override: (stream, to) => tell(["multiplexer", "transcoder"], ({ overrides, weights }) => {
      const { [stream]: _before, ...others } = overrides;
      return { overrides: to === "auto" ? others : { ...others, [stream]: to }, weights };
    }),
    weights: (changes) => tell(["distributor"], ({ overrides, weights }) => ({ overrides, weights: changes === null ? {} : { ...weights, ...Object.fromEntries(changes) } })),
  };
}

/** What the instances that are a host now have told lately. */
async function livesOf(store: OrderStore, host: string, region: string | undefined, now: number): Promise<Live[]> {
  const keys = await store.list(STORE.lives(host));
  const lives = (await Promise.all(keys.map(async (key) => JSON.parse(await store.text(key) ?? "null") as Live | null)))
    .filter((live): live is Live => live !== null && !isSilent(live, now)).sort((a, b) => (a.time < b.time ? 1 : -1));
  const group = (JSON.parse(await store.text(STORE.pointer(host)) ?? "null") as HostPointer | null)?.group ?? null;
  // Predecessors' objects stay in the store.
  if (group === null || region === undefined) return lives.slice(0, 1);
  const members = await store.members(region, group.name);
  return lives.filter((live) => members.includes(live.instance)).sort((a, b) => (a.instance < b.instance ? -1 : 1));
}

function worded(desk: Desk, words: (error: unknown) => CliError): Desk {
  const wrap = <A extends readonly unknown[], T>(ask: (...args: A) => Promise<T>) => async (...args: A): Promise<T> => { try { return await ask(...args); } catch (error) { throw words(error); } };
  return { hosts: wrap(desk.hosts), override: wrap(desk.override), weights: wrap(desk.weights) };
}
