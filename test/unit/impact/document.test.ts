import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { impactDocument } from "../../../infra/plan/impact/document.ts";

test("docs/impact.md is what the rules say today", () => {
  expect(readFileSync(new URL("../../../docs/impact.md", import.meta.url), "utf8"), "run: npx tsx scripts/docs/impact.ts").toBe(impactDocument());
});
