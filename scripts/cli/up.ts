import { join, resolve } from "node:path";
import { lintFile } from "../../infra/plan/lint/lint-file.ts";
import { ensureToolchain } from "../setup/index.ts";
import { AlreadyTold, loadAndPlan } from "./lib/topology.ts";
import { CliError, EXIT } from "./lib/errors.ts";
import { kitText } from "./kit/text.ts";
import { stackKit } from "./kit.ts";
import { note, paint, paintError, print, seconds } from "./lib/output.ts";
import { ROOT, shown } from "./lib/places.ts";
import { checkStackName, DEFAULT_TOPOLOGY, onAws, plainConfig, type Stack, type StackConfig, stackNamed, type StackOutputs } from "./lib/stack.ts";
import { AWS_PLAYABLE_WITHIN_MS, prepareAwsPrograms } from "./up/aws.ts";
import { configValues, currentConfig, prepareStack, type Remembered } from "./up/configure.ts";
import { preflight } from "./up/preflight.ts";
import { type Missing, waitUntilPlayable } from "./up/wait.ts";

export interface UpOptions extends Remembered { readonly stack: string; readonly skipPreflight?: boolean }

/** A cold machine with many streams: images are there, but every encoder starts at once. */
const PLAYABLE_WITHIN_MS = 120_000;

/** `headend up`: from whatever is there to a stack that plays. @returns the exit code */
export async function up(options: UpOptions): Promise<number> {
  const began = Date.now();
  checkStackName(options.stack);
  const values = configValues(options);
  // A mistake in the topology is told before minutes of set-up.
  const file = resolve(ROOT, values.get("topology") ?? plainConfig(options.stack, "topology") ?? DEFAULT_TOPOLOGY);
  const { loaded, plan } = loadAndPlan(file, Number(values.get("scale") ?? plainConfig(options.stack, "scale") ?? 1));
  if (lintFile(loaded, plan).kept.some(({ finding }) => finding.severity === "error")) {
    const { check } = await import("./check.ts");
    check(file, {});
    throw new AlreadyTold();
  }

  if (!values.has("target") && onAws(options.stack)) values.set("target", "aws");
  const aws = values.get("target") === "aws";
  await ensureToolchain({ root: ROOT, docker: !aws });
  const stack = stackNamed(options.stack);
  const current = await currentConfig(stack);
  if (aws) await prepareAwsPrograms(loaded, plan);
  else if (!options.skipPreflight) {
    const wanted: StackConfig = { ...current, ...Object.fromEntries(values) };
    const warnings = await preflight({
      stack: stack.name, plan, expose: wanted["expose"] ?? "127.0.0.1", portOffset: Number(wanted["portOffset"] ?? 0), recordings: recordingsDir(stack.name, wanted),
    });
    for (const warning of warnings) note(`${paintError.yellow("warning:")} ${warning}`);
  }
  const config = await prepareStack(stack, current, values);
  note(`${plan.name} (${shown(file)}) → stack ${stack.name}\n`);

  const code = await stack.interactive(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
  if (code !== 0) return failed(stack.name, code);
  const outputs = await stack.outputs();
  if (outputs === null) throw new CliError("Pulumi finished, but the stack has no outputs.", `Look at it: pulumi stack --stack ${stack.name}`);
  const within = aws ? AWS_PLAYABLE_WITHIN_MS : PLAYABLE_WITHIN_MS;
  const missing = await waitUntilPlayable(outputs, Date.now() + within, teller());
  if (missing.size > 0) return notPlayable(stack.name, missing, within);
  await finish(stack, config, outputs, Date.now() - began);
  return EXIT.ok;
}

export function recordingsDir(stack: string, config: StackConfig): string {
  return resolve(ROOT, config["recordings"] ?? join(".headend", "recordings", stack));
}

function failed(stack: string, code: number): number {
  note(code === EXIT.interrupted
    ? "\nInterrupted. What was made stays; run the same command again and it goes on from there."
    : `\n${paintError.red("error:")} Pulumi did not finish; it says why above. Once that is solved, run the same command again: it goes on from there.\n  npx headend doctor --stack ${stack}  looks for common causes.`);
  return code === EXIT.interrupted ? code : EXIT.failure;
}

/** Tells once who is awaited, then every ten seconds who still is. */
function teller(): (missing: Missing) => void {
  let last = 0;
  return (missing) => {
    if (Date.now() - last < 10_000) return;
    note(`waiting for ${[...missing].map(([name, why]) => (last === 0 ? name : `${name} (${why})`)).join(", ")}`);
    last = Date.now();
  };
}

function notPlayable(stack: string, missing: Missing, within: number): number {
  note(`${paintError.red("error:")} deployed, but after ${seconds(within)} not everything plays:`);
  for (const [name, why] of missing) note(`  ${name}: ${why}`);
  note(`  npx headend doctor --stack ${stack}  says what to do.`);
  return EXIT.failure;
}

async function finish(stack: Stack, config: StackConfig, outputs: StackOutputs, tookMs: number): Promise<void> {
  const kit = await stackKit(stack, { known: { config, outputs } });
  const only = `--stack ${stack.name}`;
  print(`\n${kitText(kit, { short: true })}\n`);
  print(`${paint.green("ready")} in ${seconds(tookMs)}: ${paint.bold(outputs.viewer)}\n`);
  const next: readonly (readonly [string, string])[] = [
    [`kit ${only} --show-secrets`, "keys, OBS settings, ffmpeg commands"],
    [`demo ${only}`, "a test picture with a clock"],
    ...(outputs.ca === null ? [] : [[`trust ${only}`, "make browsers and OBS accept the certificate"] as const]),
  ];
  const width = Math.max(...next.map(([command]) => command.length));
  for (const [command, does] of next) print(`  npx headend ${command.padEnd(width)}   ${does}`);
}
