/** The audit as a log that can be read: of a running application, page by page, or of a file. */
import { readFile } from "node:fs/promises";
import type { AuditPage } from "../../contract/audit.ts";
import { recordsIn } from "../../node/audit-file.ts";
import type { StoreLog } from "../../store/port.ts";
import { CommandError, EXIT, wrongUsage } from "../command.ts";
import type { Server } from "../server.ts";

/** What is only read of a log. */
export type Records = Pick<StoreLog, "read">;

/** The contract's largest page. */
export const LARGEST_PAGE = 200;

export const page = (server: Server, before: number | null, limit: number): Promise<AuditPage> =>
  server.get<AuditPage>(`/admin/api/audit?limit=${limit}${before === null ? "" : `&cursor=${before}`}`);

/** What is no record any more stands there as a text that is none. */
export function recordsOf(server: Server): Records {
  return {
    read: async (_, before, limit) => {
      const newest = before === Number.MAX_SAFE_INTEGER;
      const { records, damaged } = await page(server, newest ? null : before, Math.min(limit, LARGEST_PAGE));
      // Otherwise an answer that repeats itself would be read for ever.
      if (!records.every(({ position }, at) => position < (records[at - 1]?.position ?? before))) {
        const remedy = "Verify the file or the store's own log, where it is kept: somebody has written into it.";
        throw new CommandError(EXIT.finding, "The audit's records do not come in their order.", remedy);
      }
      return [
        ...records.map((record) => ({ position: record.position, record: JSON.stringify(record) })),
        ...(damaged ?? []).map((position) => ({ position, record: "" })),
      ].sort((one, other) => other.position - one.position);
    },
  };
}

export interface AuditLines {
  readonly records: Records;
  /** What a crash has left after the last whole line: never answered for, and cut off by the next start. */
  readonly leftOver: boolean;
}

/** @throws CommandError where the file cannot be read. */
export async function linesOf(path: string): Promise<AuditLines> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw wrongUsage(`--file: ${path} cannot be read (${error.code}).`, "Name the application's AUDIT_FILE.");
  });
  const { records, size } = recordsIn(bytes);
  const read: Records["read"] = (_, before, limit) =>
    records
      .filter(({ position }) => position < before)
      .slice(-limit)
      .reverse();
  return { records: { read }, leftOver: size < bytes.byteLength };
}
