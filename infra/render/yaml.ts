/** A map with many keys is a Map: as names of properties, ten thousands of keys would be slow. */
type Value = string | number | boolean | null | Written | readonly Value[] | ReadonlyMap<string, Value> | { readonly [key: string]: Value };

/** Words that YAML 1.1 reads as something else than text; MediaMTX coerces them everywhere (knowledge: media 2.1). */
const NOT_TEXT = /^(y|yes|n|no|on|off|true|false|null|~|e[-+]?[0-9_]+|\.inf|\.nan)$/i;
const PLAIN = /^[A-Za-z/\x7f][A-Za-z0-9_./%+=\x7f-]*(:[A-Za-z0-9_./%+=@{}:\x7f-]*[A-Za-z0-9_./%+=@{}\x7f-])?$/;

/** Stands for a host's name in text that is written once for many hosts. A control character, since no name or address holds one. */
export const HOLE = "\x7f";

/** Lines of the value of a top-level key that stand already written, since many files carry them. Kept in pieces, not to be copied. */
export class Written {
  private constructor(readonly pieces: readonly string[]) {}

  /** Writes a list or map, not an empty one. {@link HOLE}s in it are pieces of their own, to be filled. */
  static of(value: object): Written {
    const out: string[] = [];
    write(value as Value, "  ", "  ", out);
    return new Written(cut(out.join("")));
  }

  /** Several lists or several maps, one after the other. */
  static joined(blocks: readonly Written[]): Written {
    return new Written(blocks.flatMap((block) => block.pieces));
  }

  /** The same with a name in every hole. */
  filled(name: string): Written {
    return new Written(this.pieces.map((piece) => (piece === HOLE ? name : piece)));
  }
}

/** A text as its pieces, holes being pieces of their own. */
function cut(text: string): string[] {
  return text.includes(HOLE) ? text.split(HOLE).flatMap((piece, i) => (i === 0 ? piece : [HOLE, piece])) : [text];
}

/**
 * Block YAML with sorted keys and no line folding, so that equal data gives equal text and one change gives one changed line.
 * Our own few lines because a library needs seconds for a thousand hosts; the tests read it back with one.
 */
export function toYaml(value: object): string {
  const out: string[] = [];
  write(value as Value, "", "", out);
  return out.join("");
}

/** Appends the lines of a block; `lead` stands before its first line instead of `indent`, for the first key of a list item. */
function write(value: Value, indent: string, lead: string, out: string[]): void {
  if (value instanceof Written) {
    for (const piece of value.pieces) out.push(piece);
    return;
  }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) {
      if (isBlock(item)) write(item, deeper, `${lead}- `, out);
      else out.push(lead, "- ", scalar(item), "\n");
      lead = indent;
    }
    return;
  }
  const of = value instanceof Map ? value as ReadonlyMap<string, Value> : null;
  const map = value as { readonly [key: string]: Value };
  const keys = of ? [...of.keys()] : Object.keys(map);
  for (const key of sorted(keys)) {
    const item = (of ? of.get(key) : map[key]) as Value;
    if (isBlock(item)) {
      out.push(lead, text(key), ":\n");
      write(item, deeper, deeper, out);
    } else out.push(lead, text(key), ": ", scalar(item), "\n");
    lead = indent;
  }
}

/** Sorts in place; short lists, which nearly all are, without the working memory that `sort` takes each time. */
function sorted(keys: string[]): string[] {
  if (keys.length > 12) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
}

function isBlock(value: Value): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  for (const _ in value) return true;
  return false;
}

function scalar(value: Value): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return "[]";
  return typeof value === "object" && value !== null ? "{}" : String(value);
}

function text(value: string): string {
  return PLAIN.test(value) && !NOT_TEXT.test(value) ? value : JSON.stringify(value);
}
