import type { Command } from "commander";

/** Adds examples under the help of a command. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

/** Sets the exit code that a command ends with. */
export function exitWith(code: number): void {
  process.exitCode = code;
}
