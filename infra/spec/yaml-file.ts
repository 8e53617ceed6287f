/**
 * Reads YAML into plain data and remembers where every value is written. Anchors, aliases and merge keys (`<<`) are
 * resolved here, not by the yaml package, so that the place of a merged value is known and expansion has a limit.
 */
import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, Scalar, type YAMLMap } from "yaml";
import type { SpecPath } from "./problems.ts";

/** A mistake in the YAML itself; `offset` is a place in the text. */
export interface YamlProblem {
  readonly offset: number; readonly path: SpecPath; readonly message: string;
  readonly allowed: string | null; readonly suggestion: string | null;
}

export interface YamlFile {
  /** Null when the text cannot be read as YAML at all. */
  readonly data: unknown;
  readonly problems: readonly YamlProblem[];
  /** Offset of the value (or of the key, for nested blocks and when asked) at a path; null when the file does not write it. */
  locate(path: SpecPath, part?: "value" | "key"): number | null;
  linePosition(offset: number): { line: number; column: number };
}

const MAX_DEPTH = 40;
/** Values that may come into being through aliases. A file of 1 MB has at most about 500,000 values of its own. */
const MAX_EXPANDED = 300_000;
/** Names every JavaScript object answers to; as keys they would be mistaken for something else. */
const RESERVED = new Set(["__proto__", "constructor", "prototype"]);

interface Entry { readonly key: Scalar; readonly value: Node | null }
interface Seen { readonly data: unknown; readonly size: number }

class Reader {
  readonly problems: YamlProblem[] = [];
  private readonly anchors = new Map<string, Node>();
  /** Where each alias leads; aliases mean the nearest anchor before them. */
  readonly targets = new Map<Node, Node>();
  readonly entries = new Map<Node, Map<string, Entry>>();
  private readonly seen = new Map<Node, Seen>();
  private readonly open = new Set<Node>();
  private expanded = 0;
  constructor(private readonly stop: (problem: YamlProblem) => never) {}

  read(node: Node | null, path: SpecPath): Seen {
    if (node === null) return { data: null, size: 1 };
    if (isAlias(node)) return this.readAlias(node, path);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (path.length > MAX_DEPTH) this.stop(problem(node, path.slice(0, 3), `is nested more than ${MAX_DEPTH} levels deep`));
    if (isScalar(node)) return { data: node.value ?? null, size: 1 };
    this.open.add(node);
    const result = isSeq(node) ? this.readSeq(node.items, path) : isMap(node) ? this.readMap(node, path) : { data: null, size: 1 };
    this.open.delete(node);
    this.seen.set(node, result);
    return result;
  }

  private readAlias(alias: Node & { source: string }, path: SpecPath): Seen {
    const target = this.anchors.get(alias.source);
    if (!target) return this.stop(problem(alias, path, `uses *${alias.source}, but no &${alias.source} stands before it`));
    if (this.open.has(target)) return this.stop(problem(alias, path, `uses *${alias.source} inside the value that &${alias.source} names`));
    this.targets.set(alias, target);
    const result = this.seen.get(target) ?? this.read(target, path);
    this.expand(result.size, alias, path);
    return result;
  }

  private expand(size: number, node: Node, path: SpecPath): void {
    this.expanded += size;
    if (this.expanded > MAX_EXPANDED) this.stop(problem(node, path.slice(0, 3), `makes more than ${MAX_EXPANDED.toLocaleString("en")} values out of aliases`));
  }

  private readSeq(items: readonly unknown[], path: SpecPath): Seen {
    let size = 1;
    const data = items.map((item, i) => {
      // `- ? a` and `[a: b]` put a pair where a value belongs; the yaml package wraps those in maps itself.
      const one = this.read(isNode(item) ? item : null, [...path, i]);
      size += one.size;
      return one.data;
    });
    return { data, size };
  }

  private readMap(map: YAMLMap, path: SpecPath): Seen {
    const own = new Map<string, Entry>();
    const merged: Entry[] = [];
    const data: Record<string, unknown> = {};
    let size = 1;
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      const key = this.key(pair, map, path);
      if (key === null) continue;
      if (key.value === "<<" && key.type === Scalar.PLAIN) { merged.push(...this.mergeSources(pair, path)); continue; }
      const name = key.value as string;
      const earlier = own.get(name);
      if (earlier) {
        this.problems.push(problem(key, [...path, name], "is written twice", "each key once"));
        continue;
      }
      own.set(name, { key, value: pair.value });
      const one = this.read(pair.value, [...path, name]);
      data[name] = one.data;
      size += one.size;
    }
    for (const entry of merged) {
      const name = entry.key.value as string;
      if (own.has(name)) continue;
      own.set(name, entry);
      const one = this.mergedValue(entry, path, name);
      data[name] = one.data;
      size += one.size;
    }
    this.entries.set(map, own);
    return { data, size };
  }

  private mergedValue(entry: Entry, path: SpecPath, name: string): Seen {
    const node = entry.value && isAlias(entry.value) ? this.targets.get(entry.value) ?? null : entry.value;
    const result = (node === null ? undefined : this.seen.get(node)) ?? this.read(node, [...path, name]);
    this.expand(result.size, entry.key, [...path, name]);
    return result;
  }

  /** The entries that `<<` brings in; of several maps the first one that has a key wins. */
  private mergeSources(pair: Pair<Node | null, Node | null>, path: SpecPath): Entry[] {
    const listed = pair.value && isSeq(pair.value) ? (pair.value.items as Node[]) : [pair.value];
    return listed.flatMap((node) => {
      if (node === null) return [];
      this.read(node, path);
      const target = isAlias(node) ? this.targets.get(node)! : node;
      if (!isMap(target)) {
        this.problems.push(problem(node, [...path, "<<"], "does not name a map", "<<: *anchor, with the anchor on a map, or a list of those"));
        return [];
      }
      return [...(this.entries.get(target)?.values() ?? [])];
    });
  }

  private key(pair: Pair<Node | null, Node | null>, map: YAMLMap, path: SpecPath): Scalar | null {
    const node = pair.key;
    const at = node ?? pair.value ?? map;
    if (node !== null && isScalar(node) && node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (node === null || !isScalar(node) || node.value === null) {
      this.problems.push(problem(at, path, "has a key that is not text", "keys made of letters and digits"));
      return null;
    }
    if (typeof node.value !== "string") {
      const source = typeof node.source === "string" ? node.source : String(node.value);
      this.problems.push(problem(at, path, `has a key that reads as a ${typeof node.value}, not as text: ${source}`, "keys that begin with a letter, or a key in quotes"));
      return null;
    }
    if (RESERVED.has(node.value)) {
      this.problems.push(problem(at, path, `has a key that cannot be used: ${node.value}`, "any other name"));
      return null;
    }
    return node as Scalar;
  }
}

function problem(node: Node, path: SpecPath, message: string, allowed: string | null = null): YamlProblem {
  return { offset: node.range?.[0] ?? 0, path, message, allowed, suggestion: null };
}

/** Points at the first bracket that is too deep; for nested blocks at the start. */
function tooDeep(text: string): YamlProblem {
  let depth = 0;
  let offset = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth > MAX_DEPTH) { offset = index; break; }
  }
  return { offset, path: [], message: `the file is nested more than ${MAX_DEPTH} levels deep`, allowed: null, suggestion: null };
}

class Stop extends Error { constructor(readonly problem: YamlProblem) { super(problem.message); } }

/** Reads a text as one YAML document. Mistakes are returned, never thrown. */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const linePosition = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const failed = (problems: readonly YamlProblem[]): YamlFile => ({ data: null, problems, locate: () => null, linePosition });
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/.exec(text);
  if (control) {
    // LineCounter learns of lines from the parser, which must not see this text.
    for (let at = 0; at !== -1 && at <= control.index; at = text.indexOf("\n", at) + 1 || -1) lines.addNewLine(at);
    const code = control[0].charCodeAt(0).toString(16).padStart(4, "0");
    return failed([{ offset: control.index, path: [], message: `has a character that is not text (U+${code.toUpperCase()})`, allowed: "text; this file may be damaged, or not be a topology", suggestion: null }]);
  }
  let document: Document.Parsed;
  try {
    // Duplicates are looked for in Reader: the package compares every key of a map with every other.
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: "error" });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return failed([tooDeep(text)]);
  }
  const syntax = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0];
  // The parser hands its own stack overflow over as a syntax error, at a place that depends on the stack.
  if (syntax?.message.includes("call stack")) return failed([tooDeep(text)]);
  // What follows a syntax error is mostly its echo, so only the first is told.
  if (syntax) return failed([{ offset: syntax.pos[0], path: [], ...explainSyntax(syntax.code, syntax.message), suggestion: null }]);
  const directive = /^%YAML[ \t]+1\.1/m.exec(text);
  if (directive && document.directives?.yaml.version === "1.1") {
    return failed([{ offset: directive.index, path: [], message: "YAML 1.1 reads `no` and `12:30` as something else", allowed: "YAML 1.2: leave the %YAML line out", suggestion: null }]);
  }
  const reader = new Reader((found) => { throw new Stop(found); });
  try {
    const { data } = reader.read(document.contents, []);
    return { data, problems: reader.problems, locate: locator(document.contents, reader), linePosition };
  } catch (error) {
    if (error instanceof Stop) return failed([error.problem]);
    throw error;
  }
}

function locator(root: Node | null, reader: Reader): YamlFile["locate"] {
  const follow = (node: Node | null) => (node && isAlias(node) ? reader.targets.get(node) ?? null : node);
  return (path, part = "value") => {
    let node = follow(root);
    let offset = node?.range?.[0] ?? 0;
    for (const step of path) {
      if (isMap(node)) {
        const entry = reader.entries.get(node)?.get(String(step));
        if (!entry) return null;
        node = follow(entry.value);
        const nested = (isMap(node) || isSeq(node)) && !(node as { flow?: boolean }).flow && node === entry.value;
        const empty = node === null || (isScalar(node) && node.value === null);
        offset = (part === "key" || nested || empty ? entry.key.range?.[0] : node?.range?.[0]) ?? 0;
      } else if (isSeq(node) && typeof step === "number") {
        const item = node.items[step];
        if (item === undefined || isPair(item)) return null;
        node = follow(item as Node);
        offset = node?.range?.[0] ?? offset;
      } else {
        return null;
      }
    }
    return offset;
  };
}

const SYNTAX: Readonly<Record<string, { message: string; allowed: string | null }>> = {
  TAB_AS_INDENT: { message: "a tab is used to indent", allowed: "spaces" },
  MULTIPLE_DOCS: { message: "a second document begins here", allowed: "one topology per file: remove the --- line" },
  BAD_INDENT: { message: "the indentation does not fit the lines above", allowed: "the same number of spaces for keys that belong together" },
  BAD_ALIAS: { message: "an alias is not written properly", allowed: "*name, for a value marked &name before it" },
  BLOCK_AS_IMPLICIT_KEY: { message: "a key: value pair stands where only a value fits", allowed: "one key per line, indented below its parent" },
  TAG_RESOLVE_FAILED: { message: "a tag (!…) is not known here", allowed: "plain values, without tags" },
  MISSING_CHAR: { message: "a bracket, quote, colon or comma is missing here or before", allowed: null },
};

function explainSyntax(code: string, message: string): { message: string; allowed: string | null } {
  if (code === "BAD_INDENT" && message.startsWith("Flow ")) {
    return { message: "a bracket above is still open here", allowed: `${message.includes("map") ? "}" : "]"} before this line, or this line indented` };
  }
  return SYNTAX[code] ?? { message: `is not valid YAML: ${message.replace(/\s+/g, " ").slice(0, 160)}`, allowed: null };
}
