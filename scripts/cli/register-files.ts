import type { Command } from "commander";
import { examples, exitWith } from "./lib/command.ts";

/** "0.5" → 0.5; loaded late, because it brings the plan along. */
const scaleText = "shrink pictures and bitrates, above 0 and at most 1";
async function scaleOf(options: { readonly scale?: string }): Promise<number> {
  if (options.scale === undefined) return 1;
  return (await import("./lib/topology.ts")).parseScale(options.scale);
}

/** Commands that only read a topology file. Each loads its module when it is run: `check` in an editor must start fast. */
export function registerFileCommands(program: Command): void {
  examples(program.command("check").description("check a topology file: schema errors and what the rules of docs/lint.md find")
    .argument("<files...>", "topology files; several are also compared with each other")
    .option("--certificate <file>", "PEM file of the certificate that viewers and publishers will see")
    .option("--strict", "exit with 1 when there are warnings").option("--json", "diagnostics as JSON").option("--sarif", "diagnostics as SARIF 2.1.0, for code scanning")
    .action(async (files: string[], options) => exitWith((await import("./check.ts")).check(files, options))),
  ["npx headend check stacks/studio.yaml", "npx headend check --strict --json stacks/studio.yaml", "npx headend check --sarif stacks/*.yaml > headend.sarif",
    "npx headend check --certificate fullchain.pem stacks/festival.yaml",
    "exit codes: 0 clean, 1 warnings with --strict, 2 errors"]);

  examples(program.command("schema").description("print the JSON Schema of the topology file, for editors")
    .action(async () => (await import("./schema.ts")).schema()),
  ["npx headend schema > topology.schema.json"]);

  examples(program.command("plan").description("show what a topology becomes: hosts, open ports, streams")
    .argument("<file>", "topology file")
    .option("--scale <number>", scaleText).option("--json", "the whole plan as JSON")
    .action(async (file: string, options) => (await import("./plan.ts")).plan(file, { ...options, scale: await scaleOf(options) })),
  ["npx headend plan stacks/studio.yaml", "npx headend plan stacks/studio.yaml --json | jq '.hosts[].name'"]);

  examples(program.command("cost").description("estimate what a topology costs on AWS: an hour, the event, a month, a viewer")
    .argument("<file>", "topology file").option("--json", "every line as JSON, in millionths of a dollar")
    .action(async (file: string, options) => exitWith((await import("./cost.ts")).cost(file, options))),
  ["npx headend cost stacks/festival.yaml", "npx headend cost stacks/festival.yaml --json | jq .event.total",
    "exit codes: 0 estimated, 1 the event costs more than observe.budget, 2 errors"]);

  examples(program.command("prices").description("show the prices that costs are estimated with, where they are from and how old they are")
    .option("--refresh", "get newer ones from AWS's public price list; kept for this user")
    .option("--from <place>", "other address, folder or file of the price list").option("--out <file>", "write there instead").option("--json", "as JSON")
    .action(async (options) => exitWith(await (await import("./prices.ts")).prices(options))),
  ["npx headend prices", "npx headend prices --refresh", "npx headend prices --refresh --from ./offers",
    "exit codes: 0 done, 1 no price could be read, 2 the list is not one of prices or holds impossible ones"]);

  examples(program.command("bench").description("measure what this machine's processor takes for streams; capacity, check and up then count with it")
    .option("--calibrate", "measure: FFmpeg with the transcoders' arguments, and TLS; takes about three and a half minutes")
    .option("--host-type <name>", "keep it as that EC2 size instead of as this machine").option("--json", "as JSON")
    .action(async (options) => exitWith(await (await import("./bench.ts")).bench(options))),
  ["npx headend bench --calibrate", "npx headend bench --calibrate --host-type c7g.2xlarge", "npm run bench                      headend's own speed"]);

  examples(program.command("explain").description("say why a thing is as it is: lines of the topology, rule of the planner, formula with its numbers")
    .argument("<thing...>", "port, rule, host, link, stream, publisher, rung, secret, capacity, cost or finding, and its name; then the topology file")
    .option("--scale <number>", scaleText).option("--json", "as JSON")
    .action(async (words: string[], options) => (await import("./explain.ts")).explain(words, { ...options, scale: await scaleOf(options) })),
  ["npx headend explain port 1936@mux-eu-a stacks/festival.yaml", "npx headend explain host tx-eu-2 stacks/festival.yaml", "npx headend explain rung 720p@main-stage stacks/festival.yaml",
    "npx headend explain capacity dist-eu-1 stacks/festival.yaml", "npx headend explain cost cloudfront stacks/festival.yaml", "npx headend explain finding HE405 stacks/festival.yaml",
    "npx headend explain rule stacks/festival.yaml        all firewall rules; other kinds alone list their names"]);

  examples(program.command("diagram").description("draw the path of the streams as SVG or Mermaid; with two files, what the edit changes")
    .argument("<file>", "topology file").argument("[newer]", "the file after an edit")
    .option("-f, --format <format>", "svg or mermaid", "svg").option("-o, --out <file>", "file to write (standard output)")
    .option("--scale <number>", scaleText)
    .action(async (file: string, newer: string | undefined, options) => (await import("./diagram.ts")).diagram(file, newer, { ...options, scale: await scaleOf(options) })),
  ["npx headend diagram stacks/festival.yaml --out festival.svg", "npx headend diagram stacks/festival.yaml edited.yaml --out edit.svg", "npx headend diagram stacks/studio.yaml --format mermaid"]);

  examples(program.command("render").description("write every file of every host into a folder")
    .argument("<file>", "topology file").requiredOption("-o, --out <dir>", "folder to write; must be empty or not exist")
    .option("--force", "replace what an earlier render wrote there")
    .option("--scale <number>", scaleText).option("--json", "list what was written as JSON")
    .action(async (file: string, options) => (await import("./render.ts")).render(file, { ...options, scale: await scaleOf(options) })),
  ["npx headend render stacks/studio.yaml --out /tmp/studio", "npx headend render new.yaml -o /tmp/new && diff -r /tmp/studio /tmp/new"]);

  examples(program.command("init").description("write a topology file; asks when run in a terminal")
    .argument("[file]", "file to write", "stacks/event.yaml")
    .option("--name <name>", "name of the event").option("--stream <name...>", "names of the streams")
    .option("--resolution <size>", "picture of the publishers, e.g. 1920x1080").option("--fps <rate>", "pictures a second")
    .option("--bitrate <rate>", "bitrate of the publishers, e.g. \"6 Mbps\"").option("--latency <tier>", "standard, low or ultra")
    .option("--redundant", "two multiplexers, transcoders and distributors").option("--record <time>", "record and keep, e.g. \"30 d\"")
    .option("--yes", "take the defaults, ask nothing").option("--force", "overwrite the file")
    .action(async (file: string, options) => (await import("./init.ts")).init(file, options)),
  ["npx headend init stacks/festival.yaml", "npx headend init stacks/talk.yaml --yes --name talk --stream main --latency low"]);
}
