/** One mutant at a time, in one worker, until the first test fails. The copy of the tree has this as well. */
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Those that are likely to fail are told first. */
class AsTold extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files;
  }
}

export default defineConfig({
  cacheDir: ".vite",
  ssr: { resolve: { conditions: ["tidegate-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/mutation/hits.ts"],
    // A test that waits for what a mutant never does need not wait for long.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // With a worker for each file, constants are made anew for each: so it is seen which files reach them.
    isolate: process.env.TIDEGATE_MUTANT === "hits",
    maxWorkers: 1,
    bail: process.env.TIDEGATE_MUTANT === "hits" ? 0 : 1,
    sequence: { sequencer: AsTold },
    reporters: [{}],
  },
});
