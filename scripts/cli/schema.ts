import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** `headend schema`: the published JSON Schema of the topology file; a test keeps the file in step with the zod one. */
export function schema(): void {
  process.stdout.write(readFileSync(fileURLToPath(new URL("../../infra/spec/topology.schema.json", import.meta.url)), "utf8"));
}
