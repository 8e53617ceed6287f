import type { Command } from "commander";
import { examples, exitWith } from "./lib/command.ts";

/** `headend diff`; loads its module when it is run. */
export function registerDiff(program: Command): void {
  examples(program.command("diff").description("what going from one topology to another does to people, with capacity and cost")
    .argument("<old>", "topology file that runs").argument("<new>", "topology file that is to run")
    .option("--target <name>", "local or aws: what replaces a host depends on it", "local")
    .option("--scale <number>", "shrink pictures and bitrates, above 0 and at most 1")
    .option("--max <class>", "exit with 1 when the impact is worse than nothing, hot-reload, stream-restarts, publishers-drop, viewers-rebuffer")
    .option("--no-lines", "leave out the changed lines of files").option("--json", "every change as JSON")
    .action(async (before: string, after: string, options: { readonly scale?: string; readonly target?: string; readonly max?: string; readonly json?: boolean; readonly lines?: boolean }) => {
      const scale = options.scale === undefined ? 1 : (await import("./lib/topology.ts")).parseScale(options.scale);
      exitWith(await (await import("./diff.ts")).diff(before, after, { ...options, scale }));
    }),
  ["npx headend diff stacks/festival.yaml new.yaml", "npx headend diff old.yaml new.yaml --target aws --max hot-reload", "npx headend diff old.yaml new.yaml --json | jq .felt",
    "git show HEAD:stacks/festival.yaml > /tmp/old.yaml && npx headend diff /tmp/old.yaml stacks/festival.yaml",
    "exit codes: 0 compared, 1 worse than --max, 2 errors"]);
}
