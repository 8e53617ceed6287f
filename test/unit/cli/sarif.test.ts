import { Ajv } from "ajv";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { RULES } from "../../../infra/plan/lint/table.ts";
import { sarif, type SarifResult } from "../../../scripts/cli/lib/sarif.ts";

/** OASIS's schema as Microsoft's SARIF SDK carries it. Draft 4 by its own word, of which it uses nothing that draft 7 reads otherwise. */
const { $schema: _, id: __, ...schema } = createRequire(import.meta.url)("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json") as Record<string, unknown>;
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false }).compile(schema);

const result = (more: Partial<SarifResult>): SarifResult =>
  ({ file: "stacks/festival.yaml", id: "HE201", severity: "warning", message: "main: 8 s segments.", line: 12, column: 5, suppressedBecause: null, ...more });
const errorsOf = (log: object): unknown => { validate(log); return validate.errors ?? []; };

describe("a SARIF log", () => {
  it("fulfils SARIF 2.1.0's own schema, whatever is found", () => {
    expect(errorsOf(sarif(RULES, []))).toEqual([]);
    const every = RULES.map(({ id, severity }) => result({ id, severity }));
    expect(errorsOf(sarif(RULES, [...every, result({ id: "schema", severity: "error", line: null, column: null }), result({ suppressedBecause: "a rehearsal" }), result({ file: "/tmp/a b#1.yaml" })]))).toEqual([]);
  });

  it("would be refused by it otherwise", () => {
    expect(errorsOf(sarif(RULES, [result({ line: 0 })]))).not.toEqual([]);
  });

  it("names files so that any clone understands them", () => {
    const uri = (file: string): unknown => (sarif(RULES, [result({ file })]) as { runs: { results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[] }[] }).runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri;
    expect([uri("stacks/festival.yaml"), uri("a b#1.yaml"), uri("/tmp/x.yaml")]).toEqual(["stacks/festival.yaml", "a%20b%231.yaml", "file:///tmp/x.yaml"]);
  });
});
