/** A copy of the tree, in which the mutants are. The real one is only read. */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Mutant } from "./mutants.ts";
import { withMutants } from "./schemata.ts";

/** What tests do not look at, or what stands there as a link. */
const LEFT = new Set([".git", "node_modules", "dist", "build", "coverage", ".wrangler", ".pglite", ".vite"]);

export interface Copy {
  readonly root: string;
  /** Writes the mutants into the files that they change, each with its place in the list as its number, from 1. */
  write(mutants: readonly Mutant[]): void;
  remove(): void;
}

/** @param tree The folder that is copied. */
export function copyOf(tree: string): Copy {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "tidegate-mutants-")));
  for (const name of readdirSync(tree))
    if (!LEFT.has(name)) cpSync(join(tree, name), join(root, name), { recursive: true });
  symlinkSync(resolve(tree, "node_modules"), join(root, "node_modules"));
  return {
    root,
    write: (mutants) => {
      const numbered = mutants.map((mutant, at) => [at + 1, mutant] as const);
      for (const [file, own] of Map.groupBy(numbered, ([, mutant]) => mutant.file)) {
        writeFileSync(join(root, file), withMutants(readFileSync(join(tree, file), "utf8"), own));
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
