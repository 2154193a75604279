import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["tidegate-source"] } },
  test: {
    include: ["test/runtime/{servers,functions,mixed}.test.ts"],
    env: { TIDEGATE_CELLS: "all" },
    testTimeout: 90_000,
    hookTimeout: 90_000,
    maxWorkers: 2,
    reporters: ["default", "./test/runtime/reporter.ts"],
  },
});
