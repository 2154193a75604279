/** Kept answers as monitors and operators see them: those of the instance that answers. */
import * as v from "valibot";
import type { Payload } from "./contract.ts";
import { count } from "./values.ts";

export const keptPart = v.strictObject({
  entries: v.pipe(count, v.description("Kept answers at hand.")),
  served_stale_last_minute: v.pipe(count, v.description("Those that stood in for a new one in the last 60 s.")),
  oldest_served_seconds: v.pipe(count, v.description("Age of the oldest of these; 0 where there are none.")),
});
export type KeptPart = Payload<typeof keptPart>;

/** The same with what is counted since the instance began. */
export const keptStatus = v.strictObject({
  ...keptPart.entries,
  bytes: count,
  answers: v.pipe(
    v.strictObject({ loaded: count, fresh: count, refreshing: count, shared: count, stale: count, missing: count }),
    v.description("Since the instance began, by how they came about."),
  ),
});
export type KeptStatus = Payload<typeof keptStatus>;

export const forgottenSchema = v.strictObject({ by: v.picklist(["key", "tag", "prefix"]), value: v.string() });
export type Forgotten = Payload<typeof forgottenSchema>;
