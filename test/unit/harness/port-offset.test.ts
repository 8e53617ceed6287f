import { expect, test } from "vitest";
import { freePortOffset } from "../../runner/port-offset.ts";

const taking = (...ports: number[]) => async (wanted: readonly { port: number; protocol: "tcp" | "udp"; address: string }[]) =>
  wanted.filter((w) => ports.includes(w.port)).map((w) => ({ ...w, holder: null }));

test("the first offset when nothing listens", async () => {
  expect(await freePortOffset(taking())).toBe(20_000);
});

test("the next one when a left-over stack holds the viewers' port", async () => {
  expect(await freePortOffset(taking(28_443))).toBe(20_250);
});

test("says which port when none is free", async () => {
  const all = Array.from({ length: 8 }, (_, i) => 28_443 + 250 * i);
  await expect(freePortOffset(taking(...all))).rejects.toThrow(/30193.*HEADEND_TEST_PORT_OFFSET/);
});
