/** A database of which a driver opens connections one by one: lanes of them, and what the port asks of those. */
import type { Runtime } from "../runtime.ts";
import type { Connection, ConnectionPlan } from "./connection.ts";
import { connectionLanes } from "./lanes.ts";
import {
  type Database,
  DatabaseError,
  type DatabaseSettings,
  type Execution,
  type TakeRows,
  type TransactionMode,
} from "./port.ts";
import { render, type Statement } from "./sql.ts";
import { withTimeOf } from "./time-left.ts";
import { isUnsent } from "./unsent.ts";

/** What a database of several connections may be told, by code alone. */
export interface PooledOptions {
  /** How long a connection beyond `DB_POOL_SIZE` is kept idle, in milliseconds. Default 10,000. */
  readonly overflowIdleMs?: number;
  /**
   * How long a statement may go on, in milliseconds, after it was told to stop; then its connection is destroyed.
   * Default 2,000, which the lifetime of a permit allows for: raise neither without the other.
   */
  readonly graceMs?: number;
}

const DEFAULT_GRACE_MS = 2_000;

export interface Holder<Bind> {
  /** One statement of a caller's, in a transaction. */
  statement(text: string, binds: Bind[]): Promise<unknown[]>;
}

export interface Driver<Bind, Holding extends Holder<Bind>>
  extends Pick<Database, "kind" | "address" | "traits">,
    Pick<ConnectionPlan, "headroomMs"> {
  readonly pingText: string;
  /** @param position from 1. */
  placeholder(position: number): string;
  toBinds(values: readonly unknown[]): Bind[];
  /** The server takes no writes. Where nobody asked for that, another one may have become the primary since. */
  isReadOnly(error: DatabaseError): boolean;
  /** @throws DatabaseError for a mode that it does not have, before a connection is taken for it. */
  assertMode(mode: TransactionMode): void;
  /** As `LanesPlan.connect`. */
  connect(plan: ConnectionPlan, deadlineMs: number, onLetIn: () => void): Promise<Connection<Bind, Holding>>;
  stream(held: Holding, text: string, binds: Bind[], batchRows: number, take: TakeRows<unknown>): Promise<void>;
}

export function openPooled<Bind, Holding extends Holder<Bind>>(
  driver: Driver<Bind, Holding>,
  { overflowIdleMs, graceMs = DEFAULT_GRACE_MS }: PooledOptions,
  settings: DatabaseSettings,
  runtime: Runtime,
): Database {
  const { kind, address, traits, headroomMs, toBinds } = driver;
  const lanes = connectionLanes({
    settings,
    overflowIdleMs,
    runtime,
    connect: (deadlineMs, onLetIn, closing) =>
      driver.connect({ settings, graceMs, headroomMs, closing, runtime, outdate }, deadlineMs, onLetIn),
  });
  const used = new WeakSet<object>();
  const outdate = (): void => lanes.outdate();
  const textOf = (statement: Statement): string => render(statement, driver.placeholder);

  /** One that was used before may have ended unseen: what it did not get to send is asked of another. */
  async function use<Value>(
    execution: Execution,
    task: (connection: Connection<Bind, Holding>) => Promise<Value>,
  ): Promise<Value> {
    for (;;) {
      let isNew = false;
      try {
        return await lanes.use(execution, (each) => {
          isNew = !used.has(each);
          used.add(each);
          return task(each);
        });
      } catch (error) {
        // Each time one connection less: the last attempt has a new one, or none.
        if (isNew || !isUnsent(error)) throw error;
      }
    }
  }

  /** Of a statement that may write. Its connection may lead to what was the primary until a failover. */
  async function writing<Rows>(rows: Promise<Rows>): Promise<Rows> {
    try {
      return await rows;
    } catch (error) {
      if (error instanceof DatabaseError && driver.isReadOnly(error)) outdate();
      throw error;
    }
  }

  /** One deadline for the wait, the connection and the whole of what follows. */
  async function held<Value>(execution: Execution, mode: TransactionMode, task: (held: Holding) => Promise<Value>) {
    driver.assertMode(mode);
    return withTimeOf(execution, runtime, (left) =>
      use(execution, (each) => each.transaction({ execution, left, mode }, task)),
    );
  }

  return {
    kind,
    address,
    traits,
    query: async <Row>(statement: Statement, execution: Execution) => {
      const binds = toBinds(statement.values);
      return (await use(execution, (each) => writing(each.run(textOf(statement), binds, execution)))) as Row[];
    },
    transaction: (execution, mode, task) =>
      held(execution, mode, (holder) =>
        task({
          query: async <Row>(statement: Statement) => {
            const rows = holder.statement(textOf(statement), toBinds(statement.values));
            return (await (mode.readOnly === true ? rows : writing(rows))) as Row[];
          },
        }),
      ),
    stream: async (statement, execution, batchRows, take) => {
      const binds = toBinds(statement.values);
      await held(execution, { readOnly: true }, (holder) =>
        driver.stream(holder, textOf(statement), binds, batchRows, take as TakeRows<unknown>),
      );
    },
    ping: async (execution) => {
      await use(execution, (each) => each.run(driver.pingText, [], execution));
    },
    pool: lanes.pool,
    close: lanes.close,
  };
}
