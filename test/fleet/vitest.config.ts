import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["tidegate-source"] } },
  test: {
    include: ["test/fleet/**/*.fleet.ts"],
    testTimeout: 180_000,
    // Each starts ten processes.
    fileParallelism: false,
  },
});
