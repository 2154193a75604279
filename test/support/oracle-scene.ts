/**
 * A driver that does what a test says, in the place of node-oracledb: no Oracle server can be started by the tests, so
 * what happens after logging on is shown with this one, which keeps the driver's habits as its source has them.
 */
import type { Bind } from "../../lib/database/oracle/binds.ts";
import { type OracleOptions, openOracle } from "../../lib/database/oracle/database.ts";
import type { Dial, Session } from "../../lib/database/oracle/session.ts";
import type { Database, DatabaseSettings } from "../../lib/database/port.ts";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";
import { SETTINGS } from "./execution.ts";

export const GRACE_MS = 200;
export const runtime = systemRuntime();

/** An error as the driver throws it. */
export function vendorError(code: string, message = ""): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

export interface RunningStatement {
  readonly text: string;
  readonly binds: readonly Bind[];
  readonly autoCommit: boolean;
  finish(rows?: Record<string, unknown>[]): void;
  fail(error: Error): void;
}

/** One connection as the server sees it. */
export interface ScriptedConnection {
  /** What runs; a session runs one statement at a time. */
  running: RunningStatement | undefined;
  interrupts: number;
  /** Texts in the order of their arrival. */
  readonly sent: string[];
  cursor: "open" | "closed" | undefined;
  /** How it was ended. */
  ended: "cut" | "closed" | undefined;
  inTransaction: boolean;
  healthy: boolean;
}

export interface OracleScene {
  readonly database: Database;
  readonly connections: ScriptedConnection[];
  /** From now on the server answers neither a break nor a goodbye. */
  deafen(): void;
}

export function oracleScene(
  settings: Partial<DatabaseSettings> = {},
  options: OracleOptions = {},
  clock: Runtime = runtime,
): OracleScene {
  const connections: ScriptedConnection[] = [];
  let deaf = false;

  function sessionOf(connection: ScriptedConnection): Session {
    const send = (text: string, binds: readonly Bind[], autoCommit = false) =>
      new Promise<Record<string, unknown>[]>((resolve, reject) => {
        connection.sent.push(text);
        const over = (settle: () => void): void => {
          connection.running = undefined;
          settle();
        };
        connection.running = {
          text,
          binds,
          autoCommit,
          finish: (rows = []) => over(() => resolve(rows)),
          fail: (error) => over(() => reject(error)),
        };
      });
    return {
      execute: send,
      openCursor: async (text, binds) => {
        await send(text, binds);
        connection.cursor = "open";
      },
      nextRows: (batchRows) => send(`fetch ${batchRows}`, []),
      closeCursor: async () => {
        if (connection.cursor !== undefined) connection.cursor = "closed";
      },
      commit: async () => {
        await send("commit", []);
      },
      rollback: async () => {
        await send("rollback", []);
      },
      interrupt: async () => {
        connection.interrupts += 1;
        if (!deaf) connection.running?.fail(vendorError("ORA-01013", "user requested cancel"));
      },
      healthy: () => connection.healthy,
      inTransaction: () => connection.inTransaction,
      close: () => {
        // As in the driver: a goodbye waits for what runs, then for the server.
        if (deaf || connection.running !== undefined) return new Promise(() => {});
        connection.ended ??= "closed";
        connection.healthy = false;
        return Promise.resolve();
      },
    };
  }

  const dial: Dial = async () => {
    const connection: ScriptedConnection = {
      running: undefined,
      interrupts: 0,
      sent: [],
      cursor: undefined,
      ended: undefined,
      inTransaction: false,
      healthy: true,
    };
    connections.push(connection);
    const cut = (): void => {
      connection.ended ??= "cut";
      connection.healthy = false;
      connection.running?.fail(vendorError("NJS-500", "connection was closed or broken"));
    };
    return { session: Promise.resolve(sessionOf(connection)), cut };
  };

  const target = { user: "app", password: "p", connectString: "h/s", address: "oracle://h/s", secrets: ["p"] };
  const database = openOracle(target, { graceMs: GRACE_MS, ...options }, { ...SETTINGS, ...settings }, clock, dial);
  return {
    database,
    connections,
    deafen: () => {
      deaf = true;
    },
  };
}
