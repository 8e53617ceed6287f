import { tryToPlay } from "../cli/lib/viewer.ts";
import { quietMoment } from "./lib/machine.ts";
import { against, type Measure } from "./lib/result.ts";
import { BenchStack, SMALL } from "./lib/stack.ts";
import { median, samples } from "./lib/stats.ts";

const LIMIT_S = 10;
const ROUNDS = 3;

const EDITS: readonly (readonly [string, string])[] = [
  ["a rendition added", SMALL.replace("180p]", "180p, 240p]")],
  ["a rendition removed", SMALL],
  ["retention changed", SMALL.replace("keep: 2 d", "keep: 3 d")],
  ["retention changed back", SMALL],
];

/** `pulumi up` of an edit to a running stack: no host is made, configuration is delivered and taken. */
export const measureEdit: Measure = async (bench) => {
  const stack = new BenchStack(bench, { name: "bench-edit", topology: SMALL });
  bench.say("edits: making the stack");
  await stack.init();
  await stack.up();
  const outputs = await stack.outputs();
  const times = new Map<string, number[]>(EDITS.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, topology] of EDITS) {
      bench.say(`edits: ${name}, round ${round + 1} of ${ROUNDS}`);
      stack.write(topology);
      await quietMoment(5_000);
      const start = performance.now();
      await stack.up();
      times.get(name)?.push((performance.now() - start) / 1000);
    }
  }
  const played = await tryToPlay(outputs.streams["main"]?.playlist ?? "", outputs.ca);
  await stack.remove();
  if (!played.ok) throw new Error(`After the edits nothing plays: ${played.reason}`);
  const slowest = [...times].map(([name, list]) => ({ name, list, value: median(list) })).sort((a, b) => b.value - a.value);
  return [against(LIMIT_S, slowest[0]?.value ?? 0, {
    name: `edit-only up (${slowest[0]?.name ?? ""})`, unit: "s",
    how: "`pulumi up --yes --skip-preview` after an edit of one stream on a running stack of three hosts; the slowest of four kinds of edit counts",
    details: slowest.map(({ name, list }) => `${name}: ${samples(list, "s")}`),
  })];
};
