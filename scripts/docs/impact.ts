/** Writes docs/impact.md: npx tsx scripts/docs/impact.ts */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { impactDocument } from "../../infra/plan/impact/document.ts";

writeFileSync(fileURLToPath(new URL("../../docs/impact.md", import.meta.url)), impactDocument());
