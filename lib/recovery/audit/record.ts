/** What one audit record is, and the hash that chains it to the one before. */

/** What somebody did or tried. Snake case, since it is shown and exported as it stands. */
export interface AuditEntry {
  /** Such as `restart`, `restart.outcome`, `restart.followed`, `breaker.override`. */
  readonly action: string;
  readonly actor: string;
  readonly source: "auto" | "manual";
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly decision: string;
  readonly policy_state: string | null;
  readonly override_reason: string | null;
  readonly outcome: string;
  /** What the record is about: a restart's id, a gate's name. */
  readonly subject: string | null;
  readonly reason: string | null;
}

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

/** Reads what a log holds; null where that is no record. */
export function parseRecord(text: string): AuditRecord | null {
  try {
    const found = JSON.parse(text) as Partial<AuditRecord> | null;
    return typeof found?.hash === "string" && typeof found.previous === "string" ? (found as AuditRecord) : null;
  } catch {
    return null;
  }
}

function bounded(entry: AuditEntry): AuditEntry {
  const texts = Object.entries(entry).map(([name, value]) => [name, value?.slice(0, LONGEST_TEXT) ?? null]);
  return Object.fromEntries(texts) as AuditEntry;
}
