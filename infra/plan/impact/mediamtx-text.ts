/** A rendered mediamtx.yml cut into its parts, each as the exact text, so that no difference is missed. Reads what `render/yaml.ts` writes. */
export interface MediamtxText {
  /** Top-level keys but `authInternalUsers` and `paths`. */
  readonly globals: ReadonlyMap<string, string>;
  /** Users by name. */
  readonly users: ReadonlyMap<string, string>;
  /** Paths with everything that stands under them; {@link pathKeys} cuts them further, since nearly all are equal on both sides. */
  readonly paths: ReadonlyMap<string, string>;
}

const known = new WeakMap<object, MediamtxText>();

/** Cuts the file; `file` is only what the answer is remembered by. */
export function mediamtxText(file: { readonly content: string }): MediamtxText {
  const before = known.get(file);
  if (before) return before;
  const globals = new Map<string, string>(), users = new Map<string, string>();
  let paths: ReadonlyMap<string, string> = new Map();
  for (const [key, text] of blocks(file.content, 0)) {
    if (key === "paths") paths = blocks(inside(text), 2);
    else if (key === "authInternalUsers") for (const item of items(inside(text))) users.set(/^(?: {2}- | {4})user: (.*)$/m.exec(item)?.[1] ?? item, item);
    else globals.set(key, text);
  }
  const text = { globals, users, paths };
  known.set(file, text);
  return text;
}

/** Keys of a path. */
export function pathKeys(path: string): ReadonlyMap<string, string> {
  return blocks(inside(path), 4);
}

/** Destinations of a path's `forward`, in order. */
export function destinations(path: ReadonlyMap<string, string>): string[] {
  return [...(path.get("forward") ?? "").matchAll(/- dest: (.*)$/gm)].map((m) => (m[1] as string).replace(/^"(.*)"$/, "$1"));
}

/** What stands under a key: all but its first line. */
function inside(block: string): string {
  const end = block.indexOf("\n");
  return end < 0 ? "" : block.slice(end + 1);
}

/** Keys at an indent with their text; deeper lines belong to the key above them. Looks at the line's start only: files have megabytes. */
function blocks(text: string, indent: number): Map<string, string> {
  const found = new Map<string, string>();
  let start = -1;
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at), next = end < 0 ? text.length : end + 1;
    if (end !== at && text[at + indent] !== " ") {
      if (start >= 0) found.set(keyAt(text, start + indent), text.slice(start, at).trimEnd());
      start = at;
    }
    at = next;
  }
  if (start >= 0) found.set(keyAt(text, start + indent), text.slice(start).trimEnd());
  return found;
}

const KEY = /"((?:[^"\\]|\\.)*)":|([^:\n]*):/y;

function keyAt(text: string, at: number): string {
  KEY.lastIndex = at;
  const match = KEY.exec(text);
  return match?.[1] ?? match?.[2] ?? text.slice(at).split("\n", 1)[0] as string;
}

function items(text: string): string[] {
  const all: string[][] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("  - ")) all.push([line]);
    else if (line !== "") all.at(-1)?.push(line);
  }
  return all.map((item) => item.join("\n"));
}
