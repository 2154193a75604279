/** Prints the matrix at the end: what passed in each cell, and why a cell is empty. */
import type { Reporter, TestModule, TestSuite } from "vitest/node";
import { type Cell, RUNTIMES, STORES } from "./cell.ts";
import { nameOf, obstacle } from "./matrix.ts";

const WIDTH = 16;

export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const suites = modules.flatMap((module) => [...module.children.suites()]);
    const suiteOf = (cell: Cell) =>
      suites.find(({ name }) => name === nameOf(cell) || name.startsWith(`${nameOf(cell)}:`));
    const row = (cells: readonly string[]) =>
      cells
        .map((cell) => cell.padEnd(WIDTH))
        .join("")
        .trimEnd();
    const lines = RUNTIMES.map((runtime) =>
      row([runtime, ...STORES.map((store) => figures(suiteOf({ runtime, store })))]),
    );
    const reasons = new Set<string>();
    for (const runtime of RUNTIMES)
      for (const store of STORES) {
        const reason = obstacle({ runtime, store });
        if (reason !== null) reasons.add(`${nameOf({ runtime, store })}: ${reason}`);
      }
    console.log(
      ["", row(["", ...STORES]), ...lines, "", "– cannot be:", ...[...reasons].map((reason) => `  ${reason}`), ""].join(
        "\n",
      ),
    );
  }
}

/** Passed of all, and those left out. */
function figures(suite: TestSuite | undefined): string {
  const tests = [...(suite?.children.allTests() ?? [])];
  const count = (state: string) => tests.filter((test) => test.result().state === state).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  if (passed + failed === 0) return "–";
  const left = skipped > 0 ? ` (${skipped} out)` : "";
  return `${failed > 0 ? "FAILED " : ""}${passed}/${passed + failed}${left}`;
}
