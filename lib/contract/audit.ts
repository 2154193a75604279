/** Who did what: a page of the audit. */
import * as v from "valibot";
import type { Payload } from "./contract.ts";
import { count, isoTime } from "./values.ts";

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const auditSchema = v.strictObject({
  records: v.array(
    v.strictObject({
      action: v.string(),
      actor: v.string(),
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
      position: count,
      at: isoTime,
      previous: sha256,
      hash: sha256,
    }),
  ),
  next_cursor: v.nullable(v.string()),
});
export type AuditPage = Payload<typeof auditSchema>;
