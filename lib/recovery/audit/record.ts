/** What one audit record is, and the hash that chains it to the one before. */
import { flag, fromJson, natural, object, oneOf, orNone, orNull, type Shape, shape, text } from "../../shape.ts";
import type { Login } from "../ledger/attempt.ts";

/** What somebody did or tried. Snake case, since it is shown and exported as it stands. */
export interface AuditEntry {
  /** Such as `restart`, `restart.outcome`, `restart.followed`, `breaker.override`, `kept.forget`. */
  readonly action: string;
  /** A token's name, `ISSUER#SUBJECT`, or who works by itself. Never what somebody may call himself. */
  readonly actor: string;
  /** How that was shown; null where no person asked. */
  readonly kind: Login["kind"] | null;
  /** The issuer's own name for the person; null where no issuer was asked. */
  readonly sub: string | null;
  /** What people call the person, for display alone. */
  readonly actor_name: string | null;
  /** False: anybody may have chosen it; null where there is none. */
  readonly actor_name_verified: boolean | null;
  readonly source: "auto" | "manual";
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly decision: string;
  readonly policy_state: string | null;
  readonly override_reason: string | null;
  readonly outcome: string;
  /** What the record is about: a restart's id, a gate's name, what was forgotten. */
  readonly subject: string | null;
  readonly reason: string | null;
  /** How many refused attempts it stands for, where those of one actor were told together; `first_at` to `last_at`. */
  readonly count?: number;
  readonly first_at?: string;
  readonly last_at?: string;
}

/** Who it was, as a record has it. */
export function actorPart(actor: string, login: Login | null): Pick<AuditEntry, ActorField> {
  return {
    actor,
    kind: login?.kind ?? null,
    sub: login?.sub ?? null,
    actor_name: login?.displayName ?? null,
    actor_name_verified: login?.displayName ? login.isNameVerified : null,
  };
}
type ActorField = "actor" | "kind" | "sub" | "actor_name" | "actor_name_verified";

export interface AuditRecord extends AuditEntry {
  /** Counts from 1 without gaps. */
  readonly position: number;
  /** Wall clock of the writer, ISO 8601. */
  readonly at: string;
  /** Hash of the record before; of the first one {@link NO_RECORD}. */
  readonly previous: string;
  /** SHA-256 over everything above, in lower-case hexadecimal. */
  readonly hash: string;
}

export const NO_RECORD: string = "0".repeat(64);

const LONGEST_TEXT = 500;

export async function chain(entry: AuditEntry, position: number, at: string, previous: string): Promise<AuditRecord> {
  const unsigned = { ...bounded(entry), position, at, previous };
  return { ...unsigned, hash: await hashOf(unsigned) };
}

/** Of a record, or of what it is going to be. Its names are sorted, so that their order means nothing. */
export async function hashOf(record: Omit<AuditRecord, "hash">): Promise<string> {
  const { hash: _, ...content } = record as AuditRecord;
  const sorted = Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(sorted)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HASH = /^[\da-f]{64}$/;
const time = shape<string>((found) => text(found) && TIME.test(found) && !Number.isNaN(Date.parse(found)));
const hash = shape<string>((found) => text(found) && HASH.test(found));

/** Older releases have written none of what may be missing. */
const auditRecord = object({
  action: text,
  actor: text,
  kind: orNone(orNull(oneOf(["token", "jwt", "access", "session"]))),
  sub: orNone(orNull(text)),
  actor_name: orNone(orNull(text)),
  actor_name_verified: orNone(orNull(flag)),
  source: oneOf(["auto", "manual"]),
  ip: orNull(text),
  user_agent: orNull(text),
  request_id: orNull(text),
  decision: text,
  policy_state: orNull(text),
  override_reason: orNull(text),
  outcome: text,
  subject: orNull(text),
  reason: orNull(text),
  count: orNone(natural),
  first_at: orNone(time),
  last_at: orNone(time),
  position: natural,
  at: time,
  previous: hash,
  hash,
}) as Shape<AuditRecord>;

/** Reads what a log holds; null where that is no record. */
export function parseRecord(found: unknown): AuditRecord | null {
  const record = fromJson(found);
  return auditRecord(record) ? record : null;
}

function bounded(entry: AuditEntry): AuditEntry {
  const cut = (value: unknown) => (typeof value === "string" ? value.slice(0, LONGEST_TEXT) : (value ?? null));
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, cut(value)])) as unknown as AuditEntry;
}
