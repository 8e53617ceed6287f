import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { jsonSchema, jsonSchemaText, SCHEMA_FILE } from "../../../infra/spec/json-schema.ts";
import { parseTopology, TopologyError } from "../../../infra/spec/load.ts";
import { toYaml, topologyArb } from "./arbitrary.ts";

const validate = new Ajv2020({ strict: true, allErrors: false, strictTypes: false, strictTuples: false }).compile(jsonSchema());
const loads = (written: object): boolean => {
  try { parseTopology(toYaml(written), "t.yaml"); return true; } catch (error) { if (error instanceof TopologyError) return false; throw error; }
};

it("the published file is current: run `npx tsx infra/spec/json-schema.ts` after changing the schema", () => {
  expect(readFileSync(SCHEMA_FILE, "utf8")).toBe(jsonSchemaText());
});

it("every field says what it is", () => {
  const silent: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (node === null || typeof node !== "object") return;
    for (const [key, value] of Object.entries((node as { properties?: Record<string, { description?: string }> }).properties ?? {})) {
      if (!value.description) silent.push(`${path}.${key}`);
      walk(value, `${path}.${key}`);
    }
    for (const part of ["anyOf", "oneOf", "additionalProperties", "items"] as const) {
      const inner = (node as Record<string, unknown>)[part];
      for (const one of Array.isArray(inner) ? inner : [inner]) walk(one, path);
    }
  };
  walk(jsonSchema(), "");
  expect(silent).toEqual([]);
});

/** A value somewhere in the tree, chosen by a list of numbers. */
function mutate(root: unknown, route: readonly number[], kind: string, junk: unknown): void {
  let parent: Record<string, unknown> | null = null;
  let key = "";
  let node: unknown = root;
  for (const step of route) {
    if (node === null || typeof node !== "object" || Object.keys(node).length === 0) break;
    parent = node as Record<string, unknown>;
    key = Object.keys(parent)[step % Object.keys(parent).length]!;
    node = parent[key];
  }
  if (!parent) return;
  if (kind === "delete") delete parent[key];
  else if (kind === "rename") { parent[`${key}X`] = parent[key]; delete parent[key]; }
  else if (kind === "add" && !Array.isArray(parent)) parent["extra-key"] = junk;
  else parent[key] = junk;
}

const junkArb = fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e9, "", "x", "6 Mbps", "2 s", "640x360", "secret:x", "Main Stage", [], ["x"], {}, { a: 1 }, [[1]]);

describe("JSON Schema and loader", () => {
  it("both accept what is valid", () => {
    fc.assert(fc.property(topologyArb, (written) => {
      expect(validate(parse(toYaml(written))), JSON.stringify(validate.errors)).toBe(true);
      expect(loads(written)).toBe(true);
    }), { numRuns: 80 });
  });
  it("what the JSON Schema refuses, the loader refuses", () => {
    let refused = 0;
    fc.assert(fc.property(topologyArb, fc.array(fc.nat(50), { minLength: 1, maxLength: 6 }), fc.constantFrom("delete", "rename", "add", "replace"), junkArb, (written, route, kind, junk) => {
      const mutant = structuredClone(written);
      mutate(mutant, route, kind, structuredClone(junk));
      if (validate(mutant)) return;
      refused++;
      expect(loads(mutant), toYaml(mutant)).toBe(false);
    }), { numRuns: 400 });
    expect(refused).toBeGreaterThan(100);
  });
});
