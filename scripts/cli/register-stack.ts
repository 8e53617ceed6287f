import type { Command } from "commander";
import { examples, exitWith } from "./lib/command.ts";

const withStack = (command: Command): Command => command.option("-s, --stack <name>", "stack to work on", "local");

/** Commands that work on a stack. Each loads its module when it is run. */
export function registerStackCommands(program: Command): void {
  examples(withStack(program.command("up").description("set up what is missing, deploy with Pulumi, wait until every stream plays"))
    .option("-t, --topology <file>", "topology file; remembered by the stack (first time: stacks/studio.yaml)")
    .option("--target <name>", "local or aws; remembered (local)").option("--scale <number>", "shrink pictures and bitrates; remembered").option("--expose <address>", "address to publish ports on; remembered (127.0.0.1)")
    .option("--port-offset <number>", "add to every published port; remembered (0)")
    .option("--during-event <impact>", "accept exactly this impact while the event is on or somebody publishes, e.g. publishers-drop/3f9a1c20")
    .option("--skip-preflight", "do not check ports, disk and processor first").option("-y, --yes", "accepted for scripts; up never asks")
    .action(async (options) => exitWith(await (await import("./up.ts")).up(options))),
  ["npx headend up", "npx headend up --topology stacks/festival.yaml --scale 0.4", "npx headend up --stack second --port-offset 1000"]);

  examples(withStack(program.command("preview").description("what `up` would change and who would feel it: pulumi preview --diff with impact, capacity and cost"))
    .option("-t, --topology <file>", "topology file, for a stack on AWS; remembered").option("--json", "Pulumi's preview as JSON")
    .action(async (options) => exitWith(await (await import("./preview.ts")).preview(options))),
  ["npx headend preview", "npx headend preview --stack local --json", "npx headend preview --stack aws    (needs no credentials)"]);

  examples(withStack(program.command("down").description("take the stack down: no container, network or volume stays; recordings are kept"))
    .option("--remove", "forget the stack's config too; its stream keys are lost").option("-y, --yes", "do not ask")
    .action(async (options) => exitWith(await (await import("./down.ts")).down(options))),
  ["npx headend down --yes", "npx headend down --stack second --remove --yes"]);

  examples(withStack(program.command("kit").description("per publisher: server, key, OBS settings, ffmpeg commands; viewer links"))
    .argument("[file]", "topology file; without one, the stack's").option("--show-secrets", "show keys instead of dots").option("--json", "as JSON")
    .option("-o, --out <dir>", "write sheets to print, JSON and OBS profiles to import, a folder for each publisher").option("--force", "replace what an earlier kit wrote there")
    .option("--publisher <name>", "only this one, e.g. truck or main-stage/truck")
    .action(async (file: string | undefined, options, command: Command) => (await import("./kit.ts")).kit(file, { ...options, stackGiven: command.getOptionValueSource("stack") === "cli" })),
  ["npx headend kit stacks/studio.yaml", "npx headend kit --stack local --show-secrets", "npx headend kit --stack local --show-secrets --out kits",
    "npx headend kit stacks/festival.yaml --publisher truck --json"]);

  examples(withStack(program.command("demo").description("publish a test picture with a running clock; Ctrl-C ends it"))
    .option("--stream <name>", "stream to publish (the first)").option("--publisher <name>", "publish as this publisher (the first)")
    .option("--via <protocol>", "srt, rtmps, rtmp or whip (the publisher's first)").option("--duration <time>", "stop after, e.g. 30s (until Ctrl-C)")
    .option("--open", "open the player page in a browser")
    .action(async (options) => exitWith(await (await import("./demo.ts")).demo(options))),
  ["npx headend demo", "npx headend demo --stream main --via srt --duration 30s"]);

  examples(withStack(program.command("status").description("what is live, at what bitrate, from where")).option("--json", "as JSON")
    .option("--switches", "every switch of what was on air, oldest first")
    .action(async (options) => exitWith(await (await import("./status.ts")).status(options))),
  ["npx headend status", "npx headend status --switches", "npx headend status --json | jq '.streams'"]);

  examples(withStack(program.command("switch").description("show or choose by hand what is on air: primary, backup, slate, or auto"))
    .argument("[stream]", "stream; without one, all are shown").argument("[input]", "primary, backup, slate or auto; without one, the stream is shown").option("--json", "as JSON")
    .action(async (stream: string | undefined, input: string | undefined, options) => exitWith(await (await import("./switch.ts")).switchInput(stream, input, options))),
  ["npx headend switch", "npx headend switch main backup", "npx headend switch main auto"]);

  examples(withStack(program.command("steer").description("show or change how viewers divide among distributors and CDNs, without an apply"))
    .argument("[weights...]", "NAME=WEIGHT, where 0 empties a way; or auto: as the topology declares").option("--json", "as JSON")
    .action(async (weights: string[], options) => exitWith(await (await import("./steer.ts")).steer(weights, options))),
  ["npx headend steer", "npx headend steer dist-eu-1=0", "npx headend steer cdn=70 dist-eu-1=15 dist-eu-2=15", "npx headend steer auto"]);

  examples(withStack(program.command("doctor").description("what is wrong with this machine or stack, and what to do")).option("--json", "as JSON")
    .action(async (options) => exitWith(await (await import("./doctor.ts")).doctor(options))),
  ["npx headend doctor", "exit codes: 0 nothing wrong, 1 something is"]);

  examples(withStack(program.command("trust").description("write the stack's certificate authority and say how to trust it"))
    .action(async (options) => (await import("./trust.ts")).trust(options)),
  ["npx headend trust", "npx headend trust --stack second"]);

  examples(program.command("rehearse").description("bring a topology up here, publish, watch, break one thing after the other, and report what viewers noticed")
    .argument("<topology>", "topology file")
    .option("--list", "show the faults and what the plan predicts of them; play none").option("--only <name...>", "faults whose name contains this, e.g. kill:ffmpeg")
    .option("--quick", "one host of each role only").option("--script <file>", "play the faults of this file instead (docs/rehearse.md)")
    .option("--for <time>", "soak: random faults for so long, then look for leaks, e.g. 1h").option("--seed <number>", "repeat the random faults of another soak")
    .option("--scale <number>", "shrink pictures and bitrates (as small as this machine needs)").option("--browsers <number>", "real players at most (2)")
    .option("--report <file>", "write the HTML report here").option("--screenshot <file>", "write a picture of the first player at the end (PNG)").option("--json", "the report as JSON on standard output")
    .option("--keep", "leave the stack running afterwards").option("--clean", "remove what --keep left, and end")
    .option("-s, --stack <name>", "name of the rehearsal's own stack (rehearse-NAME)").option("--port-offset <number>", "add to every published port (the first free one)")
    .option("--on-air <stack>", "break things on this running stack, whoever watches; it is neither made, changed nor taken down")
    .action(async (file: string, options) => exitWith(await (await import("./rehearse.ts")).rehearse(file, options))),
  ["npx headend rehearse stacks/festival.yaml --list", "npx headend rehearse stacks/festival.yaml", "npx headend rehearse stacks/studio.yaml --only kill: --json > report.json", "npx headend rehearse stacks/festival.yaml --for 1h",
    "exit codes: 0 every promise kept, 1 one was broken, 2 bad input, 130 interrupted"]);

  const secret = program.command("secret").description("secrets that a topology names as `secret:NAME`");
  examples(withStack(secret.command("set").description("store a secret, encrypted, in the stack's config; asks, or reads standard input"))
    .argument("<name>", "name as in `secret:NAME`")
    .action(async (name: string, options) => (await import("./secret.ts")).setSecret(name, options)),
  ["npx headend secret set youtube", "printf %s \"$KEY\" | npx headend secret set youtube --stack local"]);

  examples(program.command("setup").description("bring the toolchain only: Docker, Pulumi, images")
    .option("--aws <processor>", "what AWS hosts install, too: arm, x86 or both; Docker is then not needed")
    .action(async (options) => (await import("./setup.ts")).setup(options)),
  ["npx headend setup", "npx headend setup --aws arm"]);

  examples(program.command("env").description("print the variables with which plain `pulumi` works here")
    .action(async () => (await import("./env.ts")).env()),
  ["eval \"$(npx headend env)\" && pulumi up --stack local"]);
}
