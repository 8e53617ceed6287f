import { describe, expect, it } from "vitest";

const file: string = new URL("../../templates/player/steering.js", import.meta.url).href;   // not typed here: a page's script
const { forgiving } = await import(file) as { forgiving(base: typeof Base, now: () => number): typeof Base };

/** What the player's class uses of hls.js's. */
class Base {
  penalizedPathways: Record<string, number> = {};
  seen: string[] = [];
  updatePathwayPriority(priority: string[]): void { this.seen = priority.filter((id) => !(id in this.penalizedPathways)); }
}

describe("content steering of the player page", () => {
  it("returns to a way that failed after 10 s, then after 20 s, at the latest after 5 minutes", () => {
    let now = 0;
    const steering = new (forgiving(Base, () => now))();
    for (const pause of [10, 20, 40, 80, 160, 300, 300]) {
      const failed = now;
      steering.penalizedPathways["a"] = failed;
      steering.updatePathwayPriority(["a", "b"]);
      now = failed + pause * 1000 - 1;
      steering.updatePathwayPriority(["a", "b"]);
      expect(steering.seen).toEqual(["b"]);
      now += 1;
      steering.updatePathwayPriority(["a", "b"]);
      expect(steering.seen).toEqual(["a", "b"]);
      now += 5000;
    }
  });
});
