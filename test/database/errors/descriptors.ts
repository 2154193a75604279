/** A process of its own that has opened all files it may, and then asks its database. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DatabaseError, type Fault } from "../../../lib/database/port.ts";
import { SETTINGS } from "../../support/execution.ts";

/**
 * @param driver its file in `lib/database`, and what that exports.
 * @returns what the database threw there.
 */
export async function withoutDescriptors(driver: string, adapter: string, url: string): Promise<DatabaseError> {
  const lib = (path: string) => JSON.stringify(new URL(`../../../lib/${path}`, import.meta.url).href);
  const script = `
    import { openSync } from "node:fs";
    import { ${adapter} } from ${lib(`database/${driver}`)};
    import { sql } from ${lib("database/sql.ts")};
    import { systemRuntime } from ${lib("runtime.ts")};
    const runtime = systemRuntime();
    const db = ${adapter}(${JSON.stringify(url)}).open(${JSON.stringify(SETTINGS)}, runtime);
    const by = runtime.monotonicMs() + 60000;
    const conditions = { lane: "request", deadlineMs: 9000, connectBy: by, startBy: by, signal: new AbortController().signal };
    // Once before, so that everything is loaded.
    await db.query(sql\`select 1\`, conditions).catch(() => {});
    try { for (;;) openSync("/dev/null"); } catch {}
    const error = await db.query(sql\`select 1\`, conditions).catch((caught) => caught);
    const { message, code } = error.vendorError();
    console.log(JSON.stringify({ fault: error.fault, message, code }));
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(
    "sh",
    ["-c", 'ulimit -n 60 && exec "$0" --input-type=module -e "$1"', process.execPath, script],
    { timeout: 60_000 },
  );
  const { fault, message, code } = JSON.parse(stdout) as { fault: Fault; message: string; code: string };
  return new DatabaseError(fault, message, { vendorCode: code, cause: Object.assign(new Error(message), { code }) });
}
