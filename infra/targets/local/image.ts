import { spawnSync } from "node:child_process";

/**
 * Makes sure that the image is there before any resource is touched: a container is deleted before its replacement is made, so a
 * missing image found later would leave the stream off air.
 * @throws Error with what to do when Docker does not answer or lacks the image
 */
export function requireImage(image: string): void {
  const asked = spawnSync("docker", ["image", "inspect", "--format", "{{.Id}}", image], { encoding: "utf8", timeout: 20_000 });
  if (asked.status === 0) return;
  if (asked.error) throw new Error(`The docker command could not be run (${asked.error.message}). Run: npx headend setup`);
  const why = asked.stderr.trim();
  if (/no such image|not found/i.test(why)) throw new Error(`The container image ${image} is not built on this machine, so nothing was changed. Build it: npx headend setup`);
  throw new Error(`Docker does not answer (${why.split("\n")[0]}), so nothing was changed. Start it: npx headend setup`);
}

/**
 * True when containers of the stack exist. A new stack is made all at once; a running one is changed host by host, each only when the one
 * before serves again. A container cannot stand beside its replacement, since both have the same published ports.
 */
export function stackRuns(stack: string): boolean {
  const listed = spawnSync("docker", ["ps", "--all", "--quiet", "--filter", `label=headend.stack=${stack}`], { encoding: "utf8", timeout: 20_000 });
  return listed.status === 0 && listed.stdout.trim() !== "";
}
