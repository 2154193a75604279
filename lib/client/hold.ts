/** Until when a service wants no calls: kept for each origin, known to every tab of the page's own. */
import type { Runtime } from "../runtime.ts";
import type { SharedTexts } from "./browser.ts";
import { at, textAt } from "./error.ts";
import { LONGEST_HINT_MS } from "./hint.ts";

export interface Hold {
  /** Milliseconds since 1970: tabs share no other clock. */
  readonly until: number;
  readonly code: string | null;
  readonly message: string;
}

export interface Holds {
  /** The one that is on; null where calls may go. */
  of(origin: string): Hold | null;
  /** Lasts at least as long as one that is on already. */
  begin(origin: string, ms: number, why: Omit<Hold, "until">): Hold;
  /** Told what another tab began. */
  watch(listener: (origin: string, hold: Hold) => void): void;
}

const PREFIX = "tidegate:hold:";

export function createHolds(texts: SharedTexts, { wallMs }: Runtime): Holds {
  const current = (text: string | null): Hold | null => {
    const hold = parsed(text);
    const leftMs = hold === null ? 0 : hold.until - wallMs();
    // What ends later was written before the clock was set back, or by somebody else.
    return leftMs > 0 && leftMs <= LONGEST_HINT_MS ? hold : null;
  };
  const of = (origin: string) => current(texts.read(PREFIX + origin));
  return {
    of,
    begin: (origin, ms, why) => {
      const hold = { until: Math.max(wallMs() + Math.min(ms, LONGEST_HINT_MS), of(origin)?.until ?? 0), ...why };
      texts.write(PREFIX + origin, JSON.stringify(hold));
      return hold;
    },
    watch: (listener) =>
      texts.watch((key, text) => {
        const hold = key.startsWith(PREFIX) ? current(text) : null;
        if (hold) listener(key.slice(PREFIX.length), hold);
      }),
  };
}

function parsed(text: string | null): Hold | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    const until = at(value, "until");
    if (typeof until !== "number") return null;
    return { until, code: textAt(value, "code"), message: textAt(value, "message") ?? "" };
  } catch {
    return null;
  }
}
