import { createHash, hkdfSync } from "node:crypto";
import { expect, test } from "vitest";
import { deriveKey, hashKey, keysOf } from "../../../infra/plan/keys.ts";
import { h264Level } from "../../../infra/plan/ladder.ts";

test("keys differ by stack, name and rotation, and stay the same otherwise", () => {
  const keys = [deriveKey("a", "publish/main/x"), deriveKey("b", "publish/main/x"), deriveKey("a", "publish/main/y"), deriveKey("a", "publish/main/x", 2)];
  expect(new Set(keys).size).toBe(4);
  expect(deriveKey("a", "publish/main/x")).toBe(keys[0]);
  for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{32}$/);
});

test("keys are HKDF-SHA256 of the stack secret (RFC 5869), as Node's own", () => {
  const own = Buffer.from(hkdfSync("sha256", "stack secret", "headend", "headend/v1/link/a/b#3", 24)).toString("base64url");
  expect(keysOf("stack secret")("link/a/b", 3)).toBe(own);
});

test("the hash is the form MediaMTX reads", () => {
  expect(hashKey("secret")).toBe(`sha256:${createHash("sha256").update("secret").digest("base64")}`);
});

test.each([[640, 360, 30, 1300, "3.0"], [1280, 720, 30, 2675, "3.1"], [1920, 1080, 30, 5350, "4.0"], [1920, 1080, 60, 9000, "4.2"], [3840, 2160, 30, 20000, "5.1"], [320, 180, 30, 160, "1.3"]])(
  "H.264 level of %ix%i at %i fps, %i kbit/s is %s", (width, height, fps, kbps, level) => {
    expect(h264Level(width, height, fps, kbps)).toBe(level);
  });
