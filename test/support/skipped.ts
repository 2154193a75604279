/** Says at the end what was not run, and why: a reporter prints no names of what is skipped. */
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

/** What is inside of a skipped suite stays pending. */
const wasNotRun = (test: TestCase): boolean => ["skipped", "pending"].includes(test.result().state);
const isSkipped = (suite: TestSuite): boolean => [...suite.children.allTests()].every(wasNotRun);

/** The outermost suite that was skipped as a whole, and the only one inside of it, if that is all. */
function suiteOf(test: TestCase): TestSuite | null {
  let found: TestSuite | null = null;
  for (let each = test.parent; each.type === "suite"; each = each.parent) if (isSkipped(each)) found = each;
  for (let inside = found?.children.array(); inside; inside = found?.children.array()) {
    const [only, other] = inside;
    if (only?.type !== "suite" || other) return found;
    found = only;
  }
  return found;
}

/** Suites have the reason in their name, a test may have it as a note. */
function named(test: TestCase): string {
  const suite = suiteOf(test);
  if (suite) return suite.fullName;
  const { note } = test.result() as { readonly note?: string };
  return note === undefined || test.name.includes(note) ? test.fullName : `${test.fullName}: ${note}`;
}

export default class Skipped implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names = modules
      .flatMap((module) => [...module.children.allTests()])
      .filter(wasNotRun)
      .map(named);
    if (names.length === 0) return;
    console.log("Not run:");
    for (const [name, { length }] of Map.groupBy(names, (each) => each)) {
      console.log(`  ${String(length).padStart(4)} × ${name}`);
    }
  }
}
