import { createHash } from "node:crypto";

/**
 * Orders nodes for a key by rendezvous (highest random weight) hashing: adding a node takes only the keys that now rank it
 * first, removing one gives away only its own (Thaler & Ravishankar 1998).
 * Names are hashed once with SHA-256 and mixed cheaply, since 5,000 streams × 300 transcoders are 1.5 million scores.
 * @returns a function from key to the nodes, best first.
 */
export function rendezvous(nodes: readonly string[]): (key: string) => string[] {
  const hashed = nodes.map((node) => ({ node, hash: hash64(node) }));
  return (key) => {
    const [hi, lo] = hash64(key);
    return hashed
      .map(({ node, hash }) => ({ node, score: mix(hash[0] ^ hi, hash[1] ^ lo) }))
      .sort((a, b) => b.score - a.score || (a.node < b.node ? -1 : 1))
      .map((x) => x.node);
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
