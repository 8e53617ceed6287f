import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the checkout: where Pulumi.yaml is. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Folder for what belongs to one stack and not to git: its CA certificate, recordings. */
export function stackDir(stack: string): string {
  return join(ROOT, ".headend", stack);
}

/** A path as people can paste it: relative when it is below the current folder. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" ? "." : short.startsWith("..") || isAbsolute(short) ? path : short;
}
