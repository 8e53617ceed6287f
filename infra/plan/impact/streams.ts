import { type Context, effect } from "./context.ts";
import type { Change, Effect } from "./impact.ts";

/** Streams and publishers that come, go or move, as people think of them; what it does to hosts stands with their files. */
export function streamChanges(context: Context): Omit<Change, "class">[] {
  const { before, after } = context.streams;
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((name): Omit<Change, "class">[] => {
    const old = before.get(name), now = after.get(name);
    const base = { kind: "stream" as const, host: null, name };
    if (old === undefined) return [{ ...base, action: "added", effects: [effect("nothing", "is new", ["streams", name], { stream: name })] }];
    if (now === undefined) {
      const publishers = old.publish.map((p) => p.publisher);
      return [{ ...base, action: "removed", effects: [
        effect("viewers-rebuffer", "is removed: its viewers lose the picture", ["streams", name], { stream: name, viewers: context.viewers(name), felt: "lose it for good" }),
        effect("publishers-drop", "is removed: its publishers lose their connection", ["streams", name], { stream: name, publishers, felt: "for good" }),
      ] }];
    }
    const moved = placement(old.transcoders, now.transcoders);
    return [
      ...(moved === null ? [] : [{ ...base, action: "changed" as const, effects: [effect("nothing", moved, context.cause(name, "transcoders", "redundancy", "viewers", "regions"), { stream: name })] }]),
      ...publisherChanges(context, name),
    ];
  });
}

/** "second copy moves tx-eu-1 → tx-eu-3"; null when the copies stay where they are. The order is what distributors of other regions prefer. */
function placement(old: readonly string[], now: readonly string[]): string | null {
  const left = old.filter((tx) => !now.includes(tx)), come = now.filter((tx) => !old.includes(tx));
  if (left.length === 0 && come.length === 0) return null;
  const nth = (list: readonly string[], tx: string): string => (list.length === 1 ? "it" : `copy ${list.indexOf(tx) + 1}`);
  if (left.length === 1 && come.length === 1) return `${nth(now, come[0] as string)} moves ${left[0]} → ${come[0]}`;
  return [...(come.length > 0 ? [`is also carried by ${come.join(", ")}`] : []), ...(left.length > 0 ? [`is no longer carried by ${left.join(", ")}`] : [])].join(", ");
}

function publisherChanges(context: Context, stream: string): Omit<Change, "class">[] {
  const of = (at: "before" | "after") => new Map((context.streams[at].get(stream)?.publish ?? []).map((p) => [p.publisher, p]));
  const before = of("before"), after = of("after");
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((name): Omit<Change, "class">[] => {
    const old = before.get(name), now = after.get(name);
    const base = { kind: "publisher" as const, host: null, name: `${stream}/${name}` };
    const cause = ["streams", stream, "publishers", name];
    const told = (reason: string): Effect[] => [effect("nothing", reason, cause, { stream })];
    if (old === undefined) return [{ ...base, action: "added", effects: told("may publish, with a key of its own") }];
    if (now === undefined) return [{ ...base, action: "removed", effects: told("may no longer publish") }];
    return old.keyRotation === now.keyRotation ? [] : [{ ...base, action: "changed", effects: told(`gets a new key (rotation ${old.keyRotation} → ${now.keyRotation})`) }];
  });
}
