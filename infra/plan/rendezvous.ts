import { hash } from "node:crypto";

/** Chooses the best node for a key among those that `allowed` admits; undefined when it admits none. */
export type Choose = (key: string, allowed: (node: string) => boolean) => string | undefined;

/**
 * Rendezvous (highest random weight) hashing: adding a node takes only the keys that now rank it first, removing one gives away
 * only its own (Thaler & Ravishankar 1998). Names are hashed once with SHA-256 and mixed cheaply, since 5,000 streams × 600
 * transcoders are 3 million scores.
 */
export function rendezvous(nodes: readonly string[]): Choose {
  const sorted = [...nodes].sort();
  const hashes = Int32Array.from(sorted.flatMap(hash64));
  return (key, allowed) => {
    const [a, b] = hash64(key);
    let best: string | undefined;
    let bestHigh = -1, bestLow = -1;
    for (let i = 0; i < sorted.length; i++) {
      const x = (hashes[2 * i] as number) ^ a, y = (hashes[2 * i + 1] as number) ^ b;
      // murmur3's finaliser over both halves; the second 21 bits decide where the first 32 are equal, so ties are not to be expected.
      const high = fmix(x ^ fmix(y)) >>> 0;
      if (high < bestHigh) continue;
      const low = fmix(y ^ fmix(x ^ 0x9e3779b9)) >>> 11;
      if (high === bestHigh && low <= bestLow) continue;
      const node = sorted[i] as string;
      if (allowed(node)) { best = node; bestHigh = high; bestLow = low; }
    }
    return best;
  };
}

function hash64(text: string): readonly [number, number] {
  const digest = hash("sha256", text, "buffer");
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

function fmix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
