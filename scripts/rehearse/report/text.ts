/** A rehearsal's result as a table for a terminal. Pure. */
import type picocolors from "picocolors";
import { columns, seconds } from "../../cli/lib/output.ts";
import type { Outcome, Report, Verdict } from "../model.ts";
import { inSeconds, redundantAfter, soundOf, soundWords, stallsOf, stallWords, switchedAfter } from "../score.ts";

type Colors = ReturnType<typeof picocolors.createColors>;

export const VERDICT: Readonly<Record<Verdict, string>> = { kept: "kept", broken: "BROKEN", "single point": "single point", skipped: "skipped" };

/** The cells of one row: fault, verdict, stalls, gap, on air, recording, sound, redundant. */
export function cells(o: Outcome): string[] {
  const r = o.readings;
  if (r === null) return [o.title, VERDICT[o.verdict], "", "", "", "", "", ""];
  return [
    o.title, VERDICT[o.verdict], stallWords(r), inSeconds(r.playlistGap),
    // A transcoder that was hit itself has its input again when it is back: that is no switch.
    o.role === "transcoder" ? "–" : inSeconds(switchedAfter(r)),
    inSeconds(r.recordingLost), soundWords(r), redundantAfter(r) === null ? "not in time" : inSeconds(redundantAfter(r)),
  ];
}

/** Meaning of the columns, in their order. */
export const HEAD = ["fault", "promises", "stalls", "playlist gap", "other input after", "recording lost", "sound off", "redundant after"] as const;

/** One line while it runs. */
export function line(o: Outcome, number: number, of: number | null): string {
  const [title = "", verdict = "", stalls = "", gap = "", switched = "", recording = "", sound = "", redundant = ""] = cells(o);
  const at = of === null ? `${number}` : `${String(number).padStart(String(of).length)}/${of}`;
  if (o.readings === null) return `${at}  skipped       ${title}: ${o.skip ?? ""}`;
  const facts = [`stalls ${stalls}`, `gap ${gap}`, ...(switched === "–" ? [] : [`other input after ${switched}`]), ...(recording === "–" ? [] : [`recording lost ${recording}`]), ...(sound === "–" ? [] : [`sound off ${sound}`]), `redundant after ${redundant}`];
  return `${at}  ${verdict.padEnd(12)}  ${title}: ${facts.join(", ")}`;
}

/** Everything, for people. */
export function textReport(report: Report, paint: Colors): string {
  const color: Readonly<Record<Verdict, (t: string) => string>> = { kept: paint.green, broken: paint.red, "single point": paint.yellow, skipped: paint.dim };
  const played = report.outcomes.filter((o) => o.readings !== null), skipped = report.outcomes.filter((o) => o.readings === null);
  const rows = played.map((o) => { const [title = "", verdict = "", ...rest] = cells(o); return [title, color[o.verdict](verdict), ...rest]; });
  const broken = played.filter((o) => o.verdict === "broken"), single = played.filter((o) => o.singlePoint !== null);
  const parts = [
    ...(rows.length > 0 ? [columns(HEAD, rows, paint)] : []),
    ...(broken.length > 0 ? [section(paint, "Broken", broken.flatMap((o) => [`${o.title}\n    predicted  ${o.predicted}`, ...o.promises.filter((p) => !p.kept).map((p) => `  ${p.name}: ${paint.red(p.measured)}, promised ${p.limit}`), ...(o.readings?.notes ?? []).map((n) => `  ${n}`)]))] : []),
    ...(single.length > 0 ? [section(paint, "Single points of failure", [...new Set(single.map((o) => o.singlePoint ?? ""))])] : []),
    ...(report.leaks.length > 0 ? [section(paint, "Leaks", leakLines(report))] : []),
    ...(skipped.length > 0 ? [section(paint, "Skipped", skipped.map((o) => `${o.title}: ${o.skip ?? ""}`))] : []),
    ...(report.notes.length > 0 ? [section(paint, "Good to know", report.notes)] : []),
    summary(report),
  ];
  return parts.join("\n\n");
}

const section = (paint: Colors, name: string, lines: readonly string[]): string => `${paint.bold(name)}\n${lines.map((l) => `  ${l}`).join("\n")}`;

function leakLines(report: Report): string[] {
  const leaking = report.leaks.filter((l) => l.leaks);
  if (leaking.length === 0) return [`none: memory, open files, processes, connections and files of ${new Set(report.leaks.map((l) => l.host)).size} hosts are what they were`];
  return leaking.map((l) => `${l.host}: ${l.what} ${l.before} → ${l.after} ${l.unit}, allowed ${l.limit}`);
}

/** The closing line. */
export function summary(report: Report): string {
  const count = (v: Verdict): number => report.outcomes.filter((o) => o.verdict === v).length;
  const played = report.outcomes.length - count("skipped"), stalls = report.outcomes.reduce((n, o) => n + (o.readings ? stallsOf(o.readings).stalls : 0), 0);
  const extra = [count("single point") > 0 ? `${count("single point")} at single points of failure` : "", count("skipped") > 0 ? `${count("skipped")} skipped` : "", report.interrupted ? "interrupted" : ""].filter(Boolean);
  const sound = soundOf(report.outcomes);
  return `${report.name}: ${played} faults in ${seconds(report.seconds * 1000)}, ${count("broken")} with a broken promise, ${stalls} player stalls${sound === null ? "" : `, sound and picture ${sound}`}${extra.length > 0 ? `; ${extra.join(", ")}` : ""}`;
}
