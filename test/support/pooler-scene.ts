/** A PgBouncer between the driver and a server of the tests' own, and what both see of it. */
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Database, DatabaseSettings } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "./execution.ts";
import { type PgBouncer, pgbouncerUnavailable, startPgBouncer } from "./pgbouncer.ts";
import { postgresUnavailable } from "./postgres.ts";
import { GRACE_MS, postgresScene, runtime } from "./postgres-scene.ts";
import { eventually } from "./processes.ts";

export function poolerUnavailable(): string | undefined {
  return postgresUnavailable() ?? pgbouncerUnavailable();
}

/** Call it in a `describe`, as `postgresScene`. @param settings of PgBouncer. */
export function poolerScene(settings: Readonly<Record<string, string>> = {}) {
  const scene = postgresScene({});
  let pooler: PgBouncer | undefined;
  const bouncer = (): PgBouncer => {
    if (pooler === undefined) throw new Error("pooler scene: ask for it in a test, not while they are listed");
    return pooler;
  };
  beforeAll(async () => {
    pooler = await startPgBouncer(scene.server(), settings);
  });
  afterEach(() => bouncer().resume());
  afterAll(() => pooler?.dispose());

  const run = (conditions: Conditions = {}) => execution(runtime, conditions);
  /** A database as it is opened behind a pooler; closed when the test is over. */
  const pooled = (name: string, more: Partial<DatabaseSettings> = {}, url = bouncer().url): Database =>
    scene.database(
      { applicationName: name, pooler: "transaction", poolSize: 1, maxOverflow: 0, ...more },
      { graceMs: GRACE_MS },
      url,
    );
  /** Has the pooler give one of its servers to `db`, until the end of it is called. */
  async function occupied(db: Database): Promise<() => Promise<void>> {
    const release = Promise.withResolvers<void>();
    const inside = Promise.withResolvers<void>();
    const held = db.transaction(run({ deadlineMs: 30_000 }), {}, async (tx) => {
      await tx.query(sql`select 1`);
      inside.resolve();
      await release.promise;
    });
    await Promise.race([inside.promise, held]);
    return async () => {
      release.resolve();
      await held;
    };
  }
  const waiting = (clients: number) =>
    eventually(`${clients} wait at the pooler`, async () =>
      (await bouncer().tell("show pools")).some(({ database, cl_waiting }) => {
        return database === "postgres" && Number(cl_waiting) === clients;
      }),
    );
  return { ...scene, bouncer, run, pooled, occupied, waiting };
}
