import { showTime, zoneName } from "../../spec/date-time.ts";
import type { Topology } from "../../spec/topology.ts";
import { CLASS_WORDS, type Impact, isWorse } from "./impact.ts";

/** The time in which only hot reloads are let through, as epoch milliseconds: from `doors` (with it) to `end` (without it). */
export interface EventWindow { readonly doorsMs: number; readonly endMs: number; readonly timeZone: string | null }

/**
 * The event that is going on at a time, by the topology that runs or by the one that is to come: an edit of the dates must not lift a
 * freeze by itself. Null when there is none.
 */
export function eventNow(topologies: readonly (Pick<Topology, "event"> | null)[], nowMs: number): EventWindow | null {
  for (const topology of topologies) {
    const event = topology?.event;
    if (event && event.doorsMs <= nowMs && nowMs < event.endMs) return { doorsMs: event.doorsMs, endMs: event.endMs, timeZone: event.timeZone };
  }
  return null;
}

export interface FreezeQuestion {
  readonly impact: Impact;
  /** What runs, null on the first deployment; then what is to run. */
  readonly before: Pick<Topology, "event"> | null;
  readonly after: Pick<Topology, "event">;
  readonly nowMs: number;
  /** `headend:duringEvent`: the id of the one impact that is accepted, or null. */
  readonly accepted: string | null;
  readonly stack: string;
}

/**
 * Why an apply must not happen now, in words for the user; null when it may. Between doors and end anything worse than a hot reload is
 * refused unless exactly this impact has been accepted.
 */
export function refusal({ impact, before, after, nowMs, accepted, stack }: FreezeQuestion): string | null {
  const event = eventNow([before, after], nowMs);
  if (event === null || !isWorse(impact.class, "hot-reload") || accepted === impact.id) return null;
  const does = impact.changes.filter((c) => isWorse(c.class, "hot-reload"))
    .map((c) => `  ${c.host === null || c.kind === "host" ? c.name : `${c.host} ${c.name}`}: ${CLASS_WORDS[c.class]}`);
  const felt = impact.felt.map((f) => `  ${f.sentence}`);
  const shown = (lines: readonly string[]): string[] => (lines.length > 12 ? [...lines.slice(0, 12), `  and ${lines.length - 12} more`] : [...lines]);
  return [
    `The event is on until ${localTime(event.endMs, event.timeZone)}, and this would be worse than a hot reload (${CLASS_WORDS[impact.class]}), so nothing was changed.`,
    "It would do:", ...shown(does),
    ...(felt.length > 0 ? ["Felt by:", ...shown(felt)] : []),
    ...howToAccept("Wait for the end", { impact, accepted, stack }),
  ].join("\n");
}

/** Last lines of a refusal: what can be done. `wait`: until when the same apply would pass. */
export function howToAccept(wait: string, { impact, accepted, stack }: Pick<FreezeQuestion, "impact" | "accepted" | "stack">): string[] {
  return [
    ...(accepted === null ? [] : [`headend:duringEvent accepts ${accepted}, which is another impact.`]),
    `${wait}, take the edit back, or accept exactly this: pulumi config set headend:duringEvent ${impact.id} --stack ${stack}`,
  ];
}

/** "2026-12-05 23:00 (Europe/Berlin)"; UTC where the topology says neither zone nor offset. */
export function localTime(ms: number, timeZone: string | null): string {
  const parts = showTime(ms, timeZone, "en-CA", { hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")} (${zoneName(timeZone)})`;
}

/** "doors in 26 h 14 min", "on air until …", or null without an event or after it. */
export function countdown(event: Topology["event"], nowMs: number): string | null {
  if (event === null || nowMs >= event.endMs) return null;
  if (nowMs >= event.doorsMs) return `frozen until ${localTime(event.endMs, event.timeZone)}`;
  const minutes = Math.ceil((event.doorsMs - nowMs) / 60_000);
  const days = Math.floor(minutes / 1440);
  return `doors in ${days >= 3 ? `${days} days` : minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes} min`}`;
}
