/** Drivers' packages are optional peers: who uses one installs it, and is told so where it is not there. */
import { platformName } from "../runtime.ts";
import { databaseError } from "./failure.ts";
import { DatabaseError } from "./port.ts";

/** As Node says it, Bun and Deno. */
const MISSING = /(?:Cannot find (?:package|module) '|Import ")([^'"]+)/;

/** The package that could not be loaded, by what an import was rejected with. */
export function missingPackage(error: unknown): string | undefined {
  return error instanceof Error ? MISSING.exec(error.message)?.[1] : undefined;
}

const sentence = (driver: string, name: string): string =>
  `${driver}: the package ${name} is needed, it is not installed here; npm install ${name}`;

/**
 * Looks before anything is asked of it, where that can be told for certain: on Node, and unless a bundle holds the package.
 *
 * @throws TypeError which says what to install.
 */
export function assertInstalled(driver: string, name: string): void {
  const { url, resolve } = import.meta as { readonly url?: string; resolve?(specifier: string): string };
  if (
    platformName() !== "node" ||
    typeof resolve !== "function" ||
    !/\/database\/driver-package\.[jt]s$/.test(url ?? "")
  )
    return;
  try {
    resolve(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND") throw new TypeError(sentence(driver, name));
  }
}

/** For its first use elsewhere: no outage, so nothing for the breaker. What went wrong otherwise stays what it is. */
export function withoutPackage(error: unknown, driver: string, name: string): unknown {
  if (missingPackage(error) !== name) return error;
  return new DatabaseError("statement", sentence(driver, name), {
    cause: databaseError("statement", error).vendorError(),
  });
}
