/** File patterns of `assetPaths` and `archivePaths`: `*` stays within a folder, `**` crosses folders, a leading `!` takes files out again. */
import fs from "node:fs";
import path from "node:path";

/** The regular expression of one pattern. */
export function globPattern(glob: string): RegExp {
  let out = "";
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i] ?? "";
    if (c === "*" && glob[i + 1] === "*") { out += ".*"; i++; }
    else if (c === "*") out += "[^/]*";
    else if (c === "?") out += "[^/]";
    else if (c === "{") { out += "(?:"; depth++; }
    else if (c === "}" && depth > 0) { out += ")"; depth--; }
    else if (c === "," && depth > 0) out += "|";
    else if (c === "[" && glob.indexOf("]", i) > i) {
      const end = glob.indexOf("]", i);
      out += `[${glob.slice(i + 1, end).replace(/^!/, "^").replace(/\\/g, "\\\\")}]`;
      i = end;
    } else if (c === "\\" && i + 1 < glob.length) out += `\\${glob[++i] ?? ""}`;
    else out += c.replace(/[.+^$()|[\]{}\\]/g, "\\$&");
  }
  return new RegExp(`^${out}$`, "s");
}

/** Files below `dir` that the patterns select, as sorted paths relative to it. Rules apply in order. */
export function globFiles(dir: string, globs: readonly string[]): string[] {
  const rules = globs.map((glob) => ({ exclude: glob.startsWith("!"), pattern: globPattern(glob.replace(/^!/, "")) }));
  const selected: string[] = [];
  const walk = (relative: string): void => {
    for (const entry of fs.readdirSync(path.join(dir, relative), { withFileTypes: true })) {
      const file = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) { walk(file); continue; }
      let take = false;
      for (const rule of rules) if (rule.pattern.test(file)) take = !rule.exclude;
      if (take) selected.push(file);
    }
  };
  walk("");
  return selected.sort();
}
