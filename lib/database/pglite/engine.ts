/**
 * One life of the embedded database, seen from the main thread: started, asked one statement at a time, ended. A new
 * life is a new engine; what was pending in the old one is rejected, never lost.
 */
import { Worker } from "node:worker_threads";
import { withoutPackage } from "../driver-package.ts";
import { DatabaseError } from "../port.ts";
import type { Bind } from "../wire/binds.ts";
import { toPgliteError } from "./errors.ts";

/** What the thread runs. */
export const PACKAGE = "@electric-sql/pglite";

/** SQL as text, or the address of a file that holds it. */
export type SqlSource = { readonly sql: string } | { readonly file: string };

export interface EngineSetup {
  /** Undefined: in memory. */
  readonly directory: string | undefined;
  readonly initialise: readonly SqlSource[];
}

export type EngineCall =
  | {
      readonly id: number;
      readonly kind: "run";
      /** What it changes in the session stays until the transaction ends. */
      readonly inTransaction: boolean;
      readonly text: string;
      readonly binds: readonly (string | null | { readonly literal: string; readonly json: string })[];
    }
  | { readonly id: number; readonly kind: "close" };

/** `id` 0 belongs to the start. */
export type EngineAnswer =
  | { readonly id: 0; readonly kind: "ready" }
  | { readonly id: number; readonly kind: "rows"; readonly rows: unknown[]; readonly command: string }
  | {
      readonly id: number;
      readonly kind: "failed";
      readonly error: {
        readonly message: string;
        readonly code: string | undefined;
        readonly severity: string | undefined;
        readonly routine: string | undefined;
      };
    };

export interface Reply {
  readonly rows: unknown[];
  /** The first word of the command tag, such as `SELECT`. */
  readonly command: string;
}

export interface Engine {
  /** Rejects with `connection` when the database could not be started or prepared. */
  readonly ready: Promise<void>;
  alive(): boolean;
  isReady(): boolean;
  run(text: string, binds: readonly Bind[], inTransaction?: boolean): Promise<Reply>;
  /** Whether the thread keeps the process alive. It does so only while somebody waits for it. */
  hold(held: boolean): void;
  /** Lets the database write and close; resolves when the thread has ended. */
  close(): Promise<void>;
  /** Ends the thread in the midst of whatever it does. */
  kill(): Promise<void>;
}

interface Pending {
  resolve(reply: Reply): void;
  reject(error: DatabaseError): void;
}

// The same source runs as it stands and compiled.
const WORKER_URL = new URL(`./worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

export function startEngine(setup: EngineSetup): Engine {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let alive = true;
  let isReady = false;
  const worker = new Worker(WORKER_URL, { workerData: setup, name: "tidegate-pglite" });
  worker.unref();

  const started = (resolve: () => void): void => {
    isReady = true;
    resolve();
  };
  const ready = new Promise<void>((resolve, reject) => pending.set(0, { resolve: () => started(resolve), reject }));
  // Whoever waits sees the rejection; a start that nobody waits for any more must not end the process.
  ready.catch(() => {});
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));

  function fail(cause: unknown): void {
    alive = false;
    const ended = new DatabaseError("connection", "The embedded database has ended.", { cause });
    const missing = withoutPackage(cause, "pglite", PACKAGE);
    const error = missing instanceof DatabaseError ? missing : ended;
    for (const waiter of pending.values()) waiter.reject(error);
    pending.clear();
  }
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`pglite: its thread ended with code ${code}`)));
  worker.on("messageerror", fail);
  worker.on("message", (answer: EngineAnswer) => {
    const waiter = pending.get(answer.id);
    pending.delete(answer.id);
    if (answer.kind !== "failed") return waiter?.resolve(answer.kind === "rows" ? answer : { rows: [], command: "" });
    const { message, ...fields } = answer.error;
    const cause = Object.assign(new Error(message), fields);
    if (answer.id !== 0 && fields.code !== undefined) return waiter?.reject(toPgliteError(cause));
    // An error without a SQLSTATE comes from the WebAssembly machine itself: what it would answer next is not to be trusted.
    alive = false;
    const what = answer.id === 0 ? "could not be started" : "has ended";
    waiter?.reject(new DatabaseError("connection", `The embedded database ${what}.`, { cause }));
    void worker.terminate();
  });

  function send(call: EngineCall): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (!alive) return reject(new DatabaseError("connection", "The embedded database has ended."));
      pending.set(call.id, { resolve, reject });
      worker.postMessage(call);
    });
  }

  return {
    ready,
    alive: () => alive,
    isReady: () => isReady,
    run: (text, binds, inTransaction = false) => {
      lastId += 1;
      // Functions do not cross threads.
      const plain = binds.map((bind) =>
        typeof bind === "object" && bind !== null ? { literal: bind.literal, json: bind.json } : bind,
      );
      return send({ id: lastId, kind: "run", inTransaction, text, binds: plain });
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
    close: async () => {
      // Its end is waited for now, also by a process that has nothing else to do.
      worker.ref();
      lastId += 1;
      send({ id: lastId, kind: "close" }).catch(() => {});
      await ended;
    },
    kill: async () => {
      alive = false;
      await worker.terminate();
    },
  };
}
