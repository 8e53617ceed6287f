import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { randomInt } from "node:crypto";
import { planTopology } from "../../infra/plan/plan.ts";
import { renderPlan } from "../../infra/render/render.ts";
import { parseTopology } from "../../infra/spec/load.ts";
import { picturesBeside } from "../../infra/spec/picture.ts";
import { formatProblems, TopologyError } from "../../infra/spec/problems.ts";
import { toSeconds, UnitError } from "../../infra/spec/units.ts";
import { ensureToolchain, stateRoot } from "../setup/index.ts";
import { noFaketime } from "../live/faketime.ts";
import { Ends } from "../rehearse/ends.ts";
import { type Limits, NO_LIMITS, onlyFaults, onStage, selectFaults } from "../rehearse/faults.ts";
import type { Fault, Report } from "../rehearse/model.ts";
import { rehearse as run, type RehearsalOptions } from "../rehearse/rehearse.ts";
import { htmlReport } from "../rehearse/report/html.ts";
import { textReport } from "../rehearse/report/text.ts";
import { anyBroken } from "../rehearse/score.ts";
import { loadScript } from "../rehearse/script.ts";
import { noSmallDisk } from "../rehearse/small-disk.ts";
import { clear, isRealStack, runningRehearsal } from "../rehearse/stack.ts";
import { rehearsedTopology } from "../rehearse/topology.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { columns, note, paint, print, printJson, wantsColor } from "./lib/output.ts";
import { ROOT, shown } from "./lib/places.ts";
import { checkStackName, openStack } from "./lib/stack.ts";
import { AlreadyTold, loadAndPlan, parseScale } from "./lib/topology.ts";
import { fittingScale } from "./up/cpu.ts";
import { recordingsDir } from "./up.ts";

export interface RehearseOptions {
  readonly stack?: string; readonly onAir?: string; readonly script?: string; readonly only?: readonly string[]; readonly quick?: boolean;
  readonly for?: string; readonly seed?: string; readonly scale?: string; readonly portOffset?: string; readonly browsers?: string;
  readonly report?: string; readonly screenshot?: string; readonly json?: boolean; readonly list?: boolean; readonly keep?: boolean; readonly clean?: boolean;
}

/** Share of the machine that encoding may take: publishers and players run on it as well. */
const FOR_ENCODING = 0.4;
const SECOND_PRESS_MS = 500;

/** `headend rehearse TOPOLOGY`. @returns 0 all promises kept, 1 one was broken, 130 interrupted @throws CliError, TopologyError */
export async function rehearse(file: string, options: RehearseOptions): Promise<number> {
  const soakSeconds = options.for === undefined ? null : soakLength(options.for);
  const seed = wholeNumber("--seed", options.seed, 0, 2 ** 32 - 1) ?? randomInt(2 ** 31);
  const portOffset = wholeNumber("--port-offset", options.portOffset, 0, 50_000);
  const browsers = wholeNumber("--browsers", options.browsers, 0, 20) ?? 2;
  const { loaded, plan: full } = loadAndPlan(file);
  const stackName = options.onAir ?? options.stack ?? `rehearse-${full.name}`.slice(0, 50);
  checkStackName(stackName);
  const { text, notes } = rehearsedTopology(loaded.text);
  const scale = options.scale === undefined ? Math.min(1, fittingScale(full, availableParallelism() * FOR_ENCODING)) : parseScale(options.scale);
  const topology = options.onAir === undefined ? parseTopology(text, file, picturesBeside(file)).topology : loaded.topology;
  const planned = planTopology(topology, { scale });
  const { plan, bundles } = onStage(planned, renderPlan(planned, "0".repeat(43)));
  const limits = limitsOf(options.onAir);
  const faults = chosen(options, plan, bundles, limits);
  if (options.list) { list(faults, options.json === true); return EXIT.ok; }

  await refuseRealStack(stackName, options.onAir);
  if (options.clean) {
    await clear(stackName);
    note(`nothing of ${stackName} is left`);
    return EXIT.ok;
  }
  await ensureToolchain({ root: ROOT });
  const onAir = options.onAir === undefined ? null : await running(options.onAir, file, plan.hosts.map((h) => h.name));
  const stop = interruptible(stackName, options.onAir !== undefined);
  let report: Report;
  const settings: RehearsalOptions = {
    file, name: plan.name, plan, topology, text, notes: [...notes, ...remarks(faults)], faults, stackName, onAir, portOffset, browsers,
    soak: soakSeconds === null ? null : { seconds: soakSeconds, seed }, smallDisk: onAir === null && limits.smallDisk === null,
    ends: stop.ends, signal: stop.signal, tell: note, screenshot: options.screenshot,
  };
  try { report = await run(settings); } finally {
    if (options.keep && onAir === null && !stop.signal.aborted) stop.ends.keep(["the stack", "the disk of recordings"]);
    note(options.keep ? "cleaning up (the stack stays)" : onAir ? "cleaning up" : "cleaning up, taking the stack down");
    await stop.ends.all();
    stop.over();
  }
  tellReport(report, options, stackName);
  return report.interrupted ? EXIT.interrupted : anyBroken(report.outcomes, report.leaks) ? EXIT.failure : EXIT.ok;
}

function chosen(options: RehearseOptions, plan: RehearsalOptions["plan"], bundles: Parameters<typeof selectFaults>[1], limits: Limits): Fault[] {
  const all = options.script === undefined ? selectFaults(plan, bundles, { limits, quick: options.quick ?? false }) : scripted(options.script, plan, bundles, limits);
  const only = options.only ?? [], faults = onlyFaults(all, only);
  const useless = only.find((word) => onlyFaults(all, [word]).length === 0);
  if (useless !== undefined) throw new InputError(`--only "${useless}" fits no fault.`, "Their names: npx headend rehearse TOPOLOGY --list");
  return faults;
}

function scripted(file: string, plan: RehearsalOptions["plan"], bundles: Parameters<typeof selectFaults>[1], limits: Limits): Fault[] {
  try { return loadScript(file, plan, bundles, limits); } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    note(formatProblems(error.problems, { color: wantsColor(process.stderr), file }));
    throw new AlreadyTold();
  }
}

function limitsOf(onAir: string | undefined): Limits {
  if (onAir === undefined) return { ...NO_LIMITS, smallDisk: noSmallDisk(), clock: noFaketime() };
  const ours = `${onAir} is on air: `;
  return { publishers: `${ours}its publishers are not the rehearsal's to stop`, changes: `${ours}a rehearsal does not change it`, smallDisk: `${ours}its recordings are not filled`, clock: `${ours}its programs are not started under another clock` };
}

/** Faults are for a stack made for them. */
async function refuseRealStack(name: string, onAir: string | undefined): Promise<void> {
  if (onAir !== undefined) return;
  const pid = runningRehearsal(name);
  if (pid !== null) throw new CliError(`A rehearsal uses the stack ${name} now (process ${pid}).`, "Wait for it, end it with Ctrl-C, or use another name: --stack NAME");
  if (await isRealStack(name)) {
    throw new InputError(`The stack ${name} exists and was not made by a rehearsal: people may be watching it.`,
      `Leave --stack out to rehearse on a copy. To break things on the running stack, with everybody watching, name it: --on-air ${name}`);
  }
}

async function running(name: string, file: string, hosts: readonly string[]): Promise<NonNullable<RehearsalOptions["onAir"]>> {
  const stack = await openStack(name), [config, outputs] = [await stack.config(), await stack.outputs()];
  if (outputs === null) throw new CliError(`The stack ${name} is not deployed.`, `Start it: npx headend up --stack ${name}`);
  const there = Object.keys(outputs.hosts).sort().join(", ");
  if (there !== [...hosts].sort().join(", ")) throw new InputError(`${file} is not what the stack ${name} runs: its hosts are ${there}.`, `Give its topology: ${shown(stack.topologyFile(config))}`);
  return { outputs, recordings: recordingsDir(name, config) };
}

/** First Ctrl-C: stop and undo everything. Second: remove what can be removed at once, and go. */
function interruptible(stack: string, onAir: boolean): { readonly ends: Ends; readonly signal: AbortSignal; over(): void } {
  const controller = new AbortController(), ends = new Ends((text) => note(text));
  let last = 0;
  const press = (signal: NodeJS.Signals): void => {
    const again = controller.signal.aborted;
    if (Date.now() - last < SECOND_PRESS_MS) return;
    last = Date.now();
    if (!again) {
      note(`\ninterrupted (${signal}): undoing what was done (again to hurry)`);
      controller.abort();
      return;
    }
    note("\nremoving what can be removed at once");
    void (onAir ? ends.all() : clear(stack)).finally(() => process.exit(EXIT.interrupted));
  };
  for (const s of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(s, press);
  return { ends, signal: controller.signal, over: () => { for (const s of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(s, press); } };
}

function tellReport(report: Report, options: RehearseOptions, stack: string): void {
  const file = options.report === undefined ? join(stateRoot(ROOT), "reports", `rehearsal-${report.name}.html`) : resolve(options.report);
  mkdirSync(dirname(file), { recursive: true });
  const picture = options.screenshot === undefined || report.interrupted ? null : `data:image/png;base64,${readFileSync(options.screenshot).toString("base64")}`;
  writeFileSync(file, htmlReport(report, picture));
  if (options.json) printJson(report);
  else print(`\n${textReport(report, paint)}`);
  note(`report: ${shown(file)}`);
  if (options.keep && options.onAir === undefined && !report.interrupted) note(`The stack ${stack} still runs. The next rehearsal of it removes it, and so does: npx headend rehearse ${report.topology} --stack ${stack} --clean`);
}

function list(faults: readonly Fault[], json: boolean): void {
  if (json) { printJson(faults); return; }
  print(columns(["name (--only)", "fault", "predicted"], faults.map((f) => [f.id, f.title, f.skip === null ? (f.prediction.singlePoint === null ? f.prediction.says : paint.yellow(`single point: ${f.prediction.singlePoint}; ${f.prediction.says}`)) : paint.dim(`skipped: ${f.skip}`)])));
  const skipped = faults.filter((f) => f.skip !== null).length;
  print(`\n${faults.length - skipped} faults, about ${Math.ceil(faults.filter((f) => f.skip === null).reduce((s, f) => s + 22 + ("seconds" in f.action ? f.action.seconds : 0), 60) / 60)} minutes${skipped > 0 ? `; ${skipped} skipped` : ""}`);
}

function remarks(faults: readonly Fault[]): string[] {
  return faults.some((f) => f.action.kind === "publisher" || f.action.kind === "rotate") ? ["publishers are FFmpeg with a test picture and a clock; an encoder that is cut off tries its ways in one after the other"] : [];
}

function soakLength(text: string): number {
  try {
    const seconds = toSeconds(text);
    if (seconds >= 120 && seconds <= 7 * 86_400) return seconds;
  } catch (error) { if (!(error instanceof UnitError)) throw error; }
  throw new InputError(`--for is "${text}".`, "Allowed: 2 min to 7 d, e.g. 1h.");
}

function wholeNumber(option: string, text: string | undefined, least: number, most: number): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new InputError(`${option} is "${text}".`, `Allowed: a whole number from ${least} to ${most}.`);
  return value;
}
