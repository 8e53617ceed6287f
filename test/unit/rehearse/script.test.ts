/** Own scripts: what they can say, and how mistakes are told. */
import { describe, expect, test } from "vitest";
import { parseScript } from "../../../scripts/rehearse/script.ts";
import { NO_LIMITS } from "../../../scripts/rehearse/faults.ts";
import { bundlesOf, planOf, TWICE } from "./fakes.ts";

const plan = planOf(TWICE), bundles = bundlesOf(plan);
const parse = (text: string) => parseScript(text, "s.yaml", plan, bundles, { ...NO_LIMITS, smallDisk: "no root" });
const step = (text: string): string => `rehearsal: 1\nsteps:\n  - ${text}\n`;
const failure = (text: string): string => { try { parse(text); } catch (e) { return (e as Error).message; } return "it was accepted"; };

test("every kind of step", () => {
  const faults = parse(`rehearsal: 1
steps:
  - { kill: ffmpeg, host: tx-home-1, stream: main }
  - { freeze: nginx, host: dist-home-2, for: 6 s }
  - { kill: host, host: mux-home-a, for: 20 s }
  - { publisher: main/truck, does: silent, for: 15 s }
  - { publisher: main/truck, does: switch }
  - { between: [publishers, mux-home-a], loss: 12.5 % }
  - { between: [mux-home-a, tx-home-1], rate: 300 kbps, for: 8 s }
  - { between: [viewers, dist-home-1], blackhole: true }
  - { disk: recordings, host: mux-home-b }
  - edit: add-stream
  - rotate: main/laptop
  - wait: 5 s
`);
  expect(faults.map((f) => f.id)).toEqual([
    "kill:ffmpeg@tx-home-1/main", "freeze:nginx@dist-home-2", "kill:host@mux-home-a", "publisher:silent:main/truck", "publisher:close:main/truck:other-protocol",
    "loss:publishers->mux-home-a", "rate:mux-home-a->tx-home-1", "blackhole:viewers->dist-home-1", "disk:recordings@mux-home-b", "edit:add-stream", "rotate:main/laptop", "wait",
  ]);
  expect(faults[1]?.action).toMatchObject({ seconds: 6 });
  expect(faults[5]?.action).toMatchObject({ does: { kind: "loss", percent: 12.5 }, seconds: 10 });
  expect(faults[8]?.skip).toBe("no root");
});

describe("mistakes have a place, what is allowed, and the nearest word", () => {
  test.each([
    ["an unknown host", step("{ kill: nginx, host: dist-home-3 }"), /s\.yaml:3:\d+ .*names no host: "dist-home-3"[\s\S]*allowed .*dist-home-1[\s\S]*try +dist-home-/],
    ["an unknown process", step("{ kill: ngnix, host: dist-home-1 }"), /s\.yaml:3:13 .*is no process of dist-home-1[\s\S]*try +nginx/],
    ["a stream not carried", step("{ kill: ffmpeg, host: tx-home-1, stream: side }"), /stream: is not carried by tx-home-1/],
    ["no host", step("kill: nginx"), /lacks `host`/],
    ["two things at once", step("{ kill: nginx, host: dist-home-1, wait: 5 s }"), /says two things to do/],
    ["nothing to do", step("host: dist-home-1"), /does not say what to do/],
    ["an unknown key", step("{ kil: nginx, host: dist-home-1 }"), /s\.yaml:3:7 .*is not a known key[\s\S]*try +kill/],
    ["a bad duration", step("wait: soon"), /s\.yaml:3:11 [\s\S]*2 s/],
    ["too long", step("wait: 2 h"), /is too long[\s\S]*600 s/],
    ["a loss above all", step("{ between: [viewers, dist-home-1], loss: 120 % }"), /is no share of packets/],
    ["nothing done to a line", step("between: [viewers, dist-home-1]"), /has nothing done to it/],
    ["an unknown publisher", step("{ publisher: main/trunk, does: close }"), /names no publisher[\s\S]*try +main\/truck/],
    ["the wrong version", "rehearsal: 2\nsteps:\n  - wait: 1 s\n", /s\.yaml:1:12 +rehearsal/],
    ["no steps", "rehearsal: 1\n", /steps: is missing/],
    ["an empty file", "", /is no rehearsal/],
    ["no YAML", "rehearsal: [1\n", /s\.yaml:\d+:\d+/],
  ])("%s", (_, text, message) => expect(failure(text)).toMatch(message));
  test("all at once", () => expect(failure("rehearsal: 1\nsteps:\n  - kill: nginx\n  - rotate: main/nobody\n")).toContain("2 problems"));
});
