/** A database of which a driver opens connections one by one: lanes of them, and what the port asks of those. */
import type { Runtime } from "../runtime.ts";
import type { Connection, ConnectionPlan } from "./connection.ts";
import { connectionLanes } from "./lanes.ts";
import type { Database, DatabaseSettings, Execution, TakeRows, TransactionMode } from "./port.ts";
import { render, type Statement } from "./sql.ts";

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
      driver.connect({ settings, graceMs, headroomMs, closing, runtime }, deadlineMs, onLetIn),
  });
  const textOf = (statement: Statement): string => render(statement, driver.placeholder);

  /** One deadline for the wait, the connection and the whole of what follows. */
  async function held<Value>(execution: Execution, mode: TransactionMode, task: (held: Holding) => Promise<Value>) {
    driver.assertMode(mode);
    const deadlineAt = runtime.monotonicMs() + execution.deadlineMs;
    return lanes.use(execution, (each) => each.transaction({ execution, deadlineAt, mode }, task));
  }

  return {
    kind,
    address,
    traits,
    query: async <Row>(statement: Statement, execution: Execution) => {
      const binds = toBinds(statement.values);
      return (await lanes.use(execution, (each) => each.run(textOf(statement), binds, execution))) as Row[];
    },
    transaction: (execution, mode, task) =>
      held(execution, mode, (holder) =>
        task({
          query: async <Row>(statement: Statement) =>
            (await holder.statement(textOf(statement), toBinds(statement.values))) as Row[],
        }),
      ),
    stream: async (statement, execution, batchRows, take) => {
      const binds = toBinds(statement.values);
      await held(execution, { readOnly: true }, (holder) =>
        driver.stream(holder, textOf(statement), binds, batchRows, take as TakeRows<unknown>),
      );
    },
    ping: async (execution) => {
      await lanes.use(execution, (each) => each.run(driver.pingText, [], execution));
    },
    pool: lanes.pool,
    close: lanes.close,
  };
}
