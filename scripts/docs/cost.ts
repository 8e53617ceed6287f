/** Writes docs/cost.md: npx tsx scripts/docs/cost.ts */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { costDocument } from "../../infra/plan/cost/document.ts";

writeFileSync(fileURLToPath(new URL("../../docs/cost.md", import.meta.url)), costDocument());
