// Pulumi starts this file with plain Node; the program itself is TypeScript.
import { register } from "tsx/esm/api";

// Pulumi keeps a stack trace for each promise. Making all of them, and mapping them to TypeScript, takes half the time of a large
// preview, and mistakes of users are told without one.
const traces = Boolean(process.env.PULUMI_DEBUG_PROMISE_LEAKS);
register();
if (!traces) process.setSourceMapsEnabled(false);
const program = await import("./index.ts");
if (!traces) {
  // Not before the import: packages look at traces while they load.
  Error.prepareStackTrace = undefined;
  Error.stackTraceLimit = 0;
}
export default program.default;
