/** A rehearsal from beginning to end: bring up, publish, watch, play faults, report, take down. */
import { cpus, loadavg } from "node:os";
import type { Plan } from "../../infra/plan/model.ts";
import type { Topology } from "../../infra/spec/topology.ts";
import type { StackOutputs } from "../cli/lib/stack.ts";
import { seconds } from "../cli/lib/output.ts";
import { Changes } from "./changes.ts";
import { play, type Stage } from "./conduct.ts";
import { assemble, type Crew } from "./crew.ts";
import { Ends, Interrupted, pause } from "./ends.ts";
import { readHoldings } from "./holdings.ts";
import type { Scene } from "./inject.ts";
import { findLeaks } from "./leaks.ts";
import type { Fault, Leak, Outcome, Report } from "./model.ts";
import { drawing, randomFrom } from "./random.ts";
import { listen } from "./sound.ts";
import { line } from "./report/text.ts";
import { smallDisk } from "./small-disk.ts";
import { clear, freeOffset, RehearsalStack } from "./stack.ts";

export interface RehearsalOptions {
  readonly file: string;
  readonly name: string;
  readonly plan: Plan;
  readonly topology: Topology;
  readonly text: string;
  readonly notes: readonly string[];
  readonly faults: readonly Fault[];
  readonly stackName: string;
  /** Outputs of somebody's running stack, which is neither made nor changed; null: a stack of our own. */
  readonly onAir: { readonly outputs: StackOutputs; readonly recordings: string } | null;
  readonly portOffset: number | null;
  readonly browsers: number;
  readonly soak: { readonly seconds: number; readonly seed: number } | null;
  readonly smallDisk: boolean;
  readonly ends: Ends;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
  /** PNG of the first player, at the end of the show. */
  readonly screenshot?: string | undefined;
}

/** Runs it. An interruption ends it early: what was measured is reported. @throws CliError when it could not begin */
export async function rehearse(o: RehearsalOptions): Promise<Report> {
  const began = Date.now(), outcomes: Outcome[] = [], startedAt = new Date(began).toISOString();
  let leaks: readonly Leak[] = [], words = "", interrupted = false, show = began;
  try {
    const { outputs, stack } = await ready(o);
    show = Date.now();
    const crew = await assemble({
      plan: o.plan, topology: o.topology, outputs, stack: o.stackName, recordings: stack?.recordings ?? o.onAir?.recordings ?? "", secret: stack?.secret ?? null,
      began: show, browsers: o.browsers, ends: o.ends, signal: o.signal, tell: o.tell,
    });
    words = crew.words;
    const stage = stageOf(o, crew, outputs, stack);
    if (o.soak === null) await playAll(o.faults, stage, outcomes, o.tell);
    else leaks = await soak(o, o.soak, stage, outputs, outcomes);
    if (o.screenshot !== undefined) await crew.browsers[0]?.screenshot(o.screenshot);
  } catch (error) {
    if (!(error instanceof Interrupted) && !o.signal.aborted) throw error;
    interrupted = true;
  }
  return {
    topology: o.file, name: o.name, stack: o.stackName, startedAt, seconds: (Date.now() - show) / 1000, scale: o.plan.scale, machine: machine(),
    seed: o.soak?.seed ?? null, viewers: words, outcomes, leaks, interrupted, notes: o.notes,
  };
}

async function ready(o: RehearsalOptions): Promise<{ readonly outputs: StackOutputs; readonly stack: RehearsalStack | null }> {
  if (o.onAir) return { outputs: o.onAir.outputs, stack: null };
  const began = Date.now();
  // An earlier rehearsal that was killed, or kept its stack, holds ports and names.
  await clear(o.stackName);
  const portOffset = await freeOffset(o.plan, o.portOffset);
  const stack = new RehearsalStack({ name: o.stackName, plan: o.plan, topology: o.text, portOffset, signal: o.signal });
  o.tell(`bringing ${o.plan.name} up: ${o.plan.hosts.length} hosts, pictures at ${Math.round(o.plan.scale * 100)} %, ports ${portOffset} higher`);
  o.ends.add("the stack", () => stack.destroy());
  await stack.create();
  if (o.smallDisk) o.ends.add("the disk of recordings", smallDisk(stack.recordings));
  await stack.up();
  const outputs = await stack.outputs();
  await stack.playable(outputs, o.tell);
  o.tell(`up and playing after ${seconds(Date.now() - began)}`);
  return { outputs, stack };
}

function stageOf(o: RehearsalOptions, crew: Crew, outputs: StackOutputs, stack: RehearsalStack | null): Stage {
  const publisher: Scene["publisher"] = (stream, name) => {
    const found = crew.publishers.find((p) => p.name === `${stream}/${name}`);
    if (!found) throw new Error(`${stream}/${name} does not publish here`);
    return found;
  };
  const changes = stack && new Changes(o.text, { stack, plan: o.plan, topology: o.topology, outputs, watch: crew.watch, publisher });
  const streams = [...new Set([...crew.browsers.map((b) => b.stream), ...o.plan.streams.filter((s) => s.latency === "standard").slice(0, 1).map((s) => s.name)])];
  const fixed = (): never => { throw new Error("this stack is not ours to change"); };
  return {
    watch: crew.watch, browsers: crew.browsers, entries: crew.entries, listen: async (seconds) => (crew.publishers.length === 0 ? null : listen({ streams, entries: crew.entries, ca: outputs.ca, label: `headend.stack=${o.stackName}` }, seconds)), ends: o.ends, signal: o.signal,
    scene: {
      plan: o.plan, probes: crew.probes, publisher, recordings: stack?.recordings ?? "",
      container: (host) => outputs.hosts[host]?.container ?? fixed(),
      edit: () => changes?.addStream() ?? fixed(), rotate: (stream, name) => changes?.rotate(stream, name) ?? fixed(),
    },
  };
}

async function playAll(faults: readonly Fault[], stage: Stage, outcomes: Outcome[], tell: (text: string) => void): Promise<void> {
  for (const [i, fault] of faults.entries()) {
    const outcome = await play(fault, stage);
    outcomes.push(outcome);
    tell(line(outcome, i + 1, faults.length));
  }
}

/** Before each look at what hosts hold, so that what has just been restarted has settled. */
const QUIET_MS = 20_000;
/** The first look is after this, or a quarter of a shorter soak: the CDN's cache keeps what nobody asks for ten minutes, and is no leak until then. */
const WARM_MS = 12 * 60_000;
const REST: readonly [number, number] = [3000, 15_000];

async function soak(o: RehearsalOptions, { seconds: length, seed }: { readonly seconds: number; readonly seed: number }, stage: Stage, outputs: StackOutputs, outcomes: Outcome[]): Promise<readonly Leak[]> {
  const hosts = Object.entries(outputs.hosts).flatMap(([name, { container }]) => (container === undefined ? [] : [{ name, container }]));
  const random = randomFrom(seed), drawn = drawing(o.faults.filter((f) => f.skip === null && f.prediction.singlePoint === null), random);
  o.tell(`soak for ${seconds(length * 1000)}, seed ${seed}`);
  const began = Date.now(), warm = began + Math.min(WARM_MS, length * 250), end = began + length * 1000 - QUIET_MS * 2;
  let before: Awaited<ReturnType<typeof readHoldings>> | null = null;
  while (Date.now() < end) {
    if (before === null && Date.now() >= warm) { await pause(QUIET_MS, o.signal); before = await readHoldings(hosts); }
    const outcome = await play(drawn.next().value, stage);
    outcomes.push(outcome);
    o.tell(line(outcome, outcomes.length, null));
    await pause(REST[0] + random() * (REST[1] - REST[0]), o.signal);
  }
  await pause(QUIET_MS, o.signal);
  return before === null ? [] : findLeaks(before, await readHoldings(hosts));
}

function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? "processor"}, load ${loadavg()[0]?.toFixed(1) ?? "?"}`;
}
