import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Unit and property tests: no Docker, no network, no wall clock. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/unit/**/*.test.ts"],
    environment: "node",
    setupFiles: ["test/unit/fixed-seed.ts"],
    pool: "threads",
    testTimeout: 15_000,
    hookTimeout: 15_000,
    passWithNoTests: false,
    cache: false,
  },
});
