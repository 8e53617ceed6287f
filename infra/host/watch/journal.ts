/** The host's journal as lines, from where an earlier run ended. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface JournalLine { readonly at: number; readonly text: string; readonly cursor: string }

/** Everything of ours, and the boot of the host. */
const UNITS = ["headend-*", "run-headend.mount", "cloud-final.service", "cloud-init.service"];

/** One line of `journalctl -o json`; null when it is none. Messages with odd bytes come as numbers. */
export function parseEntry(line: string): JournalLine | null {
  try {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const { MESSAGE: message, __CURSOR: cursor, __REALTIME_TIMESTAMP: time, _SYSTEMD_UNIT: unit, UNIT: about } = entry;
    const text = typeof message === "string" ? message : Array.isArray(message) ? Buffer.from(message as number[]).toString("utf8") : "";
    if (typeof cursor !== "string" || text === "") return null;
    const from = String(about ?? unit ?? "").replace(/\.service$/, "");
    return { at: Math.floor(Number(time) / 1000), text: from === "headend-hostd" ? text : `${from} | ${text}`, cursor };
  } catch { return null; }
}

/** Follows the journal; `ended` is called when journalctl ends. Without a cursor it begins with the last boot. */
export function followJournal(cursor: string | null, onLine: (line: JournalLine) => void, ended: (why: string) => void): ChildProcess {
  const from = cursor === null ? ["--boot", "--lines=all"] : [`--after-cursor=${cursor}`];
  const child = spawn("journalctl", ["--follow", "--output=json", "--no-pager", ...from, ...UNITS.flatMap((unit) => ["--unit", unit])], { stdio: ["ignore", "pipe", "ignore"] });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const parsed = parseEntry(line);
    if (parsed !== null) onLine(parsed);
  });
  child.once("error", (error) => ended(error.message));
  child.once("exit", (code) => ended(`journalctl ended with ${code}`));
  return child;
}
