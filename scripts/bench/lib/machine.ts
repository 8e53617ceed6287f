import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
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

/** Load of the last minute: processes that ran or waited. Other work on the machine shows here. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
