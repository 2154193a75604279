/** Why a name that somebody else writes is not the one that the settings have: for the log, since both seem right. */

const LONGEST_SHOWN = 200;

const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, LONGEST_SHOWN);

const withoutSlash = (text: string): string => text.replace(/\/$/, "");

/** @param found whatever stands where `needed` was expected. */
export function differenceOf(found: unknown, needed: string): string {
  const isSlash = typeof found === "string" && withoutSlash(found) === withoutSlash(needed);
  return `found ${shown(found)}, needed ${shown(needed)}${isSlash ? "; a slash at the end is part of the name" : ""}`;
}
