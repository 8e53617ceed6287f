/** A rendered mediamtx.yml cut into its parts, each as the exact text, so that no difference is missed. Reads what `render/yaml.ts` writes. */
export interface MediamtxText {
  /** Top-level keys but `authInternalUsers` and `paths`. */
  readonly globals: ReadonlyMap<string, string>;
  /** Users by name. */
  readonly users: ReadonlyMap<string, string>;
  /** Keys of each path. */
  readonly paths: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const known = new WeakMap<object, MediamtxText>();

/** Cuts the file; `file` is only what the answer is remembered by. */
export function mediamtxText(file: { readonly content: string }): MediamtxText {
  const before = known.get(file);
  if (before) return before;
  const globals = new Map<string, string>(), users = new Map<string, string>(), paths = new Map<string, Map<string, string>>();
  for (const [key, lines] of blocks(file.content.split("\n"), 0)) {
    if (key === "paths") for (const [path, inner] of blocks(lines.slice(1), 2)) paths.set(path, new Map([...blocks(inner.slice(1), 4)].map(([k, l]) => [k, l.join("\n")])));
    else if (key === "authInternalUsers") for (const item of items(lines.slice(1))) users.set(/^(?: {2}- | {4})user: (.*)$/m.exec(item)?.[1] ?? item, item);
    else globals.set(key, lines.join("\n"));
  }
  const text = { globals, users, paths };
  known.set(file, text);
  return text;
}

/** Destinations of a path's `forward`, in order. */
export function destinations(path: ReadonlyMap<string, string> | undefined): string[] {
  return [...(path?.get("forward") ?? "").matchAll(/- dest: (.*)$/gm)].map((m) => (m[1] as string).replace(/^"(.*)"$/, "$1"));
}

/** Keys at an indent with their lines; deeper lines belong to the key above them. */
function* blocks(lines: readonly string[], indent: number): Generator<readonly [string, string[]]> {
  let current: [string, string[]] | null = null;
  for (const line of lines) {
    if (line === "") continue;
    if (line[indent] !== " " && line[indent] !== undefined) {
      if (current) yield current;
      const found = /^"((?:[^"\\]|\\.)*)":|^([^:]*):/.exec(line.slice(indent));
      current = [found?.[1] ?? found?.[2] ?? line, [line]];
    } else current?.[1].push(line);
  }
  if (current) yield current;
}

function items(lines: readonly string[]): string[] {
  const all: string[][] = [];
  for (const line of lines) {
    if (line.startsWith("  - ")) all.push([line]);
    else if (line !== "") all.at(-1)?.push(line);
  }
  return all.map((item) => item.join("\n"));
}
