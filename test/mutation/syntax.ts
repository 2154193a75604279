/** TypeScript's own reading of files, without their types: no library and no import is looked at. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

/** @returns What `use` makes of each file: the trees are gone when the compiler is. */
export function parsed<T>(paths: readonly string[], use: (file: SourceFile, path: string) => T): T[] {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-syntax-"));
  const compilerOptions = { noLib: true, noResolve: true, noEmit: true, types: [], module: "NodeNext" };
  const project = join(folder, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ compilerOptions, files: paths.map((path) => resolve(path)) }));
  const compiler = new API();
  try {
    const program = compiler.updateSnapshot({ openProjects: [project] }).getProject(project)?.program;
    return paths.map((path) => {
      const file = program?.getSourceFile(resolve(path));
      if (!file) throw new Error(`reading ${path}: the compiler does not know the file`);
      return use(file, path);
    });
  } finally {
    compiler.close();
    rmSync(folder, { recursive: true });
  }
}

export const childrenOf = (node: Node): readonly Node[] => {
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  return children;
};
