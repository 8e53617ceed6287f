import type { Plan } from "../model.ts";
import { type FreezeQuestion, howToAccept } from "./freeze.ts";
import { type Impact, isWorse } from "./impact.ts";

/** Somebody who is publishing at a multiplexer right now. */
export interface OnAir { readonly multiplexer: string; readonly stream: string; readonly publisher: string }

/** Who an apply would take off a multiplexer, if they publish there: everybody ("all"), or publishers by "stream/publisher". */
export type Touched = ReadonlyMap<string, "all" | ReadonlySet<string>>;

/** Multiplexers whose publishers an apply would cut off: those that go or are made anew, and those that close a publisher's connection. */
export function touchedMultiplexers(impact: Impact, before: Pick<Plan, "hosts">): Touched {
  const multiplexers = new Set(before.hosts.filter((h) => h.role === "multiplexer").map((h) => h.name));
  const touched = new Map<string, "all" | Set<string>>();
  for (const change of impact.changes) {
    if (change.host === null || !multiplexers.has(change.host)) continue;
    if (change.kind === "host" && (change.action === "removed" || change.class === "host-replaced")) touched.set(change.host, "all");
    const known = touched.get(change.host) ?? new Set<string>();
    if (known === "all") continue;
    for (const effect of change.effects) {
      if (isWorse(effect.class, "stream-restarts")) for (const publisher of effect.publishers) known.add(`${effect.stream}/${publisher}`);
    }
    if (known.size > 0) touched.set(change.host, known);
  }
  return touched;
}

export interface OnAirQuestion extends Pick<FreezeQuestion, "impact" | "accepted" | "stack"> {
  readonly touched: Touched;
  readonly onAir: readonly OnAir[];
  /** Said of an apply that is only looked at. */
  readonly preview: boolean;
}

/**
 * Why an apply must not happen while somebody publishes, in words for the user; null when nobody who does is touched, or exactly this impact
 * is accepted. Holds at any time: not every event has its dates in the topology.
 */
export function onAirRefusal({ impact, touched, onAir, accepted, stack, preview }: OnAirQuestion): string | null {
  if (accepted === impact.id) return null;
  const cut = onAir.filter(({ multiplexer, stream, publisher }) => {
    const which = touched.get(multiplexer);
    return which === "all" || which?.has(`${stream}/${publisher}`) === true;
  });
  if (cut.length === 0) return null;
  return [
    `Somebody is publishing right now, and this would cut the connection, so ${preview ? "an up is refused" : "nothing was changed"}:`,
    ...cut.map(({ multiplexer, stream, publisher }) => `  ${publisher} publishes ${stream} at ${multiplexer}`).sort(),
    `Felt by: ${impact.sentence}`,
    ...howToAccept("Wait until nobody publishes", { impact, accepted, stack }),
  ].join("\n");
}
