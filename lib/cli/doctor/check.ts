/** What the doctor finds: a row for each thing it looked at, and what would mend it. */

import { missingPackage } from "../../optional-package.ts";

export interface Check {
  readonly about: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly found: string;
  /** What to do; null where nothing needs to be. */
  readonly remedy: string | null;
}

export const ok = (about: string, found: string): Check => ({ about, verdict: "ok", found, remedy: null });
export const warn = (about: string, found: string, remedy: string): Check => ({
  about,
  verdict: "warn",
  found,
  remedy,
});
export const fail = (about: string, found: string, remedy: string): Check => ({
  about,
  verdict: "fail",
  found,
  remedy,
});

/** As the drivers say it that look for theirs when they are made. */
const NEEDED_PACKAGE = /: the package (\S+) is needed, it is not installed/;

/** One that throws is a finding as well. A driver that is not there was an optional peer. */
export async function checked(
  about: string,
  remedy: string,
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const missing = missingPackage(error) ?? NEEDED_PACKAGE.exec(found)?.[1];
    if (missing === undefined) return [fail(about, found, remedy)];
    return [fail(about, `the package ${missing} is not installed here`, `npm install ${missing}`)];
  }
}
