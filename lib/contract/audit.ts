/** Who did what: a page of the audit. */
import * as v from "valibot";
import type { Payload } from "./contract.ts";
import { count, isoTime } from "./values.ts";

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const auditSchema = v.strictObject({
  records: v.array(
    v.strictObject({
      action: v.string(),
      actor: v.pipe(v.string(), v.description("A token's name, or `ISSUER#SUBJECT`.")),
      kind: v.optional(v.nullable(v.picklist(["token", "jwt", "access", "session"]))),
      sub: v.optional(v.nullable(v.string())),
      actor_name: v.optional(v.nullable(v.pipe(v.string(), v.description("For display alone.")))),
      actor_name_verified: v.optional(v.nullable(v.boolean())),
      source: v.picklist(["auto", "manual"]),
      ip: v.nullable(v.string()),
      user_agent: v.nullable(v.string()),
      request_id: v.nullable(v.string()),
      decision: v.string(),
      policy_state: v.nullable(v.string()),
      override_reason: v.nullable(v.string()),
      outcome: v.string(),
      subject: v.nullable(v.string()),
      reason: v.nullable(v.string()),
      count: v.optional(v.pipe(count, v.description("How many refused attempts it stands for."))),
      first_at: v.optional(isoTime),
      last_at: v.optional(isoTime),
      position: count,
      at: isoTime,
      previous: sha256,
      hash: sha256,
    }),
  ),
  damaged: v.pipe(v.array(count), v.description("Positions in this page where there is no record any more.")),
  next_cursor: v.nullable(v.string()),
});
export type AuditPage = Payload<typeof auditSchema>;
