/**
 * The audit: who did what, written before it is done.
 *
 * Map of this folder: `record` is one record and its hash, `verify` reads the whole chain and says where it is broken.
 */
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import type { StoreLog } from "../../store/port.ts";
import { sleep, withDeadline } from "../../time.ts";
import { type AuditEntry, type AuditRecord, chain, NO_RECORD, parseRecord } from "./record.ts";

/** Writers that were faster, in a row. */
const ATTEMPTS = 50;
const LONGEST_PAUSE_MS = 20;
const NEWEST = Number.MAX_SAFE_INTEGER;
/** The console waits for the last records, and looks again every 5 s. */
const READ_WITHIN_MS = 3_000;

export interface Audit {
  /**
   * Appends one record. What is returned is as durable as its log.
   *
   * @throws Error where it could not be written in time; then nothing may be done that it would have told of.
   */
  write(entry: AuditEntry): Promise<AuditRecord>;
  /**
   * Newest first, those before `before`; fewer than `limit` only where there are no more.
   *
   * @throws Error where the log does not answer in time.
   */
  read(before: number | undefined, limit: number): Promise<readonly AuditRow[]>;
}

/** In the place of a record that is none any more. */
export interface DamagedRecord {
  readonly position: number;
  readonly damaged: true;
}
export type AuditRow = AuditRecord | DamagedRecord;

export const isDamaged = (row: AuditRow): row is DamagedRecord => "damaged" in row;

export interface AuditOptions {
  readonly records: StoreLog;
  /** Of the log in the store. */
  readonly name: string;
  /** Longest that a record may take to be written, in milliseconds. */
  readonly deadlineMs: number;
  /** Keeps secrets out of what people typed. */
  readonly redact: <Value>(value: Value) => Value;
  readonly runtime: Runtime;
  /** Told of each record that could not be written. */
  readonly failed?: (() => void) | undefined;
  /** Hears of every head, so that a log that was cut short shows. */
  readonly log: EventLog;
}

export function createAudit({ records, name, deadlineMs, redact, runtime, failed, log }: AuditOptions): Audit {
  const append = async (entry: AuditEntry, giveUpAt: number): Promise<AuditRecord> => {
    for (let attempt = 0; attempt < ATTEMPTS && runtime.monotonicMs() < giveUpAt; attempt++) {
      const [head] = await records.read(name, NEWEST, 1);
      const last = head ? parseRecord(head.record) : null;
      // A head that is no record breaks the chain, and the next one says so by naming no hash that fits.
      const previous = last?.hash ?? NO_RECORD;
      const at = new Date(runtime.wallMs()).toISOString();
      const record = await chain(entry, (head?.position ?? 0) + 1, at, previous);
      if ((await records.append(name, JSON.stringify(record), head?.position ?? 0)).appended) return record;
      await sleep(runtime, runtime.random() * LONGEST_PAUSE_MS);
    }
    throw new Error(
      `write an audit record: ${ATTEMPTS} attempts or ${deadlineMs} ms were not enough; others were faster`,
    );
  };

  const rowsOf = async (before: number, limit: number): Promise<readonly AuditRow[]> =>
    (await records.read(name, before, limit)).map(({ position, record }) => {
      const read = parseRecord(record);
      // Elsewhere than where it was written it is no record of this place.
      return read?.position === position ? read : { position, damaged: true };
    });

  return {
    write: async (entry) => {
      const giveUpAt = runtime.monotonicMs() + deadlineMs;
      const late = `write an audit record: it took longer than ${deadlineMs} ms; nothing is done`;
      const refuse = () => new Error(late);
      const written = withDeadline(append(redact(entry), giveUpAt), { ms: deadlineMs, runtime, refuse });
      const record = await written.catch((error: unknown) => {
        failed?.();
        throw error;
      });
      log.info("audit.recorded", { ...record });
      return record;
    },
    read: (before = NEWEST, limit) => {
      const late = `read the audit: its log must answer within ${READ_WITHIN_MS} ms, and did not; ask again`;
      return withDeadline(rowsOf(before, limit), { ms: READ_WITHIN_MS, runtime, refuse: () => new Error(late) });
    },
  };
}
