/** Holds readings against promises. Pure. */
import type { Fault, Outcome, PromiseOutcome, Promises, Readings, Sample, Moment, Verdict } from "./model.ts";

/** The instruments look ten times a second at most, so this much over a limit is not a broken promise. */
const TOLERANCE = 0.25;

/** Seconds as people read them. */
export const inSeconds = (value: number | null): string => (value === null ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} s`);

/** Stalls that count: those of hls.js players, and of readers where their stream has no such player. */
export function countedViewers(readings: Readings): Readings["viewers"] {
  const real = new Set(readings.viewers.filter((v) => v.kind === "hls.js").map((v) => v.stream));
  return readings.viewers.filter((v) => v.kind === "hls.js" || !real.has(v.stream));
}

/** A busy machine, and how much buffer says that media was not what a player lacked. */
const STARVED = 0.95, PLENTY = 1;

/**
 * True when a stall is this machine's: its processors had nothing left, and the player always had plenty of media to play. What the stream
 * lacks shows in the buffer first.
 */
export function machinesFault(viewer: Readings["viewers"][number], cpu: number | null): boolean {
  return cpu !== null && cpu >= STARVED && viewer.minBuffer !== null && viewer.minBuffer >= PLENTY && viewer.stallSeconds / Math.max(1, viewer.stalls) <= PLENTY;
}

/** Stalls that break promises, those that are the machine's, and the length of the former, seconds. */
export function stallsOf(r: Readings): { readonly stalls: number; readonly seconds: number; readonly machine: number } {
  const counted = countedViewers(r), real = counted.filter((v) => !machinesFault(v, r.cpu));
  return { stalls: sum(real.map((v) => v.stalls)), seconds: sum(real.map((v) => v.stallSeconds)), machine: sum(counted.map((v) => v.stalls)) - sum(real.map((v) => v.stalls)) };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Seconds from the fault until the first transcoder, and until the last one, that lost its input had another on air; null when none lost it. */
export function switchedAfter(readings: Readings): number | null {
  const first = new Map<string, number>();
  for (const { at, host, stream } of readings.air) {
    const key = `${host}/${stream}`;
    if (at >= readings.injectedAt - 100 && !first.has(key)) first.set(key, Math.max(0, at - readings.injectedAt) / 1000);
  }
  return first.size === 0 ? null : Math.max(...first.values());
}

/** Seconds from the fault to full redundancy; null when it did not come in time. */
export function redundantAfter(readings: Readings): number | null {
  return readings.redundantAt === null ? null : Math.max(0, readings.redundantAt - readings.injectedAt) / 1000;
}

/** Every promise that is made for a fault, with what was measured. */
export function promisesKept(promises: Promises, r: Readings): PromiseOutcome[] {
  const out: PromiseOutcome[] = [];
  if (promises.stalls !== null) {
    const { stalls } = stallsOf(r);
    out.push({ name: "stalls", limit: "0", measured: stallWords(r), kept: stalls === 0 });
  }
  if (promises.onAirSeconds !== null) {
    const after = switchedAfter(r);
    // An input may come back before it was missed: then nothing had to be switched.
    if (after !== null) out.push({ name: "another input on air", limit: `${promises.onAirSeconds} s`, measured: inSeconds(after), kept: after <= promises.onAirSeconds + TOLERANCE });
  }
  if (promises.recordingSeconds !== null && r.recordingLost !== null) {
    out.push({ name: "recording lost", limit: `${promises.recordingSeconds} s`, measured: inSeconds(r.recordingLost), kept: r.recordingLost <= promises.recordingSeconds + TOLERANCE });
  }
  if (promises.publishersStay) {
    const gone = Object.keys(r.publishersAway);
    out.push({ name: "publishers stay connected", limit: "all", measured: gone.length === 0 ? "all" : `dropped: ${gone.join(", ")}`, kept: gone.length === 0 });
  }
  if (promises.soundMs !== null && r.sound !== null) {
    out.push({ name: "sound with picture", limit: `${promises.soundMs} ms`, measured: soundWords(r), kept: Math.abs(r.sound.worstMs) <= promises.soundMs });
  }
  if (promises.redundantSeconds !== null) {
    const healed = r.redundantAt === null ? null : (r.redundantAt - r.restoredAt) / 1000;
    const why = r.missing.length > 0 ? `: ${r.missing.slice(0, 3).join("; ")}` : "";
    out.push({ name: "redundant again", limit: `${promises.redundantSeconds} s`, measured: healed === null ? `not in time${why}` : inSeconds(Math.max(0, healed)), kept: healed !== null && healed <= promises.redundantSeconds + TOLERANCE });
  }
  return out;
}

/** How far sound and picture were apart: "19 ms". */
export const soundWords = ({ sound }: Readings): string => (sound === null ? "–" : `${Math.abs(sound.worstMs)} ms`);

/** Worst distance of a whole rehearsal: "at most 19 ms apart in 812 claps, none heard at 2 faults"; null when nobody clapped. */
export function soundOf(outcomes: readonly Outcome[]): string | null {
  const all = outcomes.flatMap((o) => o.readings?.sound ?? []), unheard = outcomes.filter((o) => o.readings?.sound === null).length;
  if (all.length === 0) return null;
  // Not left out in silence: where nobody is heard viewers may have had the slate.
  return `at most ${Math.max(...all.map((s) => Math.abs(s.worstMs)))} ms apart in ${sum(all.map((s) => s.claps))} claps${unheard === 0 ? "" : `, none heard at ${unheard} ${unheard === 1 ? "fault" : "faults"}`}`;
}

/** "0", "2 (1.4 s)", "0 (1 by the busy machine)". */
export function stallWords(r: Readings): string {
  const { stalls, seconds, machine } = stallsOf(r);
  const more = [...(stalls === 0 ? [] : [inSeconds(seconds)]), ...(machine === 0 ? [] : [`${machine} by the busy machine`])];
  return `${stalls}${more.length === 0 ? "" : ` (${more.join(", ")})`}`;
}

/** One row of the report. */
export function outcomeOf(fault: Fault, readings: Readings | null, more: { readonly samples?: Readonly<Record<string, readonly Sample[]>>; readonly moments?: readonly Moment[]; readonly skip?: string | null } = {}): Outcome {
  const { id, title, role, prediction } = fault;
  const promises = readings === null ? [] : promisesKept(prediction.promises, readings);
  const verdict: Verdict = readings === null ? "skipped" : promises.some((p) => !p.kept) ? "broken" : prediction.singlePoint === null ? "kept" : "single point";
  return {
    id, title, role, predicted: prediction.says, singlePoint: prediction.singlePoint, verdict, skip: readings === null ? more.skip ?? fault.skip : null,
    promises, readings, samples: more.samples ?? {}, moments: more.moments ?? [],
  };
}

/** True when a promise was broken: the command's exit code 1. */
export function anyBroken(outcomes: readonly Outcome[], leaks: readonly { readonly leaks: boolean }[]): boolean {
  return outcomes.some((o) => o.verdict === "broken") || leaks.some((l) => l.leaks);
}
