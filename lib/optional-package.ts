/** Optional peers: who uses one installs it, and is told so where it is not there. */
import { platformName } from "./runtime.ts";

/** As Node says it, Bun and Deno. */
const MISSING = /(?:Cannot find (?:package|module) '|Import ")([^'"]+)/;

/** The package that could not be loaded, by what an import was rejected with. */
export function missingPackage(error: unknown): string | undefined {
  return error instanceof Error ? MISSING.exec(error.message)?.[1] : undefined;
}

/** @param user What needs it. */
export const notInstalled = (user: string, name: string): string =>
  `${user}: the package ${name} is needed, it is not installed here; npm install ${name}`;

/**
 * Looks before anything is asked of it, where that can be told for certain: on Node, and unless a bundle holds the package.
 *
 * @throws TypeError which says what to install.
 */
export function assertInstalled(user: string, name: string): void {
  const { url, resolve } = import.meta as { readonly url?: string; resolve?(specifier: string): string };
  const isBundled = !/\/optional-package\.[jt]s$/.test(url ?? "");
  if (platformName() !== "node" || typeof resolve !== "function" || isBundled) return;
  try {
    resolve(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND") throw new TypeError(notInstalled(user, name));
  }
}
