import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["tidegate-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // Real servers are started by the tests; two cores carry two of them side by side.
    maxWorkers: 2,
    reporters: ["default", "./test/support/skipped.ts"],
  },
});
