/** Writes docs/lint.md: npx tsx scripts/docs/lint.ts */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { lintDocs } from "../../infra/plan/lint/docs.ts";

writeFileSync(fileURLToPath(new URL("../../docs/lint.md", import.meta.url)), lintDocs());
