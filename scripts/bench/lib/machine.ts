import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../setup/process.ts";

/** What figures depend on. */
export interface MachineFacts {
  readonly cpu: string; readonly cores: number; readonly memoryGb: number;
  readonly system: string; readonly node: string; readonly docker: string;
}

export async function machineFacts(): Promise<MachineFacts> {
  const { code, stdout } = await run(["docker", "version", "--format", "{{.Server.Version}}"]);
  const release = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? process.platform;
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length, memoryGb: Math.round(totalmem() / 1e9),
    system: release, node: process.version, docker: code === 0 ? stdout.trim() : "none",
  };
}

export function machineLine(m: MachineFacts): string {
  return `${m.cpu}, ${m.cores} cores, ${m.memoryGb} GB, ${m.system}, Node ${m.node.slice(1)}, Docker ${m.docker}`;
}

/** Part of the processors' time that nobody used, from 0 to 1, over half a second. */
async function idle(): Promise<number> {
  const look = (): { idle: number; all: number } => {
    const times = cpus().map((cpu) => cpu.times);
    const sum = (of: (t: (typeof times)[number]) => number): number => times.reduce((total, t) => total + of(t), 0);
    return { idle: sum((t) => t.idle), all: sum((t) => t.idle + t.user + t.nice + t.sys + t.irq) };
  };
  const before = look();
  await sleep(500);
  const after = look();
  return (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

/** Waits for a moment in which the machine is at rest, but not for ever: a short measure then sees less of other people's work. */
export async function quietMoment(atMostMs = 20_000): Promise<void> {
  const deadline = performance.now() + atMostMs;
  while (await idle() < 0.8 && performance.now() < deadline);
}

/** Load of the last minute: processes that ran or waited. Other work on the machine shows here. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
