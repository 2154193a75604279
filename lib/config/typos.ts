/** Names in the environment that nobody reads but that somebody meant. Unknown names are ignored otherwise. */
import { PREFIX } from "./names.ts";
import type { ConfigWarning } from "./types.ts";

/** Prefixes that a platform or another program hardly uses: every unknown name below them is a mistake. */
const OWN_PREFIXES = ["CIRCUIT_BREAKER_", "RESILIENCE_", "WATCHDOG_"];
/** Prefixes that others use as well: a name must be close to one of ours. */
const SHARED_PREFIXES = ["DB_", "STATE_", "WORKER_", "HEALTH_", "ADMIN_"];
/** Shorter names are close to anything. */
const SHORTEST_NAME = 8;
const LONGEST_NAME = 64;
const LARGEST_DISTANCE = 2;

export function typoWarnings(names: readonly string[], known: readonly string[]): readonly ConfigWarning[] {
  const isKnown = new Set(known);
  return names.flatMap((variable) => {
    const prefix = variable.toUpperCase().startsWith(PREFIX) ? PREFIX : "";
    const bare = variable.slice(prefix.length);
    if (isKnown.has(bare) || variable.length > LONGEST_NAME) return [];
    const close = known.find((name) => isCloseTo(bare.toUpperCase(), name));
    if (close !== undefined) {
      const meant = prefix + close;
      const message = `is not read; did you mean ${meant}?`;
      return [{ variable, message, remedy: `rename it to ${meant}, or remove it` }];
    }
    const isOwn = OWN_PREFIXES.some((own) => bare.startsWith(own));
    return isOwn ? [{ variable, message: "is not read, and no variable has a similar name", remedy: "remove it" }] : [];
  });
}

function isCloseTo(name: string, known: string): boolean {
  if (name.length < SHORTEST_NAME || known.length < SHORTEST_NAME) return false;
  const bare = (text: string) => text.replaceAll("_", "");
  if (distanceWithin(bare(name), bare(known), LARGEST_DISTANCE)) return true;
  return SHARED_PREFIXES.some((prefix) => name.startsWith(prefix)) && lacksOneWord(name, known);
}

/** `DB_TIMEOUT` for `DB_POOL_TIMEOUT`. */
function lacksOneWord(name: string, known: string): boolean {
  const words = known.split("_");
  return words.some((_, index) => words.toSpliced(index, 1).join("_") === name);
}

/** Whether so many insertions, deletions and replacements make one of the other. */
export function distanceWithin(one: string, other: string, limit: number): boolean {
  if (Math.abs(one.length - other.length) > limit) return false;
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line++) {
    const next = [line];
    for (let column = 1; column <= other.length; column++) {
      const same = one[line - 1] === other[column - 1] ? 0 : 1;
      const [above = 0, left = 0, corner = 0] = [row[column], next[column - 1], row[column - 1]];
      next.push(Math.min(above + 1, left + 1, corner + same));
    }
    if (Math.min(...next) > limit) return false;
    row = next;
  }
  return (row[other.length] ?? limit + 1) <= limit;
}
