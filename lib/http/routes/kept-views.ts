/** What is kept, as the contract says it. */
import type { KeptPart, KeptStatus } from "../../contract/kept.ts";
import type { Kept } from "../../kept/kept.ts";

export const keptPartOf = (seen: ReturnType<Kept["lately"]>): KeptPart => ({
  entries: seen.entries,
  served_stale_last_minute: seen.staleInLastMinute,
  oldest_served_seconds: seen.oldestSecondsInLastMinute,
});

export const keptStatusOf = (seen: ReturnType<Kept["figures"]>): KeptStatus => ({
  ...keptPartOf(seen),
  bytes: seen.bytes,
  answers: seen.answers,
});
