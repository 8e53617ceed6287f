/** What each host holds: memory, open files, processes, connections, files on its memory disk. */
import { containerExec } from "../live/docker.ts";
import type { Holdings } from "./leaks.ts";

/** Sums over /proc; the program that looks and its helpers are not counted. */
const PROGRAM = `
const fs = require("node:fs"), own = new Set([String(process.pid), String(process.ppid)]);
const read = (f) => { try { return fs.readFileSync(f, "utf8"); } catch { return ""; } };
let memory = 0, descriptors = 0, processes = 0;
for (const pid of fs.readdirSync("/proc").filter((p) => /^\\d+$/.test(p))) {
  const status = read("/proc/" + pid + "/status"), cmd = read("/proc/" + pid + "/cmdline");
  if (own.has(pid) || cmd === "" || cmd.includes("status.json") || cmd.startsWith("node\\0-e")) continue;
  processes++;
  memory += 1024 * Number((/^RssAnon:\\s+(\\d+)/m.exec(status) || [0, 0])[1]);
  try { descriptors += fs.readdirSync("/proc/" + pid + "/fd").length; } catch {}
}
const sockets = ["tcp", "tcp6", "udp", "udp6"].reduce((n, f) => n + read("/proc/net/" + f).split("\\n").slice(1).filter((l) => l.trim() !== "" && l.trim().split(/\\s+/)[3] === "01").length, 0);
let files = 0;
const count = (d) => { let all = []; try { all = fs.readdirSync(d, { withFileTypes: true }); } catch {} for (const e of all) { if (e.isDirectory()) count(d + "/" + e.name); else files++; } };
count("/run/headend");
console.log(JSON.stringify({ memory, descriptors, processes, connections: sockets, files }));`;

/** @returns what every host that answers holds, by host */
export async function readHoldings(hosts: readonly { readonly name: string; readonly container: string }[]): Promise<Map<string, Holdings>> {
  const all = await Promise.all(hosts.map(async ({ name, container }) => {
    const { code, stdout } = await containerExec(container, ["node", "-e", PROGRAM], { timeoutMs: 20_000 });
    return code === 0 ? [[name, JSON.parse(stdout) as Holdings] as const] : [];
  }));
  return new Map(all.flat());
}
