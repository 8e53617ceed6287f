import * as pulumi from "@pulumi/pulumi";
import { createHmac } from "node:crypto";
import { resolve } from "node:path";
import { compare, FIRST } from "./plan/impact/compare.ts";
import { figureLines, type Figures, figures, findingsLine, staleLines } from "./plan/impact/figures.ts";
import { countdown, refusal } from "./plan/impact/freeze.ts";
import type { Impact } from "./plan/impact/impact.ts";
import { onAirRefusal, type OnAir, touchedMultiplexers } from "./plan/impact/on-air.ts";
import { locator } from "./plan/impact/locate.ts";
import { deployedOtherwise, type DeployedRecord, readRecord, recordOf } from "./plan/impact/record.ts";
import type { Side } from "./plan/impact/side.ts";
import { changeLines } from "./plan/impact/text.ts";
import type { LintOptions } from "./plan/lint/lint.ts";
import { lintFile } from "./plan/lint/lint-file.ts";
import { Readings } from "./plan/readings.ts";
import { planTopology } from "./plan/plan.ts";
import { renderPlan } from "./render/render.ts";
import { currentPrices, userCalibration } from "./user-files/user-files.ts";
import { parseTopology } from "./spec/load.ts";
import { picturesStillBeside } from "./spec/picture.ts";
import type { LoadedTopology } from "./spec/topology.ts";

/** Stands for an impact that cannot be told, since what runs was deployed by a headend that kept no record. */
const UNKNOWN: Impact = {
  class: "host-replaced", changes: [], felt: [], id: "host-replaced/unknown",
  sentence: "not known: the stack has no record of what is deployed; this up makes one",
};

export interface ForesightArgs {
  readonly loaded: LoadedTopology;
  /** Name of the file as the stack's config says it, relative to `root`. */
  readonly file: string;
  readonly root: string;
  readonly side: Side;
  readonly stackSecret: string;
  readonly target: string;
  readonly nowMs: number;
  /** `headend:duringEvent`. */
  readonly accepted: string | null;
  /** Who publishes at these multiplexers right now; rejects where that cannot be asked. */
  readonly onAir: (multiplexers: readonly string[], outputs: Readonly<Record<string, unknown>>) => Promise<readonly OnAir[]>;
}

/** What is said of a deployment before it happens. */
export interface Foresight {
  readonly impact: Impact;
  /** Impact, capacity, cost and checks, for people. */
  readonly text: string;
  /** Numbers of the new deployment, which depend neither on what was before nor on this machine: they stand in the state. */
  readonly summary: { readonly capacity: string; readonly cost: string; readonly checks: string };
  /** For the stack's output `deployed`. */
  readonly record: DeployedRecord;
}

/**
 * Compares a deployment with what the stack has recorded of the one before.
 * @throws Error when an event is on and the impact is worse than a hot reload and not accepted; no resource may be made before this
 */
export async function foresee(args: ForesightArgs): Promise<Foresight> {
  const { loaded, side, nowMs } = args;
  const before = await deployedBefore(args);
  const impact = before === null ? FIRST : before === "unknown" ? UNKNOWN : compare(before.side, side, before.otherwise);
  const known = before === null || before === "unknown" ? null : before;
  const refused = refusal({ impact, before: known?.side.topology ?? null, after: loaded.topology, nowMs, accepted: args.accepted, stack: pulumi.getStack() });
  if (refused !== null) throw new Error(refused);
  const { cut, unasked } = known === null ? { cut: null, unasked: null } : await cutsOff(args, impact, known);
  if (cut !== null && !pulumi.runtime.isDryRun()) throw new Error(cut);

  const own = { prices: currentPrices(), calibration: userCalibration() };
  const past: Figures | null = known === null ? null : figures(new Readings(known.side.topology, known.side.plan, own));
  const readings = new Readings(loaded.topology, side.plan, own), plain = new Readings(loaded.topology, side.plan);
  const checks = (options: LintOptions): string => findingsLine(lintFile(loaded, side.plan, options).kept.map((one) => one.finding));
  const delta = figureLines(past, figures(readings));
  const lines = [
    [`${side.plan.name} · ${args.target}`, countdown(loaded.topology.event, nowMs)].filter((part) => part !== null).join("  ·  "),
    ...changeLines(impact, { color: false, locate: locator(loaded, known?.loaded ?? null) }),
    `  capacity  ${delta.capacity}`, `  cost      ${delta.cost}`, ...staleLines(nowMs, own.prices), `  checks    ${checks({ readings, nowMs })}`, `  felt by   ${impact.sentence}`,
    ...(cut === null ? [] : ["", cut]), ...(unasked === null ? [] : ["", unasked]),
  ];
  return { impact, text: lines.join("\n"), summary: { ...figureLines(null, figures(plain)), checks: checks({ readings: plain }) }, record: recordOf(side, args.file, loaded.text) };
}

/** Whom the apply would cut off who publishes now. Asked only where it would cut off anybody. */
async function cutsOff({ onAir, accepted }: ForesightArgs, impact: Impact, before: Before): Promise<{ readonly cut: string | null; readonly unasked: string | null }> {
  const touched = touchedMultiplexers(impact, before.side.plan);
  if (touched.size === 0) return { cut: null, unasked: null };
  let live: readonly OnAir[];
  try { live = await onAir([...touched.keys()], before.outputs); } catch (error) {
    return { cut: null, unasked: `Who publishes now could not be asked (${error instanceof Error ? error.message || error.name : String(error)}): make sure yourself that nobody does at ${[...touched.keys()].sort().join(", ")}.` };
  }
  return { cut: onAirRefusal({ impact, touched, onAir: live, accepted, stack: pulumi.getStack(), preview: pulumi.runtime.isDryRun() }), unasked: null };
}

interface Before { readonly outputs: Readonly<Record<string, unknown>>; readonly loaded: LoadedTopology; readonly side: Side; readonly otherwise: ReturnType<typeof deployedOtherwise> }

/** What is deployed, planned and rendered again from the stack's record; null before the first deployment. */
async function deployedBefore({ root, stackSecret, side: after }: ForesightArgs): Promise<Before | "unknown" | null> {
  const outputs = await ownOutputs();
  if (Object.keys(outputs).length === 0) return null;
  const record = readRecord(outputs["deployed"]);
  if (record === null) return outputs["viewer"] === undefined ? null : "unknown";
  try {
    const loaded = parseTopology(record.topology, record.file, picturesStillBeside(resolve(root, record.file)));
    const plan = planTopology(loaded.topology, { scale: record.scale, lint: false });
    const bundles = renderPlan(plan, stackSecret);
    return { outputs, loaded, side: { topology: loaded.topology, plan, bundles, facts: record.facts, secrets: record.secrets }, otherwise: deployedOtherwise(record, bundles, after.bundles) };
  } catch { return "unknown"; }   // a headend of today may refuse what an older one took
}

/**
 * The stack's own outputs as its last `up` left them. The engine's own function is asked: a StackReference to itself would stand in the
 * state as a resource whose outputs change with every `up`.
 */
async function ownOutputs(): Promise<Record<string, unknown>> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const { outputs } = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name }) as { readonly outputs?: Record<string, unknown> };
  const { default: _, ...all } = outputs ?? {};
  return all;
}

/** Fingerprints of secrets that the topology does not decide, safe to keep: keyed with the stack secret and cut short. */
export function secretPrints(stackSecret: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const print = (label: string, value: string): string => createHmac("sha256", stackSecret).update(`headend/print/${label}\0${value}`).digest("hex").slice(0, 8);
  return { "*": print("*", ""), ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, print(name, value)])) };
}

/** The plan as a resource: its topology and figures are inputs, so that a plain `pulumi preview --diff` shows their changed lines. */
export class PlanSummary extends pulumi.ComponentResource {
  constructor(name: string, args: { readonly topology: string } & Foresight["summary"], opts?: pulumi.ComponentResourceOptions) {
    super("headend:index:Plan", name, { ...args }, opts);
    this.registerOutputs({});
  }
}
