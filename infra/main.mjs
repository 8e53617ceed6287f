// Pulumi starts this file with plain Node; the program itself is TypeScript.
import { register } from "tsx/esm/api";

register();
const program = await import("./index.ts");
export default program.default;
