import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Real programs, real streams: one file after another, with time for containers to start. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/e2e/**/*.e2e.ts", "test/plugins/**/*.test.ts", "test/browser/**/*.{test,e2e}.ts", "test/aws-sim/**/*.e2e.ts", "test/long/**/*.e2e.ts"],
    environment: "node",
    pool: "forks",
    fileParallelism: false,
    maxConcurrency: 1,
    testTimeout: 240_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    bail: 0,
    retry: 0,
    cache: false,
  },
});
