import type { Command } from "commander";
import { examples, exitWith } from "./lib/command.ts";

/** Commands that only the aws target needs. */
export function registerAwsCommands(program: Command): void {
  examples(program.command("ami").description("the newest Debian 13 machine images beside the pinned ones; asks AWS").option("-s, --stack <name>", "stack to work on", "aws")
    .option("--write", "pin the newest in the stack's config").option("--json", "as JSON")
    .action(async (options) => exitWith(await (await import("./ami.ts")).ami(options))),
  ["npx headend ami --stack aws", "npx headend ami --stack aws --write", "exit codes: 0 all pinned ones are the newest, 1 there are newer ones"]);
}
