import { type Context, count } from "./context.ts";
import { type Change, type Effect, type Felt, isWorse, worst } from "./impact.ts";

/** Puts together, stream by stream, what all changes do to its people. */
export function feltBy(context: Context, changes: readonly Change[]): Felt[] {
  const byStream = new Map<string, { readonly effect: Effect; readonly host: string | null }[]>();
  for (const { host, effects } of changes) {
    for (const one of effects) {
      if (one.stream === null || !isWorse(one.class, "hot-reload")) continue;
      const list = byStream.get(one.stream);
      if (list) list.push({ effect: one, host });
      else byStream.set(one.stream, [{ effect: one, host }]);
    }
  }
  return [...byStream].map(([stream, list]) => feltOf(context, stream, list))
    .sort((a, b) => (a.class === b.class ? (a.stream < b.stream ? -1 : 1) : isWorse(a.class, b.class) ? -1 : 1));
}

function feltOf(context: Context, stream: string, list: readonly { readonly effect: Effect; readonly host: string | null }[]): Felt {
  const effects = list.map((one) => one.effect);
  const cls = worst(effects.map((e) => e.class));
  const publishers = [...new Set(effects.flatMap((e) => e.publishers))].sort();
  const viewers = viewersOf(context, stream, list);
  const counted = effects.filter((e) => e.class === cls);
  const seconds = counted.some((e) => e.seconds === null) ? null : Math.max(...counted.map((e) => e.seconds ?? 0));
  return { stream, class: cls, publishers, viewers, seconds, sentence: sentence(context, stream, effects, publishers, viewers) };
}

/** Distributors have their share of the viewers each, so shares are added; what befalls a stream elsewhere befalls all its viewers. */
function viewersOf(context: Context, stream: string, list: readonly { readonly effect: Effect; readonly host: string | null }[]): number | null {
  const stopped = list.filter((one) => one.effect.viewers !== null);
  if (stopped.length === 0) return null;
  const shares = new Map<string, number>();
  let all = 0;
  for (const { effect, host } of stopped) {
    const viewers = effect.viewers ?? 0;
    if (host !== null && context.hosts.before.get(host)?.role === "distributor") shares.set(host, Math.max(viewers, shares.get(host) ?? 0));
    else all = Math.max(all, viewers);
  }
  return Math.min(context.viewers(stream), Math.max(all, [...shares.values()].reduce((a, b) => a + b, 0)));
}

function sentence(context: Context, stream: string, effects: readonly Effect[], publishers: readonly string[], viewers: number | null): string {
  const declared = context.streams.before.get(stream)?.publish.length ?? 0;
  const parts: string[] = [];
  if (publishers.length > 0) {
    const who = publishers.length < declared ? publishers.join(", ") : declared === 1 ? "its publisher" : `its ${declared} publishers`;
    const { seconds, felt } = together(effects.filter((e) => e.publishers.length > 0));
    const one = publishers.length === 1;
    parts.push(seconds === null ? `${who} ${one ? "drops" : "drop"} ${felt ?? "for good"}` : `${who} ${one ? "reconnects" : "reconnect"}, about ${seconds} s`);
  }
  if (viewers !== null) {
    const { seconds, felt } = together(effects.filter((e) => e.viewers !== null));
    parts.push(`${viewers > 0 ? `about ${count(viewers, "viewer")}` : "its viewers"} ${felt ?? "re-buffer"}${seconds === null ? "" : `, about ${seconds} s`}`);
  }
  const restarts = effects.filter((e) => e.class === "stream-restarts");
  const said = [...new Set(restarts.flatMap((e) => e.felt ?? []))].sort();
  if (publishers.length === 0 && viewers === null) parts.push(...(said.length > 0 ? said : ["its encoder starts again"]), said.length > 0 ? "nobody re-buffers" : "viewers keep playing");
  else if (viewers === null) parts.push(publishers.length === declared ? "viewers see the slate meanwhile, nobody re-buffers" : "nobody else");
  return `${stream}: ${parts.join("; ")}`;
}

/** The worst of several effects: what is for good, else the longest. */
function together(effects: readonly Effect[]): { readonly seconds: number | null; readonly felt: string | null } {
  const forGood = effects.find((e) => e.seconds === null);
  return forGood ? { seconds: null, felt: forGood.felt } : { seconds: Math.max(...effects.map((e) => e.seconds ?? 0)), felt: null };
}

/** Sentences that one line holds. */
const SHOWN = 4;

/** Who feels it in one line. */
export function sentenceOf(felt: readonly Felt[], changes: readonly Change[]): string {
  const replaced = changes.filter((c) => c.kind === "host" && c.class === "host-replaced").map((c) => c.name);
  const hosts = replaced.length === 0 ? [] : [`${replaced.length > SHOWN ? count(replaced.length, "host") : replaced.join(", ")} made anew`];
  const sentences = [...hosts, ...felt.slice(0, SHOWN).map((f) => f.sentence), ...(felt.length > SHOWN ? [`and ${count(felt.length - SHOWN, "more stream")}`] : [])];
  return sentences.length === 0 ? "nobody" : sentences.join(" · ");
}
