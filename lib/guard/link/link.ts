/**
 * The instance's link to its gate: its session there, its ids, its batches.
 *
 * Map of this folder: `port` is what the rest of the guard sees, `link` (this file) chooses; `near` is the link to a gate in this
 * process, `far` the one to a gate elsewhere. Both keep `ids` and an `acquaintance`; the far one has an `outbox` for what
 * has to go with the next batch, `letters` for the batches under way, `standing` for what the instance holds,
 * `knowledge` of the shared gate for the time without it, `absence` for its losing and returning, and for that time a
 * `share` of the capacity.
 */
import { createFarLink } from "./far.ts";
import { createNearLink } from "./near.ts";
import type { Link, LinkOptions } from "./port.ts";

export function createLink(options: LinkOptions): Link {
  return options.store.traits.inProcess ? createNearLink(options) : createFarLink(options);
}
