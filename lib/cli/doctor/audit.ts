/** Whether the audit outlives the process, and its file can be written: without one, nothing is restarted. */
import { constants } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config } from "../../config.ts";
import { mayAuditEnd } from "../../recovery/recovery.ts";
import type { Runtime } from "../../runtime.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const ABOUT = "audit";

export async function checkAudit({ app, store, audit }: Config, runtime: Runtime): Promise<readonly Check[]> {
  if (store.kind !== "memory") return [];
  if (audit.file !== null) return [await fileCheck(resolve(audit.file), runtime)];
  if (mayAuditEnd(app.env)) return [ok(ABOUT, "ends with the process, as development and testing may")];
  const found = "would end with the process, so that restarts are refused";
  return [warn(ABOUT, found, "set AUDIT_FILE, or a STATE_URL that is shared")];
}

async function fileCheck(path: string, runtime: Runtime): Promise<Check> {
  try {
    await tryToWrite(path, runtime);
    return ok(ABOUT, `goes to ${path}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return fail(
      ABOUT,
      `cannot be written to ${path} (${code ?? message}), so that restarts are refused`,
      "name a file in AUDIT_FILE that the application's user may write, on a disk that stays",
    );
  }
}

/** Opened as the application opens it, but not made: in its place something else is, for a moment. */
async function tryToWrite(path: string, runtime: Runtime): Promise<void> {
  try {
    // Another end that nobody reads would be waited for.
    const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) throw new Error("it is no file");
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const scratch = `${path}.doctor-${runtime.uuid()}`;
    await (await open(scratch, "wx", 0o600)).close();
    await unlink(scratch);
  }
}
