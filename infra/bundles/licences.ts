/** The licences of what is in a bundle: most of them want to be where the code is. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";

const LICENCE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** The packages whose code is in it, as folders of `node_modules`, in order. */
export function packagesIn({ outputs }: Metafile): string[] {
  const found = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
      return folder === undefined || bytesInOutput === 0 ? [] : folder;
    }),
  );
  return [...new Set(found)].sort();
}

export async function licences(metafile: Metafile, root: string): Promise<string> {
  const parts = await Promise.all(packagesIn(metafile).map((folder) => licenceOf(join(root, folder))));
  return `${parts.join(`\n${"-".repeat(78)}\n\n`)}`;
}

/** A package without a file for it says in its manifest which one it has. */
async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const files = (await readdir(folder)).filter((file) => LICENCE.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return `${name} ${version} (${license})\n\n${texts.map((text) => `${text.trim()}\n`).join("\n")}`;
}
