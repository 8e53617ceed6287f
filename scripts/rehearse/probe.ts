/** Looks into every host of the stack ten times a second, by one small program inside each, and remembers what changed. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { AGENT_PORT, RELAY_API_PORT, RUN } from "../../infra/render/paths.ts";
import type { Role } from "../../infra/plan/model.ts";

export interface ProbedService { readonly name: string; readonly state: string; readonly pid: number | null; readonly restarts: number }
export interface ProbedStream { readonly name: string; readonly active: string; readonly healthy: boolean; readonly newest: number | null; readonly pid: number | null; readonly restarts: number }
/** One look into a host. Null: what should answer does not. */
export interface Look {
  /** Wall clock, ms. */
  readonly at: number;
  readonly ready: boolean;
  readonly services: readonly ProbedService[] | null;
  readonly streams: readonly ProbedStream[] | null;
  /** Paths of a multiplexer that have a publisher: path → its connection's type and id. */
  readonly online: Readonly<Record<string, string>> | null;
}

/** Runs in the host; prints a line whenever something changed, and each half second. */
const PROGRAM = `
const http = require("node:http"), fs = require("node:fs");
const role = process.argv[1];
const get = (port, path) => new Promise((done) => {
  const q = http.get({ host: "127.0.0.1", port, path, timeout: 800 }, (s) => { let t = ""; s.on("data", (c) => { t += c; }); s.on("end", () => { try { done(JSON.parse(t)); } catch { done(null); } }); s.on("error", () => done(null)); });
  q.on("timeout", () => q.destroy()); q.on("error", () => done(null));
});
let last = "", told = 0;
async function look() {
  let host = null;
  try { host = JSON.parse(fs.readFileSync("${RUN}/status.json", "utf8")); process.kill(host.pid, 0); } catch { host = null; }
  const [agent, paths] = await Promise.all([role === "transcoder" ? get(${AGENT_PORT}, "/status") : null, role === "multiplexer" ? get(${RELAY_API_PORT}, "/v3/paths/list?itemsPerPage=1000") : null]);
  const text = JSON.stringify({
    ready: host !== null && host.ready,
    services: host && host.services.map(({ name, state, pid, restarts }) => ({ name, state, pid, restarts })),
    streams: agent && agent.streams.map((s) => ({ name: s.name, active: s.active, healthy: s.healthy, newest: s.newest, pid: s.ffmpeg.pid, restarts: s.ffmpeg.restarts })),
    online: paths && Object.fromEntries((paths.items || []).filter((p) => p.online || p.ready).map((p) => [p.name, (p.source ? p.source.type + " " + p.source.id : "")])),
  });
  const now = Date.now();
  if (text !== last || now - told > 500) { last = text; told = now; process.stdout.write('{"at":' + now + "," + text.slice(1) + "\\n"); }
}
process.stdin.on("end", () => process.exit(0));
(async () => { for (;;) { await look(); await new Promise((r) => setTimeout(r, 100)); } })();
`;

export interface ProbedHost { readonly name: string; readonly role: Role; readonly container: string }
export type Listener = (host: string, look: Look, before: Look | null) => void;

export class Probes {
  private readonly looks = new Map<string, Look>();
  private readonly running = new Map<string, ChildProcess>();
  private stopped = false;

  constructor(private readonly hosts: readonly ProbedHost[], private readonly listener: Listener) {}

  start(): this { for (const host of this.hosts) this.run(host); return this; }

  /** The newest look; null before the first. It may be old: see {@link Look.at}. */
  look(host: string): Look | null { return this.looks.get(host) ?? null; }

  stop(): void {
    this.stopped = true;
    for (const child of this.running.values()) child.kill("SIGKILL");
  }

  private run(host: ProbedHost): void {
    if (this.stopped) return;
    // `-e` keeps standard input free: its end tells the program that nobody listens any more.
    const child = spawn("docker", ["exec", "-i", host.container, "node", "-e", PROGRAM, host.role], { stdio: ["pipe", "pipe", "ignore"], detached: true });
    this.running.set(host.name, child);
    child.stdin.on("error", () => undefined);
    child.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => {
      let look: Look;
      try { look = JSON.parse(line) as Look; } catch { return; }
      const before = this.look(host.name);
      this.looks.set(host.name, look);
      this.listener(host.name, look, before);
    });
    child.on("close", () => { if (!this.stopped) setTimeout(() => this.run(host), 400); });
  }
}
