/** Plays one fault and reads the instruments: settle, inject, hold, restore, wait until all is redundant again, look back. */
import { Interrupted, pause, type Ends } from "./ends.ts";
import { inject, type Scene } from "./inject.ts";
import type { Fault, Outcome, Readings, SoundReading } from "./model.ts";
import { REDUNDANT_WITHIN } from "./predict.ts";
import { outcomeOf } from "./score.ts";
import type { BrowserViewer, Entry } from "./viewers.ts";
import type { Watch } from "./watch.ts";

/** A hole in a playlist reaches the eye when the buffer before it has been played: look at least this long. */
const LOOK_MS = 11_000;
/** After the last change, for the same reason. */
const TAIL_MS = 5000;
const SETTLE_WITHIN_MS = 45_000;
/** All must be well for so long before it counts. */
const STEADY_MS = 1000;
/** Drawn before the fault. */
const LEAD_MS = 5000;
const TICK_MS = 150;

export interface Stage {
  readonly watch: Watch;
  readonly scene: Scene;
  readonly browsers: readonly BrowserViewer[];
  readonly entries: readonly Entry[];
  /** Sound against picture over the last seconds. */
  readonly listen: (seconds: number) => Promise<SoundReading | null>;
  readonly ends: Ends;
  readonly signal: AbortSignal;
}

/** Plays a fault. Never throws but for an interruption: a fault that cannot be made is an outcome too. */
export async function play(fault: Fault, stage: Stage): Promise<Outcome> {
  const { watch } = stage;
  if (fault.skip !== null) return outcomeOf(fault, null);
  const notes: string[] = [];
  await settle(fault, stage, notes);
  watch.mark();
  const askedAt = watch.now();
  let injected: Awaited<ReturnType<typeof inject>>;
  try { injected = await inject(fault.action, stage.scene); } catch (error) {
    if (stage.signal.aborted) throw new Interrupted();
    return outcomeOf(fault, null, { skip: `could not be made: ${error instanceof Error ? error.message : String(error)}` });
  }
  const injectedAt = injected.at === undefined ? askedAt : Math.max(askedAt, injected.at - watch.began);
  watch.note("fault", fault.title, injectedAt);
  if (injected.note !== "") notes.push(injected.note);
  const undo = stage.ends.add(fault.title, injected.undo);
  await observe(stage, "seconds" in fault.action ? fault.action.seconds * 1000 : 0);
  await undo();
  const restoredAt = holds(fault) ? watch.now() : injectedAt;
  if (holds(fault)) watch.note("fault", "over", restoredAt);

  const redundantAt = await redundant(stage, restoredAt);
  const missing = redundantAt === null ? watch.missing() : [];
  await observe(stage, Math.max(LOOK_MS - (watch.now() - injectedAt), TAIL_MS - (watch.now() - (redundantAt ?? 0))));
  const readings = read(fault, stage, { injectedAt, restoredAt, redundantAt, missing, notes }, injected.dropped ?? []);
  // After the window of observation: decoding takes processor time.
  const sound = await stage.listen((readings.endedAt - injectedAt) / 1000);
  return outcomeOf(fault, { ...readings, sound }, { samples: watch.samples(injectedAt - LEAD_MS), moments: watch.moments.filter((m) => m.at >= injectedAt - LEAD_MS) });
}

/** True for faults that last; a kill is over at once. */
const holds = ({ action }: Fault): boolean => action.kind === "edit" || action.kind === "rotate" || ("seconds" in action && action.seconds > 0);

const observe = ({ signal }: Stage, ms: number): Promise<void> => pause(Math.max(1, ms), signal);

/** Brings everything into the state that a fault shall find: publishers at their first way in, players playing well, at the right place. */
async function settle(fault: Fault, stage: Stage, notes: string[]): Promise<void> {
  const { watch, browsers } = stage;
  await publishersHome(stage);
  for (const b of browsers) if (!b.well) { notes.push(`${b.name} was loaded anew before this fault`); await b.reload(); }
  const target = viewersOf(fault);
  const entry = stage.entries.find((e) => e.host === target), last = browsers.at(-1);
  // A distributor that nobody watches can be lost unnoticed: somebody watches it.
  if (entry && last && !browsers.some((b) => b.at === entry.host)) await last.move(entry).catch(() => notes.push(`no player could be opened at ${entry.host}`));
  const began = watch.now();
  for (const b of browsers) await b.toLive();
  let steady = 0;
  while (watch.now() - began < SETTLE_WITHIN_MS && steady < STEADY_MS * 2) {
    await observe(stage, TICK_MS);
    const good = watch.missing().length === 0 && browsers.every((b) => b.well && b.buffer > 3);
    steady = good ? steady + TICK_MS : 0;
  }
  if (steady < STEADY_MS * 2) notes.push(`began before all was well: ${[...watch.missing(), ...browsers.filter((b) => !(b.well && b.buffer > 3)).map((b) => `${b.name} has ${b.buffer.toFixed(1)} s of buffer`)].slice(0, 3).join("; ")}`);
}

async function publishersHome({ watch }: Stage): Promise<void> {
  for (const p of watch.crew.publishers()) if (p.publishing && !p.atHome) await p.home();
}

/** Distributor whose viewers a fault concerns; null for faults elsewhere. */
function viewersOf({ action, role }: Fault): string | null {
  if (action.kind === "network") return action.line.from === "viewers" ? action.line.to : action.line.from;
  return role === "distributor" && "host" in action ? action.host : null;
}

/** Waits until all is redundant, steadily. @returns when it began to be; null when not in time */
async function redundant(stage: Stage, from: number): Promise<number | null> {
  let since: number | null = null;
  while (stage.watch.now() - from < (REDUNDANT_WITHIN + 2) * 1000) {
    await observe(stage, TICK_MS);
    if (stage.watch.missing().length > 0) since = null;
    else since ??= stage.watch.now();
    if (since !== null && stage.watch.now() - since >= STEADY_MS) return since;
  }
  return null;
}

function read(fault: Fault, stage: Stage, at: Pick<Readings, "injectedAt" | "restoredAt" | "redundantAt" | "missing" | "notes">, dropped: readonly string[]): Readings {
  const { watch, browsers } = stage, { action } = fault;
  const endedAt = watch.now(), readers = watch.crew.readers.map((r) => r.outcome());
  const target = action.kind === "publisher" || action.kind === "rotate" ? `${action.stream}/${action.publisher}` : null;
  const host = "host" in action ? action.host : null;
  const back = action.kind === "publisher" ? { [target ?? ""]: watch.backAfter(target ?? "", at.restoredAt) } : {};
  const troubles = browsers.filter((b) => b.trouble !== "").map((b) => `${b.name}: ${b.trouble}`);
  const cut = host !== null && (action.kind === "host" || action.kind === "process") ? { host, at: at.injectedAt } : null;
  return {
    ...at, endedAt, viewers: [...browsers.map((b) => b.outcome()), ...readers.map(({ missed: _missed, ...r }) => r)],
    playlistGap: watch.crew.freshness()?.gap(fault.role === "distributor" ? host : action.kind === "network" && action.line.from === "viewers" ? action.line.to : null) ?? null,
    missedSegments: Math.max(0, ...readers.map((r) => r.missed)),
    air: watch.air.filter((c) => c.at >= at.injectedAt - 100), slateSeconds: watch.slateSeconds(at.injectedAt, endedAt),
    publishersAway: { ...watch.away(at.injectedAt, target), ...back, ...Object.fromEntries(dropped.map((name) => [name, null])) },
    recordingLost: watch.recordingLost(at.injectedAt - 3000, endedAt, cut), sound: null, cpu: watch.cpu(), notes: [...at.notes, ...troubles],
  };
}
