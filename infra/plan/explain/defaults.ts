import schema from "../../spec/topology.schema.json" with { type: "json" };
import { writtenPath } from "../../spec/load.ts";
import type { SpecPath } from "../../spec/problems.ts";

/** The part of JSON Schema that the topology's schema uses. */
interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/**
 * What holds where the file leaves a path out, in the schema's own words: its default, or what "left out" means there.
 * Looks at the longest part of the path that the schema has a default or a description for; never empty.
 */
export function defaultAt(asked: SpecPath): string {
  const path = writtenPath(asked);
  for (let length = path.length; length > 0; length--) {
    const known = nodesAt(schema as Node, path.slice(0, length));
    const name = path.slice(0, length).join(".");
    const value = known.find((node) => node.default !== undefined)?.default;
    if (value !== undefined) return `${name} is left out; the default is ${typeof value === "string" ? value : JSON.stringify(value)}`;
    const leftOut = known.map((node) => /(?:Left out|Off unless|left out): ?(.*)$/.exec(node.description ?? "")?.[1]).find((text) => text !== undefined);
    if (leftOut !== undefined) return `${name} is left out: ${leftOut.replace(/\.$/, "")}`;
  }
  return `${path.join(".") || "it"} is left out, and nothing needs it`;
}

function nodesAt(node: Node, path: SpecPath): Node[] {
  if (path.length === 0) return [node];
  const inner = (node.anyOf ?? []).flatMap((option) => nodesAt(option, path));
  const [step, ...rest] = path;
  const name = String(step);
  const named = node.properties !== undefined && Object.hasOwn(node.properties, name) ? node.properties[name] : undefined;
  const other = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
  const next = typeof step === "number" ? node.items : named ?? other;
  return [...inner, ...(next === undefined ? [] : nodesAt(next, rest))];
}
