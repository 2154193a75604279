/** Set-up of a test file: at its end it leaves the numbers of the mutants that it has reached, if anybody asked. */
import { appendFileSync } from "node:fs";
import { afterAll, expect } from "vitest";

afterAll(() => {
  const { __tidegateHits: hits } = globalThis as { readonly __tidegateHits?: ReadonlySet<number> };
  const { TIDEGATE_HITS: file } = process.env;
  if (!hits || file === undefined) return;
  appendFileSync(file, `${JSON.stringify({ file: expect.getState().testPath, hits: [...hits] })}\n`);
});
