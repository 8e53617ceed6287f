/** Five hundred viewers at once cost a transcoder no more than two requests an object. */
import { Agent } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpRequest } from "../../scripts/live/http.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { ask } from "./lib/status.ts";

const stack = new TestStack({
  name: "e2e-crowd",
  topology: "streams:\n  main: { source: { resolution: 320x180, fps: 30, bitrate: 300 kbps }, ladder: [180p], encoder: { kind: x264, preset: ultrafast } }\n",
});
let outputs: Outputs;
beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
}, 300_000);
afterAll(() => stack.destroy(), 120_000);

/** Requests that the origin's nginx has had so far, this question's included. */
async function originRequests(): Promise<number> {
  const text = await ask(stack, "tx-home-1", "http://127.0.0.1:8081/stub_status");
  return Number(/\s(\d+)\s*\nReading/.exec(text)?.[1]);
}

test("a segment that nobody has asked for yet, by 500 at once", async () => {
  const ca = outputs.ca ?? "", main = outputs.streams.main?.playlist ?? "";
  const agent = new Agent({ keepAlive: true, maxSockets: 500, ca });
  const lines = (body: Buffer): string[] => body.toString().split("\n").filter((l) => l && !l.startsWith("#"));
  const variant = new URL(lines((await httpRequest(main, { ca })).body)[0] ?? "", main).href;
  // Connections first: what is measured is 500 requests, not 500 handshakes.
  await Promise.all(Array.from({ length: 500 }, () => httpRequest(`${outputs.viewer}/healthz`, { agent, ca, timeoutMs: 60_000 })));
  const segment = new URL(lines((await httpRequest(variant, { ca })).body)[0] ?? "", variant).href;
  const before = await originRequests();
  const answers = await Promise.all(Array.from({ length: 500 }, () => httpRequest(segment, { agent, ca, timeoutMs: 60_000 })));
  const fetched = await originRequests() - before - 1;
  agent.destroy();
  expect(new Set(answers.map((a) => a.status))).toEqual(new Set([200]));
  expect(new Set(answers.map((a) => a.body.length)).size).toBe(1);
  expect(fetched).toBeGreaterThanOrEqual(1);
  expect(fetched).toBeLessThanOrEqual(2);
});
