/** The Pulumi package schema of a stand-in: names and types of what it supports, for tools that ask the plugin. */
import type { SchemaFile } from "./schema.ts";

type Property = SchemaFile["resources"][string]["inputs"][string];

/** JSON text of the package schema. */
export function packageSchema(file: SchemaFile): string {
  const type = (t: Property["type"]): object => {
    if (typeof t === "string") return t === "Any" || t === "Asset" || t === "Archive" ? { $ref: `pulumi.json#/${t}` } : { type: t };
    if (t.array !== undefined) return { type: "array", items: type(t.array) };
    if (t.map !== undefined) return { type: "object", additionalProperties: type(t.map) };
    return { $ref: `#/types/${t.ref ?? ""}` };
  };
  const properties = (from: Record<string, Property>): object =>
    Object.fromEntries(Object.entries(from).map(([name, p]) => [name, { ...type(p.type), ...(p.secret ? { secret: true } : {}), ...(p.replaces ? { willReplaceOnChanges: true } : {}) }]));
  const required = (from: Record<string, Property>, key: "required" | "always"): string[] => Object.keys(from).filter((name) => from[name]?.[key] === true);
  return JSON.stringify({
    name: file.plugin, version: file.version,
    types: Object.fromEntries(Object.entries(file.types).map(([name, t]) => [name, t.enum
      ? { type: "string", enum: t.enum.map((value) => ({ value })) }
      : { type: "object", properties: properties(t.properties ?? {}), required: required(t.properties ?? {}, "required") }])),
    resources: Object.fromEntries(Object.entries(file.resources).map(([name, r]) => [name, {
      inputProperties: properties(r.inputs), requiredInputs: required(r.inputs, "required"),
      properties: properties(r.outputs), required: required(r.outputs, "always"),
    }])),
  });
}
