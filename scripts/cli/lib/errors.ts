/** Exit codes of every command. */
export const EXIT = { ok: 0, failure: 1, badInput: 2, interrupted: 130 } as const;

/** A failure to tell the user as it is: what is wrong, and what to do. Shown without a stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  constructor(message: string, readonly fix: string | null = null, readonly exitCode: number = EXIT.failure) {
    super(message);
  }
}

/** The command line or a file is wrong: exit code 2. */
export class InputError extends CliError {
  constructor(message: string, fix: string | null = null) {
    super(message, fix, EXIT.badInput);
  }
}

/** Errors whose message is written for the user; others are faults of headend and say so. */
const SPOKEN = new Set(["CliError", "SetupError", "RangeError"]);
const INPUT = new Set(["TopologyError"]);

/** What to print for an error and the exit code it gives. `debug` adds the stack. */
export function describeError(error: unknown, debug: boolean): { readonly text: string; readonly exitCode: number } {
  if (!(error instanceof Error)) return { text: `error: ${String(error)}`, exitCode: EXIT.failure };
  const stack = debug && error.stack ? `\n${error.stack}` : "";
  // A TopologyError's message is a list with places of its own.
  if (INPUT.has(error.name)) return { text: `${error.message}${stack}`, exitCode: EXIT.badInput };
  const fix = error instanceof CliError && error.fix ? `\n  ${error.fix.split("\n").join("\n  ")}` : "";
  const exitCode = error instanceof CliError ? error.exitCode : EXIT.failure;
  const unexpected = SPOKEN.has(error.name) || isSystemError(error) || debug ? "" : "\n  This is unexpected. HEADEND_DEBUG=1 shows where it happened.";
  return { text: `error: ${error.message}${fix}${unexpected}${stack}`, exitCode };
}

/** Errors of the operating system (a missing file, no permission) say themselves what is wrong. */
function isSystemError(error: Error): boolean {
  return "syscall" in error && "code" in error;
}
