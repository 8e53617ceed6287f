type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** Words that YAML 1.1 reads as something else than text; MediaMTX coerces them everywhere (knowledge: media 2.1). */
const NOT_TEXT = /^(y|yes|n|no|on|off|true|false|null|~|\.?e[0-9_]+|\.inf|\.nan)$/i;
const PLAIN = /^[A-Za-z/][A-Za-z0-9_./%+=-]*(:[A-Za-z0-9_./%+=@{}:-]*[A-Za-z0-9_./%+=@{}-])?$/;

/** Lines of a list that stand already written, since many files carry them; see {@link writeList}. */
export class WrittenList {
  constructor(readonly lines: string) {}
}

/**
 * Block YAML with sorted keys and no line folding, so that equal data gives equal text and one change gives one changed line.
 * Our own few lines because a library needs seconds for a thousand hosts; the tests read it back with one.
 */
export function toYaml(value: object): string {
  const out: string[] = [];
  write(value as Value, "", "", out);
  return out.join("\n") + "\n";
}

/** Writes a list once that is then the value of a top-level key in many files. */
export function writeList(items: readonly object[]): WrittenList {
  const out: string[] = [];
  write(items as readonly Value[], "  ", "  ", out);
  return new WrittenList(out.join("\n"));
}

/** Appends the lines of a block; `lead` stands before its first line instead of `indent`, for the first key of a list item. */
function write(value: Value | WrittenList, indent: string, lead: string, out: string[]): void {
  if (value instanceof WrittenList) { out.push(value.lines); return; }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) {
      if (isBlock(item)) write(item, deeper, `${lead}- `, out);
      else out.push(`${lead}- ${scalar(item)}`);
      lead = indent;
    }
    return;
  }
  const map = value as { readonly [key: string]: Value };
  const keys = Object.keys(map);
  for (const key of keys.length > 1 ? keys.sort() : keys) {
    const item = map[key] as Value;
    if (isBlock(item)) {
      out.push(`${lead}${text(key)}:`);
      write(item, deeper, deeper, out);
    } else out.push(`${lead}${text(key)}: ${scalar(item)}`);
    lead = indent;
  }
}

function isBlock(value: Value): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
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
