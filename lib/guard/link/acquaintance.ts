/** How well an instance and a gate know each other: its session there, the gate's life, the highest numbers heard. */
import type { Opening } from "../../gate/commands.ts";
import type { BatchReply } from "../../gate/replies.ts";
import type { About } from "../../gate/types.ts";

/** `older`: from a life that is over; what it grants is worth nothing. `unknown`: nothing was done, open a session. */
export type News = "current" | "older" | "unknown";

export interface Acquaintance {
  /** What the next batch has to open with; null where the session is open. */
  readonly opens: () => Opening | null;
  /** @param opened What the batch opened with that is answered here. */
  readonly hear: (reply: BatchReply, opened: Opening | null) => News;
}

export function createAcquaintance(about: About): Acquaintance {
  let heard = { life: 0, generation: 0, overrideVersion: 0 };
  let opens: Opening | null = { ...heard, life: null, about };

  return {
    opens: () => opens,
    hear: (reply, opened) => {
      if (!reply.known) {
        opens = { ...heard, life: reply.life, about };
        return "unknown";
      }
      // A life that was opened by its name is the present one, also where the new store's clock is behind the old one's.
      const named = opened?.life === reply.life;
      if (reply.life < heard.life && !named) return "older";
      const first = heard.life === 0;
      const moved = !first && reply.life !== heard.life;
      heard = {
        life: reply.life,
        generation: Math.max(heard.generation, reply.generation),
        overrideVersion: Math.max(heard.overrideVersion, reply.overrideVersion),
      };
      // The first batch opened naming no life; if another one answers since, it has to be opened by its name.
      opens = moved && !named ? { ...heard, about } : null;
      return "current";
    },
  };
}
