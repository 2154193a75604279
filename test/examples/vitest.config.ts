import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/examples/*.example.ts"],
    globalSetup: "test/examples/packed.ts",
    testTimeout: 60_000,
    // Each is installed from its lock file first, and one of them is built.
    hookTimeout: 600_000,
    fileParallelism: false,
    silent: "passed-only",
  },
});
