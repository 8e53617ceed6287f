/**
 * The JSON Schema of the written form, for editors. `tsx infra/spec/json-schema.ts` writes topology.schema.json; a test
 * checks that the file is current. It knows structure; what needs several values together only the loader knows.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { written } from "./schema.ts";

export const SCHEMA_FILE = fileURLToPath(new URL("topology.schema.json", import.meta.url));

/** The JSON Schema (draft 2020-12) as plain data. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(written, { io: "input" }) as Record<string, unknown>;
  return { ...schema, patternProperties: { "^x-": { description: "Free for anchors; read only through aliases." } } };
}

/** The text of topology.schema.json. */
export const jsonSchemaText = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(SCHEMA_FILE, jsonSchemaText());
