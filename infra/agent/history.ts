import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { SwitchStatus } from "./status.ts";

/** Switches that are kept; the log of the host has the rest. */
const KEEP = 100;

/** A stream's last switches, newest last. They outlive the agent, not the host. */
export class SwitchHistory {
  private items: SwitchStatus[];

  constructor(private readonly file: string) { this.items = read(file); }

  add(item: SwitchStatus): void {
    this.items.push(item);
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      if (this.items.length <= 2 * KEEP) { appendFileSync(this.file, `${JSON.stringify(item)}\n`); return; }
      this.items = this.items.slice(-KEEP);
      writeFileSync(this.file, this.items.map((i) => `${JSON.stringify(i)}\n`).join(""));
    } catch { /* a full disk must not keep a stream from switching */ }
  }

  get list(): readonly SwitchStatus[] { return this.items.slice(-KEEP); }
}

function read(file: string): SwitchStatus[] {
  try {
    return readFileSync(file, "utf8").split("\n").flatMap((line): SwitchStatus[] => { try { return [JSON.parse(line) as SwitchStatus]; } catch { return []; } });
  } catch { return []; }
}
