/** Whether the audit is what was written: every record unchanged, none missing, none added in between. */
import type { StoreLog } from "../../store/port.ts";
import { hashOf, NO_RECORD, parseRecord } from "./record.ts";

const PAGE = 200;

export interface AuditVerdict {
  readonly sound: boolean;
  readonly checked: number;
  /** Position of the oldest record that is still kept; more than 1 where older ones have been dropped. */
  readonly oldest: number;
  readonly head: { readonly position: number; readonly hash: string } | null;
  /** Sentences for people, newest first. */
  readonly faults: readonly string[];
}

/** A head that somebody noted elsewhere, such as from the structured log. */
export interface KnownHead {
  readonly position: number;
  readonly hash: string;
}

/**
 * @param known Must still be there unchanged, which shows that the end was not cut off.
 * @example
 * ```ts
 * const { sound, faults } = await verifyAudit(store.log, "tidegate:app:audit");
 * ```
 */
export async function verifyAudit(
  records: Pick<StoreLog, "read">,
  name: string,
  known: readonly KnownHead[] = [],
): Promise<AuditVerdict> {
  const faults: string[] = [];
  const unseen = new Map(known.map(({ position, hash }) => [position, hash]));
  let head: AuditVerdict["head"] = null;
  /** What the record above says of the one to come. */
  let above: { readonly position: number; readonly previous: string } | null = null;
  let checked = 0;
  let oldest = 0;

  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = await records.read(name, before, PAGE);
    for (const { position, record: text } of page) {
      const record = parseRecord(text);
      if (above && above.position !== position + 1)
        faults.push(`records ${position + 1} to ${above.position - 1} are missing`);
      if (!record) faults.push(`record ${position} cannot be read`);
      else {
        if (record.hash !== (await hashOf(record))) faults.push(`record ${position} was changed`);
        if (record.position !== position) faults.push(`record ${position} says that it is record ${record.position}`);
        if (above?.position === position + 1 && above.previous !== record.hash)
          faults.push(`record ${above.position} does not follow record ${position}`);
      }
      if (unseen.has(position)) {
        if (unseen.get(position) !== record?.hash) faults.push(`record ${position} is not the one that was noted`);
        unseen.delete(position);
      }
      head ??= { position, hash: record?.hash ?? "" };
      above = { position, previous: record?.previous ?? "" };
      oldest = position;
      checked += 1;
    }
    const last = page.at(-1);
    if (!last) break;
    before = last.position;
  }
  if (above?.position === 1 && above.previous !== NO_RECORD)
    faults.push("record 1 is not the first one that was written");
  for (const position of unseen.keys()) {
    if (position >= oldest) faults.push(`record ${position} was noted, and is gone`);
  }
  return { sound: faults.length === 0, checked, oldest, head, faults };
}
