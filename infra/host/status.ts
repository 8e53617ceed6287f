/** What the host tells about itself: a file for the cheap health check, a table for people, JSON for programs. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { FirewallState } from "./firewall.ts";
import type { PeerStatus } from "./peers.ts";
import type { Places } from "./places.ts";
import type { ServiceStatus } from "./supervisor.ts";

export interface HostStatus {
  readonly host: string | null;
  /** In words: "waiting for configuration", "starting", "applying", "ready", "not ready". */
  readonly state: string;
  readonly ready: boolean;
  /** Hash of the applied bundle. */
  readonly bundle: string | null;
  readonly problem: string | null;
  readonly firewall: { readonly state: FirewallState; readonly message: string | null };
  readonly services: readonly ServiceStatus[];
  readonly peers: readonly PeerStatus[];
  /** Process id of hostd. */
  readonly pid: number;
}

/** Writes the status file and the flag that exists exactly while the host is ready. */
export function writeStatus(places: Places, status: HostStatus): void {
  writeFileSync(`${places.status}.next`, JSON.stringify(status), { mode: 0o644 });
  renameSync(`${places.status}.next`, places.status);
  if (!status.ready) rmSync(places.readyFlag, { force: true });
  else if (!existsSync(places.readyFlag)) writeFileSync(places.readyFlag, "");
}

/** Reads the status file. Resolves to null when the host is ready, else to the reason. */
export function healthProblem(places: Places): string | null {
  let status: HostStatus;
  try { status = JSON.parse(readFileSync(places.status, "utf8")) as HostStatus; } catch { return "hostd has not started"; }
  try { process.kill(status.pid, 0); } catch { return "hostd does not run"; }
  if (status.ready) return null;
  const slow = status.services.filter((s) => s.state !== "ready").map((s) => `${s.name} ${s.state}`);
  return [status.state, status.problem, ...slow].filter(Boolean).join("; ");
}

/** The status as a table. */
export function formatStatus(status: HostStatus): string {
  const lines = [`${status.host ?? "(no name yet)"}: ${status.state}${status.bundle ? `, bundle ${status.bundle}` : ""}`];
  if (status.problem) lines.push(`problem: ${status.problem}`);
  lines.push(`firewall: ${status.firewall.state}`);
  if (status.firewall.message) lines.push(`WARNING: ${status.firewall.message}`);
  if (status.services.length > 0) {
    lines.push("", ...table([["service", "state", "pid", "up", "memory", "restarts", "last exit"], ...status.services.map((s) => [
      s.name, s.state, s.pid === null ? "-" : String(s.pid), s.uptimeSeconds === null ? "-" : `${s.uptimeSeconds} s`,
      s.rssBytes === null ? "-" : `${Math.round(s.rssBytes / 1048576)} MB`, String(s.restarts),
      s.lastExit === null ? "-" : `${s.lastExit}, ${s.lastExitSeconds ?? 0} s ago`,
    ])]));
  }
  if (status.peers.length > 0) {
    lines.push("", ...table([["peer", "name", "addresses", ""], ...status.peers.map((p) => [p.host, p.address, p.ips.join(" ") || "none", p.resolved ? "" : "not resolved now"])]));
  }
  return lines.join("\n");
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((r) => (r[i] ?? "").length)));
  return rows.map((r) => r.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd());
}
