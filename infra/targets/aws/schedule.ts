import type { Topology } from "../../spec/topology.ts";

/** A change of a group's size at a time. */
export interface ScheduledSize { readonly name: "doors" | "end"; readonly atMs: number; readonly min: number; readonly max: number; readonly desired: number }

/** Hosts are up this long before the doors, and stay as long after the end. */
const BEFORE_MS = 30 * 60_000;
const AFTER_MS = 60 * 60_000;
/** AWS takes only times in the future; an `up` takes a while to come to them. */
const MARGIN_MS = 10 * 60_000;

/**
 * What a distributor group does by the event's dates: as many hosts as the viewers need from half an hour before the doors, one from
 * an hour after the end. Times that are past are left out: AWS refuses them, and deletes its own when they are done.
 * @param needed hosts that the expected viewers need
 */
export function scheduledSizes(event: Topology["event"], group: { readonly min: number; readonly max: number }, needed: number, now: number): ScheduledSize[] {
  if (event === null) return [];
  const { min, max } = group;
  const all: ScheduledSize[] = [
    { name: "doors", atMs: event.doorsMs - BEFORE_MS, min, max, desired: Math.min(max, Math.max(min, needed)) },
    { name: "end", atMs: event.endMs + AFTER_MS, min: 1, max, desired: 1 },
  ];
  return all.filter(({ atMs }) => atMs > now + MARGIN_MS);
}

/** Stopped hosts that stand by for the rest of the group, until the event is over: they cost their disks only, and serve within a minute. */
export function warmPoolSize(event: Topology["event"], group: { readonly min: number; readonly max: number }, now: number): number {
  return event === null || now > event.endMs + AFTER_MS ? 0 : group.max - group.min;
}

/** As AWS writes times: no fractions of a second. */
export function awsTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
