/** Who asks, and that he is nobody any more. */
import * as v from "valibot";
import type { Payload } from "./contract.ts";
import { isoTime } from "./values.ts";

export const sessionSchema = v.strictObject({
  name: v.string(),
  kind: v.picklist(["token", "jwt", "access", "session"]),
  expires_at: v.nullable(isoTime),
  csrf_token: v.nullable(v.string()),
});
export type SessionPayload = Payload<typeof sessionSchema>;

export const signedOutSchema = v.strictObject({ signed_out: v.literal(true) });
export type SignedOut = Payload<typeof signedOutSchema>;
