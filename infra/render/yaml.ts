import { stringify } from "yaml";

/** YAML with sorted keys and no line folding, so that equal data gives equal text and one change gives one changed line. */
export function toYaml(value: unknown): string {
  return stringify(value, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}
