import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

const BEGIN = "# headend begin";
const END = "# headend end";

/** One line per peer: its host name and its address name, when they differ, mean the same IPv4. */
export interface HostsEntry { readonly ip: string; readonly names: readonly string[] }

/** The text with our block replaced, or added at the end; other lines stay as they are. */
export function withEntries(text: string, entries: readonly HostsEntry[]): string {
  const kept: string[] = [];
  let inside = false;
  for (const line of text.split("\n")) {
    if (line.trim() === BEGIN) inside = true;
    else if (line.trim() === END) inside = false;
    else if (!inside) kept.push(line);
  }
  while (kept.at(-1) === "") kept.pop();
  if (entries.length > 0) kept.push(BEGIN, ...entries.map((e) => `${e.ip}\t${e.names.join(" ")}`), END);
  return `${kept.join("\n")}\n`;
}

/**
 * Brings our block of the hosts file up to date; true when it had to be written. Written in place: in a container the
 * file is a bind mount, which a rename cannot replace, and Docker rewrites it when it likes.
 */
export function updateHostsFile(path: string, entries: readonly HostsEntry[]): boolean {
  const before = readFileSync(path, "utf8");
  const after = withEntries(before, entries);
  if (after === before) return false;
  const fd = openSync(path, "r+");
  try {
    const written = writeSync(fd, after, 0);   // one write, then the cut: readers never see an empty file
    ftruncateSync(fd, written);
  } finally { closeSync(fd); }
  return true;
}
