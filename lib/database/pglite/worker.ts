/**
 * The thread that is the embedded PostgreSQL. Not imported: `engine` starts it. It lives in a thread because
 * PGlite blocks its event loop for as long as a statement runs.
 */
import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { JSON_OIDS, jsonOfBind, listBind } from "../wire/binds.ts";
import { leavesBehind } from "../wire/transactions.ts";
import { PARSERS } from "../wire/values.ts";
import type { EngineAnswer, EngineCall, EngineSetup } from "./engine.ts";

/** Written in the transaction of the preparation, so that a directory is prepared wholly or not at all. */
const MARKER = "tidegate_initialised";

/** There is one session for everybody: what changes it must not last, as it does not on a pooled connection. */
const UNDO: Readonly<Record<string, string>> = {
  BEGIN: "rollback",
  START: "rollback",
  SET: "reset all",
  COMMIT: "reset all",
  ROLLBACK: "reset all",
};

async function openDatabase(setup: EngineSetup): Promise<PGlite> {
  const database = await PGlite.create(setup.directory === undefined ? {} : { dataDir: setup.directory });
  // Instead of its own tables, not merged into them: the rows must be those of the other driver.
  database.parsers = { ...PARSERS };
  database.serializers = Object.fromEntries(JSON_OIDS.map((oid) => [oid, jsonOfBind as (bind: unknown) => string]));
  if (setup.initialise.length > 0) await prepare(database, setup.initialise);
  return database;
}

async function prepare(database: PGlite, sources: EngineSetup["initialise"]): Promise<void> {
  const marked = await database.query(`select 1 where to_regclass('public.${MARKER}') is not null`);
  if (marked.rows.length > 0) return;
  await database.transaction(async (transaction) => {
    for (const source of sources) {
      await transaction.exec("sql" in source ? source.sql : await readFile(new URL(source.file), "utf8"));
    }
    await transaction.exec(`create table public.${MARKER} (at timestamptz not null default now())`);
  });
}

/** Something is in the session that none of those words would undo. */
let isLeft = false;

const port = parentPort;
if (port === null) throw new Error("pglite worker: it must be started as a worker thread, it was imported");
const tell = (answer: EngineAnswer): void => port.postMessage(answer);

/** A vendor's error as plain values: an error of another thread loses its fields on the way. */
function failure(id: number, error: unknown): EngineAnswer {
  const { code, severity, routine } = error as { code?: string; severity?: string; routine?: string };
  return {
    id,
    kind: "failed",
    error: { message: String((error as Error)?.message ?? error), code, severity, routine },
  };
}

try {
  const database = await openDatabase(workerData as EngineSetup);
  tell({ id: 0, kind: "ready" });
  port.on("message", async (call: EngineCall) => {
    try {
      if (call.kind === "close") {
        await database.close();
        port.close();
        return;
      }
      const binds = call.binds.map((bind) =>
        typeof bind === "object" && bind !== null ? listBind(bind.literal, bind.json) : bind,
      );
      isLeft ||= leavesBehind(call.text);
      const { rows, command } = await database.query(call.text, binds);
      const undo = call.inTransaction ? undefined : isLeft ? "discard all" : UNDO[command ?? ""];
      if (undo !== undefined) {
        await database.exec(undo);
        isLeft = false;
      }
      tell({ id: call.id, kind: "rows", rows, command: command ?? "" });
    } catch (error) {
      tell(failure(call.id, error));
    }
  });
} catch (error) {
  tell(failure(0, error));
}
