/** What is in a bundle, in bytes, for people. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Metafile } from "esbuild";
import type { Bundle } from "./bundle.ts";

const MOST_PARTS = 6;

export interface Size {
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** The code: of all its files, and of those that are read at the start. */
export async function sizesOf({ folder, metafile }: Bundle): Promise<{ readonly all: Size; readonly start: Size }> {
  const files = Object.keys(metafile.outputs).filter((path) => path.endsWith(".js"));
  const sizes = new Map<string, Size>();
  for (const path of files) sizes.set(path, sizeOf(await readFile(join(folder, basename(path)))));
  const sum = (paths: readonly string[]): Size => ({
    bytes: paths.reduce((bytes, path) => bytes + (sizes.get(path)?.bytes ?? 0), 0),
    gzipBytes: paths.reduce((bytes, path) => bytes + (sizes.get(path)?.gzipBytes ?? 0), 0),
  });
  return { all: sum(files), start: sum(startOf(metafile)) };
}

const sizeOf = (content: Uint8Array): Size => ({
  bytes: content.byteLength,
  gzipBytes: gzipSync(content, { level: 9 }).byteLength,
});

/** The entry's file, and what it imports before it runs. */
export function startOf({ outputs }: Metafile): string[] {
  const found = new Set(Object.keys(outputs).filter((path) => basename(path) === "index.js"));
  for (const path of found) {
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && !external) found.add(next);
    }
  }
  return [...found];
}

/** A package, or a folder of ours, and its bytes in the output, the largest first. */
export function partsOf({ outputs }: Metafile): [part: string, bytes: number][] {
  const parts = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split("/").slice(0, 2).join("/");
    parts.set(name, (parts.get(name) ?? 0) + bytesInOutput);
  }
  return [...parts].sort(([, one], [, other]) => other - one);
}

/** What is there to be sent to browsers. */
export const assetBytesOf = ({ outputs }: Metafile): number =>
  Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([path]) => /^(?:functions\/pages|lib\/http\/routes\/console)\//.test(path))
    .reduce((bytes, [, { bytesInOutput }]) => bytes + bytesInOutput, 0);

export async function report(bundle: Bundle): Promise<string> {
  const { all, start } = await sizesOf(bundle);
  const parts = partsOf(bundle.metafile)
    .slice(0, MOST_PARTS)
    .map(([name, bytes]) => `${name} ${kilobytes(bytes)}`);
  const written = ({ bytes, gzipBytes }: Size) => `${kilobytes(bytes)}, gzip ${kilobytes(gzipBytes)}`;
  const ofThese = start.bytes < all.bytes ? `; at the start ${written(start)}` : "";
  const pages = `; pages and console ${kilobytes(assetBytesOf(bundle.metafile))}`;
  return `${bundle.target.name.padEnd(8)}${written(all)}${ofThese}${pages}\n        ${parts.join(", ")}, …`;
}

const kilobytes = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;
