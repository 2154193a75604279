/**
 * What the lock files of `examples/` say of the package. Its tarball is another one with each build, so it stands there
 * without its hash, and with what its manifest asks for now.
 */
import { globSync } from "node:fs";
import manifest from "../../package.json" with { type: "json" };

/** @param root Of the repository. */
export const exampleLocks = (root: string): readonly string[] =>
  globSync("examples/*/package-lock.json", { cwd: root }).sort();

/** @throws Error where it does not know the package. */
export function exampleLock(text: string | null): string {
  const lock = JSON.parse(text ?? "{}");
  const { integrity: _ofOneBuild, ...known } = lock.packages?.["node_modules/tidegate"] ?? {};
  if (known.resolved !== `file:tidegate-${manifest.version}.tgz`) {
    throw new Error(
      `examples: a lock file must have tidegate-${manifest.version}.tgz, has ${known.resolved}; pack it, and npm install`,
    );
  }
  const { version, dependencies, peerDependencies, peerDependenciesMeta, engines } = manifest;
  const entry = { ...known, version, dependencies, engines, peerDependencies, peerDependenciesMeta };
  return `${JSON.stringify({ ...lock, packages: { ...lock.packages, "node_modules/tidegate": entry } }, null, 2)}\n`;
}
