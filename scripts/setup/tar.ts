import { spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** A folder's content as a tar stream, names sorted, times and owners fixed, so that equal content gives equal bytes. */
export function packFolder(folder: string): Readable {
  const child = spawn("tar", ["-C", folder, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf", "-", "."], { stdio: ["ignore", "pipe", "ignore"] });
  child.on("error", (error) => child.stdout.destroy(error));
  child.on("close", (code) => { if (code !== 0) child.stdout.destroy(new Error(`tar ended with ${code}`)); });
  return child.stdout;
}
