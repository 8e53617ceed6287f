// Pulumi starts this file with plain Node; the program itself is TypeScript.
import { register } from "tsx/esm/api";

register();
// Pulumi keeps a stack trace for each promise. Mapping all of them to TypeScript takes half the time of a large preview, and mistakes of
// users are told without one.
if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) {
  process.setSourceMapsEnabled(false);
  Error.stackTraceLimit = 4;
}
const program = await import("./index.ts");
export default program.default;
