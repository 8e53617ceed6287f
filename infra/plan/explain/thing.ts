import { closest, distance } from "fastest-levenshtein";
import { RULES } from "../lint/table.ts";
import type { Context } from "./context.ts";

export const KINDS = ["port", "rule", "host", "link", "stream", "publisher", "rung", "secret", "capacity", "cost", "finding"] as const;
export type Kind = (typeof KINDS)[number];

/** How each kind is asked about. */
export const FORMS: Readonly<Record<Kind, string>> = {
  port: "port NUMBER@HOST", rule: "rule [NAME@HOST]", host: "host NAME", link: "link HOST HOST", stream: "stream NAME",
  publisher: "publisher NAME@STREAM", rung: "rung NAME@STREAM", secret: "secret NAME", capacity: "capacity HOST", cost: "cost ITEM", finding: "finding HE214",
};

/** Names of all things of a kind in a plan, in its order. Links: of a thousand hosts they are half a million. */
export function* namesOf(kind: Kind, context: Context): Generator<string> {
  const { plan } = context;
  switch (kind) {
    case "port": for (const host of plan.hosts) for (const l of host.listeners) yield `${l.port}${twice(host.listeners, l) ? `/${l.transport}` : ""}@${host.name}`; break;
    case "rule": for (const host of plan.hosts) for (const l of host.listeners) yield `${l.name}@${host.name}`; break;
    case "host": case "capacity": for (const host of plan.hosts) yield host.name; break;
    case "link": yield* links(context); break;
    case "stream": for (const stream of plan.streams) yield stream.name; break;
    case "publisher": for (const stream of plan.streams) for (const path of stream.publish) yield `${path.publisher}@${stream.name}`; break;
    case "rung": for (const stream of plan.streams) for (const rung of stream.renditions) yield `${rung.name}@${stream.name}`; break;
    case "secret": for (const secret of plan.secrets) yield secret.name; break;
    case "cost": yield* costNames(context); break;
    case "finding": for (const rule of RULES) yield rule.id; break;
  }
}

/** 443 is TCP and UDP. */
function twice(listeners: readonly { readonly port: number }[], listener: { readonly port: number }): boolean {
  return listeners.filter(({ port }) => port === listener.port).length > 1;
}

function* links({ plan }: Context): Generator<string> {
  for (const to of plan.hosts) {
    const from = new Set(to.listeners.flatMap((l) => l.from.flatMap((peer) => (peer.kind === "host" ? [peer.host] : []))));
    for (const host of from) yield `${host} ${to.name}`;
  }
}

/** Items of the estimate, then each of its lines: "compute" and "2 × c7g.large, mux-eu". */
function costNames({ cost }: Context): Set<string> {
  const lines = [cost.hour, ...cost.event?.phases ?? [], cost.month, ...(cost.archive ? [cost.archive] : [])].flatMap((period) => period.lines);
  return new Set([...lines.map((line) => line.item), ...lines.map((line) => line.what)]);
}

/** Thrown for what the plan does not have; says what it has. */
export class UnknownThing extends Error {
  override readonly name = "UnknownThing";
  constructor(message: string, readonly nearest: string | null, readonly known: readonly string[], readonly more: number) { super(message); }
}

/** At most so many names are listed. */
const LISTED = 12;
/** At most so many names are compared: half a million links take a second. */
const COMPARED = 20_000;

/** The error for a name that a kind does not have, with the nearest one and the first few. */
export function unknown(kind: Kind, name: string, context: Context): UnknownThing {
  const known: string[] = [];
  let count = 0;
  for (const one of namesOf(kind, context)) {
    if (count++ < COMPARED) known.push(one);
  }
  const what = kind === "rule" ? "firewall rule" : kind === "finding" ? "rule of headend check" : kind === "cost" ? "line of the cost" : kind === "capacity" ? "host" : kind;
  if (known.length === 0) return new UnknownThing(`There is no ${what} in this topology.`, null, [], 0);
  const near = closest(name.toLowerCase(), known);
  const better = known.find((one) => one.toLowerCase().includes(name.toLowerCase())) ?? near;
  const meant = name.length > 80 || (better === near && distance(name.toLowerCase(), near.toLowerCase()) > Math.max(2, name.length * 0.6)) ? null : better;
  return new UnknownThing(`There is no ${what} ${JSON.stringify(name)} in this topology.`, meant === null ? null : `${kind} ${meant}`, known.slice(0, LISTED), Math.max(0, count - LISTED));
}

/** What is asked about, from words such as ["port", "1936@mux-eu-a"]. A kind alone asks for a list. @throws UnknownThing for an unknown kind */
export function parseThing(words: readonly string[]): { readonly kind: Kind; readonly name: string } {
  const [first = "", ...rest] = words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== "");
  const kind = KINDS.find((known) => known === first.toLowerCase() || `${known}s` === first.toLowerCase());
  if (kind === undefined) {
    const near = closest(first.toLowerCase(), [...KINDS]);
    throw new UnknownThing(`"${first}" is not a kind of thing that can be explained.`, distance(first, near) <= 2 ? FORMS[near as Kind] : null, Object.values(FORMS), 0);
  }
  return { kind, name: rest.join(" ") };
}
