import fc from "fast-check";
import { expect, test } from "vitest";
import { layOut } from "../../../infra/render/slate.ts";

test("a short text is one line of a fourteenth of the height", () => {
  expect(layOut("Back in a moment", 1280, 720)).toEqual({ lines: ["Back in a moment"], size: 51 });
});

test("no text, no line", () => expect(layOut("  ", 640, 360).lines).toEqual([]));

test("every text fits the picture, and no letter is lost", () => {
  fc.assert(fc.property(fc.string({ maxLength: 120 }), fc.constantFrom([640, 360], [256, 144], [1920, 1080], [360, 640]), (text, [width = 0, height = 0]) => {
    const { lines, size } = layOut(text, width, height);
    expect(lines.join("").replace(/\s+/g, "")).toBe(text.replace(/\s+/g, ""));
    expect(Math.max(0, ...lines.map((l) => [...l].length)) * 0.62 * size).toBeLessThanOrEqual(width * 0.9);
    expect(lines.length * size * 1.5).toBeLessThanOrEqual(height * 0.9);
  }));
});
