/** A hundred statements that are given up at a random moment of their life, each with a neighbour that is not. */
import { expect } from "vitest";
import type { Database } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { execution } from "./execution.ts";

/** Each neighbour gets its own rows; nothing is left of those that were given up but free places. */
export async function abortAtRandom(
  db: Database,
  { sleepMs, withinMs }: { readonly sleepMs: number; readonly withinMs: number },
): Promise<void> {
  const runtime = systemRuntime();
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const controller = new AbortController();
      const aborted = db
        .query(sql`select pg_sleep(${sleepMs / 1_000})`, execution(runtime, { signal: controller.signal }))
        .then(
          () => "done",
          (error: unknown) => error,
        );
      setTimeout(() => controller.abort(), index % withinMs);
      expect(await db.query(sql`select ${index}::int as v`, execution(runtime))).toEqual([{ v: index }]);
      const outcome = await aborted;
      if (outcome !== "done") expect(outcome).toMatchObject({ fault: "cancelled" });
    }),
  );
  expect(db.pool()).toMatchObject({ checkedOut: 0, waiting: 0 });
}
