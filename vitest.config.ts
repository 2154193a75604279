import { configDefaults, defineConfig } from "vitest/config";
import { SLOW } from "./test/slow.ts";

export default defineConfig({
  ssr: { resolve: { conditions: ["tidegate-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Named on the command line, they run all the same.
    exclude: process.argv.some((given) => given.startsWith("test/"))
      ? configDefaults.exclude
      : [...configDefaults.exclude, ...SLOW],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // Real servers are started by the tests; two cores carry two of them side by side.
    maxWorkers: 2,
    // A line for each file, and more where it fails.
    slowTestThreshold: Number.POSITIVE_INFINITY,
    silent: "passed-only",
    reporters: [["default", { summary: false }], "./test/support/skipped.ts"],
  },
});
