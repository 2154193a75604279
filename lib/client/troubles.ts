/** Which gates were degraded and have not answered since, as one tab has heard of it. */
import type { Runtime } from "../runtime.ts";
import { MOST_REMEMBERED } from "./addresses.ts";
import { LONGEST_HINT_MS } from "./hint.ts";
import { type Holds, MAIN_GATE } from "./hold.ts";

export interface Troubles {
  begin(origin: string, gate: string, until: number): void;
  /** Whether this tab has heard of the hold that ends then. */
  knows(origin: string, gate: string, until: number): boolean;
  /** @returns Those that an answer from this address ends: it is the first that they have given since. */
  end(url: URL): readonly string[];
}

export function createTroubles(holds: Holds, { wallMs }: Runtime): Troubles {
  /** By origin and gate, when the hold of the last refusal ends. */
  const troubles = new Map<string, number>();
  return {
    begin: (origin, gate, until) => {
      const key = `${origin} ${gate}`;
      troubles.delete(key);
      troubles.set(key, until);
      const [oldest = key] = troubles.keys();
      if (troubles.size > MOST_REMEMBERED) troubles.delete(oldest);
    },
    knows: (origin, gate, until) => troubles.get(`${origin} ${gate}`) === until,
    end: (url) => {
      const known = holds.gatesOf(url);
      /** Others stand before this address, and it is not known whether the main one does. */
      const othersOnly = known.length > 0 && !known.includes(MAIN_GATE);
      return [...new Set([MAIN_GATE, ...known])].filter((gate) => {
        const key = `${url.origin} ${gate}`;
        const until = troubles.get(key);
        // An answer to a call that was out before is no news.
        if (until === undefined || holds.of(url.origin, gate)) return false;
        // It held these calls too, and may not be asked for anything else here: its trouble must not last for ever.
        if (gate === MAIN_GATE && othersOnly && wallMs() < until + LONGEST_HINT_MS) return false;
        return troubles.delete(key);
      });
    },
  };
}
