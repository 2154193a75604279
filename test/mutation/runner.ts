/**
 * A process that runs test files of the copy for one mutant after another, as its parent says. It is a process of its
 * own since a mutant may never end: whoever started it ends it and starts another.
 */
import { relative } from "node:path";
import { createVitest, type TestModule } from "vitest/node";
import { SWITCH } from "./schemata.ts";

export interface Asked {
  /** What {@link SWITCH} is to say. */
  readonly mutant: string;
  readonly files: readonly string[];
}
export interface Ran {
  readonly files: readonly { readonly file: string; readonly ms: number; readonly failed: boolean }[];
  /** Names and messages of what failed, a few. */
  readonly failures: readonly string[];
}

const MOST_FAILURES = 5;
const root = process.cwd();
const vitest = await createVitest("test", { root, config: "test/mutation/vitest.config.ts", watch: false });

process.on("message", (asked: Asked) => {
  run(asked).then(
    (ran) => process.send?.(ran),
    (error: unknown) => process.send?.({ files: [], failures: [String(error)] } satisfies Ran),
  );
});
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function run({ mutant, files }: Asked): Promise<Ran> {
  // Workers are started for each run, with this environment.
  process.env[SWITCH] = mutant;
  // What ran before is remembered, and would be told as if it had run now.
  vitest.state.filesMap.clear();
  const [project] = vitest.projects;
  const specifications = files.flatMap((file) => project?.createSpecification(`${root}/${file}`) ?? []);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const failures = [...testModules.flatMap(failuresOf), ...unhandledErrors.map(String)];
  return { files: testModules.map(told), failures: failures.slice(0, MOST_FAILURES) };
}

const told = (module: TestModule) => ({
  file: relative(root, module.moduleId),
  ms: Math.round(module.diagnostic().duration),
  failed: module.state() === "failed",
});

function failuresOf(module: TestModule): readonly string[] {
  const tests = [...module.children.allTests()].filter((test) => test.result().state === "failed");
  const errors = module.errors().map(({ message }) => `${relative(root, module.moduleId)}: ${message}`);
  return [...errors, ...tests.map((test) => `${test.fullName}: ${test.result().errors?.[0]?.message ?? ""}`)];
}
