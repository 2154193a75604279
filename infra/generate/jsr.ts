/** `jsr.json`: the package as JSR wants it, from what `package.json` says. */
import { readFile } from "node:fs/promises";

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string | { readonly "tidegate-source": string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const NAME = "@tidegate/tidegate";
const FILES = ["lib", "docs", "README.md", "CONTRIBUTING.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"];

/** Its exports are the sources: JSR compiles for whoever asks. */
export async function jsrManifest(): Promise<string> {
  const manifest: Manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  const exports = Object.entries(manifest.exports).flatMap(([name, target]) =>
    typeof target === "string" ? [] : [[name, target["tidegate-source"]]],
  );
  const packages = { ...manifest.dependencies, ...manifest.peerDependencies };
  const imports = Object.entries(packages).map(([name, range]) => [name, `npm:${name}@${newestOf(range)}`]);
  const jsr = {
    name: NAME,
    version: manifest.version,
    license: manifest.license,
    exports: Object.fromEntries(exports),
    imports: Object.fromEntries(imports.sort(([one = ""], [other = ""]) => one.localeCompare(other, "en"))),
    // Checked with what npm has installed here, and no other.
    nodeModulesDir: "manual",
    publish: { include: FILES, exclude: ["lib/**/tsconfig.json"] },
  };
  // Lists on one line, as the formatter has them.
  const text = JSON.stringify(jsr, null, 2).replace(
    /\[\s+([^\]]+?)\s+\]/g,
    (_, list: string) => `[${list.replace(/\s*\n\s*/g, " ")}]`,
  );
  return `${text}\n`;
}

/** An import names one range: of several majors, the one that is named last. */
const newestOf = (range: string): string => range.split("||").at(-1)?.trim() ?? range;
