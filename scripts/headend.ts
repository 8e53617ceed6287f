import { Command, CommanderError } from "commander";
import { readFileSync } from "node:fs";
import { registerAwsCommands } from "./cli/register-aws.ts";
import { registerDiff } from "./cli/register-diff.ts";
import { registerFileCommands } from "./cli/register-files.ts";
import { registerStackCommands } from "./cli/register-stack.ts";
import { describeError, EXIT } from "./cli/lib/errors.ts";
import { endQuietlyOnClosedPipe, note, paintError, wantsColor } from "./cli/lib/output.ts";

endQuietlyOnClosedPipe();
process.exitCode = await main(process.argv.slice(2));

/** Runs one command line. @returns the exit code (see docs/commands.md) */
async function main(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
    const { text, exitCode } = describeError(error, Boolean(process.env["HEADEND_DEBUG"]));
    if (text !== "error: ") note(text.replace(/^error:/, paintError.red("error:")));
    return exitCode;
  }
}

function version(): string {
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string }).version;
}

function createProgram(): Command {
  const program = new Command("headend")
    .description("Declare a live-video topology, see what it will do, run it.")
    .usage("COMMAND [options]")
    .version(version(), "-V, --version", "show headend's version")
    .showHelpAfterError("(add --help to see what is allowed)")
    .configureOutput({ getOutHasColors: () => wantsColor(process.stdout), getErrHasColors: () => wantsColor(process.stderr) })
    .helpCommand("help [COMMAND]", "show help for a command")
    .exitOverride()
    .addHelpText("after", `
Exit codes: 0 done, 1 it failed (or a warning with --strict), 2 the command line or a file is wrong, 130 interrupted.
HEADEND_DEBUG=1 shows where an error came from. NO_COLOR=1 switches colours off.

First steps:
  npx headend up                      set up everything and start the local studio
  npx headend kit --stack local       what to type into OBS
  npx headend demo                    publish a test picture with a clock`);
  registerFileCommands(program);
  registerDiff(program);
  registerStackCommands(program);
  registerAwsCommands(program);
  return program;
}
