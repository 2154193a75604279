/** An entry of the audit, for tests that write or spoil one. */
import type { AuditEntry } from "../../lib/recovery/audit/record.ts";

export const AT = "2026-01-01T00:00:00.000Z";

export const AUDIT_ENTRY: AuditEntry = {
  action: "restart",
  actor: "ada",
  kind: "token",
  sub: null,
  actor_name: null,
  actor_name_verified: null,
  source: "manual",
  ip: null,
  user_agent: null,
  request_id: null,
  decision: "allowed",
  policy_state: "allowed",
  override_reason: null,
  outcome: "pending",
  subject: "r1",
  reason: "it hangs",
};
