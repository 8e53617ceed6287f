/** A small disk for recordings, so that it can be full without filling the machine's own: a tmpfs, which only root can mount. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, rmdirSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIZE = "512m";
/** Bytes that are written and not allocated: recorders go on between the look and the filling. */
const LEFT_TO_WRITE = 4 * 1024 * 1024, BLOCK = 64 * 1024;
const mount = (folder: string): string | null => {
  const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0755`, "headend-rehearsal", folder], { encoding: "utf8" });
  return status === 0 ? null : error?.message ?? stderr.trim();
};
const unmount = (folder: string): void => { spawnSync("umount", ["-l", folder], { stdio: "ignore" }); };

/** Why there can be no small disk here; null when there can. */
export function noSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "headend-disk-"));
  const problem = mount(folder);
  if (problem === null) unmount(folder);
  rmdirSync(folder);
  return problem === null ? null : `a small disk to fill could not be mounted (${problem.split("\n")[0]}); root can`;
}

/** Mounts one over a folder. @returns how to take it away */
export function smallDisk(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const problem = mount(folder);
  if (problem !== null) throw new Error(`${folder}: ${problem}`);
  return () => unmount(folder);
}

/** Takes away what a rehearsal that was killed left mounted. */
export function unmountLeft(folder: string): void {
  if (existsSync(folder) && readFileSync("/proc/mounts", "utf8").includes(` ${folder} `)) unmount(folder);
}

/** Fills it to the last byte, whatever recorders write meanwhile. @returns how to make room again */
export async function fillRecordings(folder: string, host: string): Promise<() => Promise<void>> {
  const filler = join(folder, `filler-${host}`);
  const { bavail, bsize } = statfsSync(folder);
  const most = Math.max(0, Number(bavail) * Number(bsize) - LEFT_TO_WRITE);
  if (most > 0) {
    const { status, stderr } = spawnSync("fallocate", ["-l", String(most), filler], { encoding: "utf8" });
    if (status !== 0) { rmSync(filler, { force: true }); throw new Error(`the disk could not be filled: ${stderr.trim()}`); }
  }
  const file = openSync(filler, "a"), block = Buffer.alloc(BLOCK);
  try { for (;;) writeSync(file, block); } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally { closeSync(file); }
  return async () => { rmSync(filler, { force: true }); };
}
