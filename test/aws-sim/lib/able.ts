/** Whether this machine can run the simulation. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Null, or why not; tests are then skipped and say so. */
export function cannotSimulate(): string | null {
  if (process.arch !== "x64") return `simulated instances are x86-64, this machine is ${process.arch}`;
  if (spawnSync("docker", ["info"], { stdio: "ignore", timeout: 20_000 }).status !== 0) return "Docker does not answer";
  const version = spawnSync("docker", ["info", "--format", "{{.CgroupVersion}}"], { encoding: "utf8", timeout: 20_000 }).stdout.trim();
  if (version !== "2" && !existsSync("/sys/fs/cgroup/systemd")) return "cgroup v1 without systemd's hierarchy: mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd";
  return null;
}
