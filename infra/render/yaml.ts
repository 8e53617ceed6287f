type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** Words that YAML 1.1 reads as something else than text; MediaMTX coerces them everywhere (knowledge: media 2.1). */
const NOT_TEXT = /^(y|yes|n|no|on|off|true|false|null|~|\.?e[0-9_]+|\.inf|\.nan)$/i;
const PLAIN = /^[A-Za-z/][A-Za-z0-9_./%+=-]*(:[A-Za-z0-9_./%+=@{}:-]*[A-Za-z0-9_./%+=@{}-])?$/;

/**
 * Block YAML with sorted keys and no line folding, so that equal data gives equal text and one change gives one changed line.
 * Our own few lines because a library needs seconds for a thousand hosts; the tests read it back with one.
 */
export function toYaml(value: object): string {
  return lines(value as Value, "").join("\n") + "\n";
}

function lines(value: Value, indent: string): string[] {
  if (Array.isArray(value)) {
    return (value as readonly Value[]).flatMap((item) => {
      const [first, ...rest] = isBlock(item) ? lines(item, `${indent}  `) : [`${indent}  ${scalar(item)}`];
      return [`${indent}- ${(first ?? "").slice(indent.length + 2)}`, ...rest];
    });
  }
  return Object.entries(value as { readonly [key: string]: Value }).sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, item]) =>
    isBlock(item) ? [`${indent}${text(key)}:`, ...lines(item, `${indent}  `)] : [`${indent}${text(key)}: ${scalar(item)}`]);
}

function isBlock(value: Value): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function scalar(value: Value): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return "[]";
  return typeof value === "object" && value !== null ? "{}" : String(value);
}

function text(value: string): string {
  return PLAIN.test(value) && !NOT_TEXT.test(value) ? value : JSON.stringify(value);
}
