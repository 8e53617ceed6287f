/**
 * A slower line between two hosts, without `tc netem`: TCP connections are led through a small program beside the one that opens them, which
 * holds every byte back, both ways. Connections that are open already are cut, as when a line is routed anew.
 */
import { spawn } from "node:child_process";
import type { Host } from "../../infra/plan/model.ts";
import { containerExec, docker } from "../live/docker.ts";
import { waitFor } from "../live/wait.ts";

/** Whom the bridge runs as, so that its own connections are not led into it again; no user of the image has this number. */
const UID = 65_533;
const FIRST_PORT = 39_200;
const TABLE = "ip headend_rehearsal";

const PROGRAM = `
const net = require("node:net"), [ms, ...routes] = process.argv.slice(1);
const carry = (from, to) => {
  from.on("data", (d) => setTimeout(() => { if (to.writable) to.write(d); }, ms));
  from.on("end", () => setTimeout(() => to.end(), ms));
  from.on("error", () => to.destroy());
  from.on("close", () => setTimeout(() => to.destroy(), ms));
};
let open = routes.length;
for (const route of routes) {
  const [port, host, target] = route.split(",");
  net.createServer({ allowHalfOpen: true }, (a) => { const b = net.connect({ host, port: Number(target), allowHalfOpen: true }); carry(a, b); carry(b, a); })
    .listen(Number(port), "127.0.0.1", () => { if (--open === 0) console.log("open"); });
}
process.stdin.on("end", () => process.exit(0)).resume();`;

export interface Route { readonly port: number; readonly address: string; readonly target: number }

/** nftables rules that lead new connections into the bridge and cut those that are not in it. Pure. */
export function bridgeRules(routes: readonly Route[]): string {
  const lead = routes.map((r) => `  ip daddr ${r.address} tcp dport ${r.target} redirect to :${r.port}`), cut = routes.map((r) => `  ip daddr ${r.address} tcp dport ${r.target} reject with tcp reset`);
  return `table ${TABLE} {\n chain lead { type nat hook output priority -100; policy accept;\n  meta skuid ${UID} return\n${lead.join("\n")}\n }\n chain cut { type filter hook output priority 0; policy accept;\n  meta skuid ${UID} return\n${cut.join("\n")}\n }\n}\n`;
}

/** Slows the line from a container to a host's inner ports. @returns how to make it fast again */
export async function slowLine(from: string, to: { readonly host: Host; readonly container: string }, ms: number): Promise<() => Promise<void>> {
  const networks = JSON.parse(await docker(["inspect", "-f", "{{json .NetworkSettings.Networks}}", to.container])) as Record<string, { readonly IPAddress: string }>;
  const addresses = Object.values(networks).map((n) => n.IPAddress).filter(Boolean);
  const ports = to.host.listeners.filter((l) => l.transport === "tcp" && (l.plane === "contribution" || l.plane === "origin")).map((l) => l.port);
  const routes = addresses.flatMap((address) => ports.map((target) => ({ address, target }))).map((r, i): Route => ({ ...r, port: FIRST_PORT + i }));
  const child = spawn("docker", ["exec", "-i", "-u", String(UID), from, "node", "-e", PROGRAM, String(ms), ...routes.map((r) => `${r.port},${r.address},${r.target}`)], { stdio: ["pipe", "pipe", "ignore"], detached: true });
  let ready = false;
  child.stdout.on("data", () => { ready = true; });
  child.stdin.on("error", () => undefined);
  child.on("error", () => undefined);
  const undo = async (): Promise<void> => {
    await containerExec(from, ["nft", "delete", "table", ...TABLE.split(" ")]);
    child.stdin.end();
  };
  try {
    await waitFor(() => ready, { what: "the bridge in user space", timeoutMs: 10_000 });
    const { code, stderr } = await containerExec(from, ["nft", "-f", "-"], { input: bridgeRules(routes) });
    if (code !== 0) throw new Error(stderr.trim().slice(0, 300));
    return undo;
  } catch (error) {
    await undo();
    throw error;
  }
}
