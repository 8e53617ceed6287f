/**
 * Content steering that forgives. hls.js keeps away from a way that failed once for 5 minutes, even where the steering manifest, which is
 * two seconds old, puts it first. Here the first pause is short and doubles with each failure: a way that only this viewer
 * cannot reach costs him ever fewer tries.
 */
const FIRST_MS = 10_000;
const LIMIT_MS = 300_000;

/** @typedef {{ since: number, times: number }} Penalty */

/**
 * @param {any} Base hls.js's ContentSteeringController; `penalizedPathways` (id to time) and `updatePathwayPriority` are its own
 * @param {() => number} now milliseconds, as hls.js counts them
 * @returns {any} the same, with growing penalties
 */
export function forgiving(Base, now = () => performance.now()) {
  return class extends Base {
    /** @param {string[]} priority the ways in the order of the steering manifest */
    updatePathwayPriority(priority) {
      /** @type {Record<string, Penalty>} */
      const known = (this.penalties ??= {});
      for (const [id, since] of Object.entries(/** @type {Record<string, number>} */ (this.penalizedPathways ?? {}))) {
        const penalty = (known[id] ??= { since: -1, times: 0 });
        if (penalty.since !== since) known[id] = { since, times: penalty.times + 1 };
        if (now() - since >= Math.min(LIMIT_MS, FIRST_MS * 2 ** ((known[id]?.times ?? 1) - 1))) delete this.penalizedPathways[id];
      }
      super.updatePathwayPriority(priority);
    }
  };
}
