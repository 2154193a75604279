/** The package as `npm pack` makes it, once for all examples. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    readonly tarball: string;
  }
}

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export default function pack(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-packed-"));
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: ROOT });
  project.provide("tarball", join(folder, packed.toString().trim().split("\n").at(-1) ?? ""));
  return () => rmSync(folder, { recursive: true, force: true });
}
