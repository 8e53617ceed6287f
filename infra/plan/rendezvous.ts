import { createHash } from "node:crypto";

/** Chooses the best node for a key among those that `allowed` admits; undefined when it admits none. */
export type Choose = (key: string, allowed: (node: string) => boolean) => string | undefined;

/**
 * Rendezvous (highest random weight) hashing: adding a node takes only the keys that now rank it first, removing one gives away
 * only its own (Thaler & Ravishankar 1998). Names are hashed once with SHA-256 and mixed cheaply, since 5,000 streams × 600
 * transcoders are 3 million scores.
 */
export function rendezvous(nodes: readonly string[]): Choose {
  const hashed = [...nodes].sort().map((node) => ({ node, hash: hash64(node) }));
  return (key, allowed) => {
    const [hi, lo] = hash64(key);
    let best: string | undefined;
    let bestScore = -1;
    for (const { node, hash } of hashed) {
      const score = mix(hash[0] ^ hi, hash[1] ^ lo);
      if (score > bestScore && allowed(node)) { best = node; bestScore = score; }
    }
    return best;
  };
}

function hash64(text: string): readonly [number, number] {
  const digest = createHash("sha256").update(text).digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

/** murmur3's finaliser over both halves; 53 bits, so ties are not to be expected. */
function mix(a: number, b: number): number {
  const high = fmix(a ^ fmix(b));
  const low = fmix(b ^ fmix(a ^ 0x9e3779b9));
  return (high >>> 0) * 0x200000 + (low >>> 11);
}

function fmix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
