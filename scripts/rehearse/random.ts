/** Random numbers that a seed repeats, and the order of a soak's faults. Pure. */

/** Mulberry32: small, good enough to draw faults, the same on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Draws without repetition until all were drawn, then again: rare faults come as often as common ones. */
export function* drawing<T>(items: readonly T[], random: () => number): Generator<T, never> {
  if (items.length === 0) throw new RangeError("nothing to draw from");
  for (;;) {
    const bag = [...items];
    while (bag.length > 0) yield bag.splice(Math.floor(random() * bag.length), 1)[0] as T;
  }
}
