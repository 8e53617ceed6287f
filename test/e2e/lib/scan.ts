/** Looks from inside one container at the ports of another host: the proof that only what the plan lists is reachable. */
import { containerExec } from "../../../scripts/live/docker.ts";

/** "filtered": no answer at all; "unreachable": no route or no such name. */
export type PortState = "open" | "refused" | "filtered" | "unreachable";

const PROGRAM = `
const net = require("node:net"), [target, wait, ...ports] = process.argv.slice(2);
const probe = (port) => new Promise((done) => {
  const s = net.connect({ host: target, port: Number(port) });
  const end = (state) => { s.destroy(); done([port, state]); };
  s.setTimeout(Number(wait), () => end("filtered"));
  s.on("connect", () => end("open"));
  s.on("error", (e) => end(e.code === "ECONNREFUSED" ? "refused" : e.code === "ETIMEDOUT" ? "filtered" : "unreachable"));
});
(async () => {
  const out = {}, queue = [...ports];
  await Promise.all(Array.from({ length: 256 }, async () => { for (let p; (p = queue.pop()); ) { const [k, v] = await probe(p); out[k] = v; } }));
  console.log(JSON.stringify(out));
})();`;

/**
 * TCP connect scan, with Node inside `fromContainer` (as its root, so past its own outgoing rules only if those allow).
 * @param target host name or address as that container knows it
 * @param waitMs silence after which a port counts as filtered
 */
export async function scan(fromContainer: string, target: string, ports: readonly number[], waitMs = 1200): Promise<ReadonlyMap<number, PortState>> {
  const r = await containerExec(fromContainer, ["node", "-", target, String(waitMs), ...ports.map(String)], { input: PROGRAM, timeoutMs: 60_000 + ports.length * 20 });
  if (r.code !== 0) throw new Error(`The port scan from ${fromContainer} failed: ${r.stderr.trim().slice(0, 300)}`);
  const found = JSON.parse(r.stdout) as Record<string, PortState>;
  return new Map(ports.map((p) => [p, found[String(p)] ?? "unreachable"]));
}

/** The open ones, in order. */
export const openPorts = (result: ReadonlyMap<number, PortState>): number[] => [...result].filter(([, s]) => s === "open").map(([p]) => p).sort((a, b) => a - b);
