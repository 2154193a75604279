/** Whether the audit is what was written: every record unchanged, none missing, none added in between. */
import { LOG_RECORDS_KEPT, type StoreLog } from "../../store/port.ts";
import { hashOf, NO_RECORD, parseRecord } from "./record.ts";

const PAGE = 200;

export interface AuditVerdict {
  readonly sound: boolean;
  readonly checked: number;
  /** Position of the oldest record that is still kept; more than 1 where older ones have been dropped. */
  readonly oldest: number;
  /** Records that were noted and are older than the oldest: gone, with as many younger ones as a log keeps. */
  readonly agedOut: number;
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
 * @param known Must still be there unchanged, which shows that neither end was cut off; those that a log no longer keeps,
 * since it keeps 10,000, are counted.
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
  let above: { readonly position: number; readonly previous: string | null } | null = null;
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
        // Of one that cannot be read nobody knows what it followed.
        if (above?.position === position + 1 && above.previous !== null && above.previous !== record.hash)
          faults.push(`record ${above.position} does not follow record ${position}`);
      }
      if (unseen.has(position)) {
        if (unseen.get(position) !== record?.hash) faults.push(`record ${position} is not the one that was noted`);
        unseen.delete(position);
      }
      head ??= { position, hash: record?.hash ?? "" };
      above = { position, previous: record?.previous ?? null };
      oldest = position;
      checked += 1;
    }
    const last = page.at(-1);
    if (!last) break;
    before = last.position;
  }
  if (above?.position === 1 && above.previous !== NO_RECORD)
    faults.push("record 1 is not the first one that was written");
  const gone = [...unseen.keys()].sort((one, other) => other - one);
  const isFull = checked >= LOG_RECORDS_KEPT;
  const lost = isFull ? gone.filter((position) => position >= oldest) : gone;
  faults.push(...runsOf(lost).map((run) => `${run} noted, and ${run.includes(" to ") ? "are" : "is"} gone`));
  return { sound: faults.length === 0, checked, oldest, agedOut: gone.length - lost.length, head, faults };
}

/** Of positions from the highest down: `record 240 was`, `records 1 to 300 were`. */
function runsOf(positions: readonly number[]): string[] {
  const runs: { from: number; readonly to: number }[] = [];
  for (const position of positions) {
    const run = runs.at(-1);
    if (run && run.from === position + 1) run.from = position;
    else runs.push({ from: position, to: position });
  }
  return runs.map(({ from, to }) => (from === to ? `record ${from} was` : `records ${from} to ${to} were`));
}
